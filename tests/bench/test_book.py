"""A large book: 500 options and 500 swaps on 10,000 paths."""

from __future__ import annotations

import tracemalloc

import numpy as np

from markets.factors.snapshot import Snapshot
from scenarios.reading.loading import load
from scenarios.worlds.books import compile_books
from scenarios.worlds.clock import make_clock
from tests.bench.timing import least

NUMBER = 500  # of each kind


def book():
    options = [
        {
            "kind": "put" if i % 2 else "call",
            "moneyness": 0.7 + 0.6 * i / NUMBER,
            "months": 1 + i % 24,
            "notional": -1e7,
        }
        for i in range(NUMBER)
    ]
    swaps = [
        {"kind": "swap", "months": 12 + i % 300, "fixed_rate": 0.04 * i / NUMBER, "notional": 1e7 * (-1) ** i}
        for i in range(NUMBER)
    ]
    return options + swaps


def test_a_thousand_instruments(board, paths):
    scenario = load("covid_crash_2020", {"agents.hedger.book": book()})
    clock = make_clock(scenario)
    compiled = compile_books(scenario, clock)["hedger"]
    rng = np.random.default_rng(1)
    spot, vol = 3386.15 * np.exp(0.2 * rng.standard_normal(paths)), 0.3 * np.exp(0.4 * rng.standard_normal(paths))
    rates = 0.01 + 0.005 * rng.standard_normal((3, paths))
    state = Snapshot.named(spot=spot, vol=vol, overnight=rates[0], us2y=rates[1], us10y=rates[2])
    fixings, tick = compiled.new_fixings(paths), 40
    whole = compiled.value(tick, state, fixings)
    some = slice(0, 100)
    alone = compiled.value(tick, state.take(some), fixings[:, some])
    assert np.allclose(whole[some], alone, rtol=1e-12)
    compiled.risk(tick, state, fixings)  # a kernel that is compiled first takes memory of its own
    tracemalloc.start()
    greeks = compiled.risk(tick, state, fixings)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert np.allclose(greeks.value, whole, rtol=1e-9)
    value, sensitivities = least(
        3, lambda: compiled.value(tick, state, fixings), lambda: compiled.risk(tick, state, fixings)
    )
    each = 1e9 / (2 * NUMBER) / paths
    board.figure(f"mark of 500 options and 500 swaps on {paths:,} paths, per instrument and path", value * each, "ns")
    board.figure("the same with all sensitivities", sensitivities * each, "ns")
    floats = 8 * paths
    board.figure("peak memory of that, in vectors over paths", peak / floats, "vectors", at_most=40)
    assert peak < 40 * floats  # nothing of shape (paths, instruments)
