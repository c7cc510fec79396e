"""A large book: 500 options and 500 swaps on 10,000 paths."""

from __future__ import annotations

import tracemalloc
from datetime import timedelta

import numpy as np

from markets.factors.snapshot import Snapshot
from markets.kernels.flows import FLOW_TERMS, NO_FIXING, flow_slopes, flow_values
from markets.kernels.terms import hats
from markets.products.book import Book
from markets.products.swap import Swap
from scenarios.reading.loading import load
from scenarios.worlds.books import compile_books, starting_market
from scenarios.worlds.clock import make_clock
from tests.bench import three_nodes
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
    board.figure("peak memory of that, in vectors over paths", peak / floats, "vectors", at_most=40, exact=True)
    assert peak < 40 * floats  # nothing of shape (paths, instruments)


FLOWS, THREE = 500, np.array([0.0, 2.0, 10.0])
SIXTEEN = np.array([0, 0.25, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14], dtype=np.float64)


def flow_rows(years, amounts, nodes):
    """Rows of `flow_values` at `years` on a curve."""
    weights = np.empty((years.size, FLOW_TERMS - 1))
    hats(years, nodes, weights)
    return np.column_stack([amounts, weights])


def test_flows_on_three_and_on_sixteen_nodes(board, paths):
    """Against the kernels that knew three nodes only."""
    rng = np.random.default_rng(2)
    years, amounts, slots = rng.uniform(0, 14, FLOWS), rng.standard_normal(FLOWS), np.full(FLOWS, NO_FIXING)
    few, many = (0.01 + 0.005 * rng.standard_normal((number, paths)) for number in (3, 16))
    rows, more, none = flow_rows(years, amounts, THREE), flow_rows(years, amounts, SIXTEEN), np.zeros((0, paths))
    dense = np.zeros((FLOWS, three_nodes.FLOW_TERMS))
    dense[:, 0] = amounts
    for node in (1, 3):
        dense[np.arange(FLOWS), 1 + rows[:, node].astype(int)] += rows[:, node + 1]
    out, sums, wide = np.zeros(paths), np.zeros((4, paths)), np.zeros((17, paths))
    old, before = np.zeros(paths), np.zeros((4, paths))
    three_nodes.flow_values(*few, none, dense, slots, old)
    three_nodes.flow_greeks(*few, none, dense, slots, before)
    flow_values(few, none, rows, slots, out)
    flow_slopes(few, none, rows, slots, sums)
    assert out.tolist() == old.tolist() and sums.tolist() == before.tolist()
    flow_slopes(many, none, more, slots, wide)
    values = least(
        9,
        lambda: three_nodes.flow_values(*few, none, dense, slots, old),
        lambda: flow_values(few, none, rows, slots, out),
        lambda: flow_values(many, none, more, slots, out),
    )
    slopes = least(
        9,
        lambda: three_nodes.flow_greeks(*few, none, dense, slots, before),
        lambda: flow_slopes(few, none, rows, slots, sums),
        lambda: flow_slopes(many, none, more, slots, wide),
    )
    for what, (opponent, three, sixteen) in {"values": values, "node sensitivities": slopes}.items():
        said = f"{what} of {FLOWS} flows on {paths:,} paths, times what the kernel for three nodes takes"
        board.figure(f"{said}: 3 nodes", three / opponent, "x", at_most=1.05)
        board.figure(f"{said}: 16 nodes", sixteen / opponent, "x", at_most=1.3)


def test_a_thousand_swaps(board, paths):
    """A full revaluation after the day's moments, and what these take."""
    rng, scenario = np.random.default_rng(0), load("covid_crash_2020")
    start, clock = starting_market(scenario), make_clock(scenario)
    swaps = tuple(
        Swap(
            notional=float(rng.normal(0, 1e6)),
            maturity=scenario.start + timedelta(days=int(rng.integers(200, 365 * 30))),
            start=scenario.start - timedelta(days=int(rng.integers(0, 180))),
            fixed_rate=float(rng.normal(0.02, 0.01)),
        )
        for _ in range(1_000)
    )
    compiled, tick = Book(swaps).compile(clock, start), 20
    rates = 0.01 + 0.02 * rng.standard_normal((3, paths))
    state = Snapshot.named(spot=np.full(paths, 3386.0), vol=0.2, overnight=rates[0], us2y=rates[1], us10y=rates[2])
    fixings = compiled.new_fixings(paths)
    compiled.fix(0, tick, state, fixings)
    (table,) = compiled.tables

    def fresh():
        table._kept.clear()
        table._sums.forget()
        compiled.value(tick, state, fixings)

    fresh()
    assert np.allclose(compiled.risk(tick, state, fixings).value, compiled.value(tick, state, fixings), rtol=1e-9)
    jobs = (lambda: compiled.value(tick, state, fixings), lambda: compiled.risk(tick, state, fixings), fresh)
    value, slopes, first = (1e3 * each for each in least(7, *jobs))
    board.figure(f"mark of 1,000 swaps on {paths:,} paths, after the day's moments", value, "ms", at_most=10)
    board.figure("the same with all node sensitivities", slopes, "ms", at_most=10)
    board.figure("the same with the moments", first, "ms")
