"""A day of a rates book, and a whole crisis in gilts beside the one in equity."""

from __future__ import annotations

import tracemalloc
from functools import cache

import numpy as np

from markets.factors.snapshot import Snapshot
from scenarios.reading.loading import load
from scenarios.worlds.blueprint import draw_up
from scenarios.worlds.books import compile_books
from scenarios.worlds.clock import make_clock
from tests.bench.timing import least
from tests.bench.worlds import COVID, run_all

SWAPS, SWAPTIONS, DAY = 1_000, 200, range(13)


def rates_book(times=1):
    swaps = [
        {"kind": "swap", "months": 12 + i % 300, "fixed_rate": 0.04 * (i % SWAPS) / SWAPS, "notional": 1e7 * (-1) ** i}
        for i in range(round(SWAPS * times))
    ]
    options = [
        {"kind": "swaption", "side": "payer", "months": 3 + i % 60, "swap_months": 60 + 12 * (i % 6), "notional": -1e7}
        for i in range(round(SWAPTIONS * times))
    ]
    return swaps + options


@cache
def compiled(times):
    """Such a book; a thousand lines take three seconds to read and compile."""
    scenario = load(COVID, {"agents.hedger.book": rates_book(times)})
    return compile_books(scenario, make_clock(scenario))["hedger"]


def day(times, paths):
    """A function that values such a book with all its slopes at each of a day's ticks."""
    book = compiled(times)
    rng = np.random.default_rng(4)
    rates = 0.01 + 0.01 * rng.standard_normal((3, paths))
    moves = 1e-4 * rng.standard_normal((len(DAY), 3, paths))
    states = [
        Snapshot.named(spot=np.full(paths, 3386.0), vol=0.2, overnight=at[0], us2y=at[1], us10y=at[2])
        for at in rates + np.cumsum(moves, axis=0)
    ]
    fixings = book.new_fixings(paths)

    def through():
        for tick, state in zip(DAY, states, strict=True):
            book.value(tick, state, fixings)
            book.risk(tick, state, fixings)

    return through


def peak(times, paths):
    """Bytes that such a day takes at once, its own results included."""
    through = day(times, paths)
    through()  # compiled; what is kept of a day is made
    tracemalloc.start()
    through()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def vectors(times, paths):
    """Vectors over paths that it takes: what more paths add, apart from what the list of flows takes by itself."""
    few = paths // 10
    return (peak(times, paths) - peak(times, few)) / 8 / (paths - few)


def test_a_day_of_swaps_and_swaptions(board, paths):
    one = day(1, paths)
    one()  # compiled
    (spent,) = least(3, one)
    board.figure(f"a day of 13 ticks of 1,000 swaps and 200 swaptions, {paths:,} paths: values, slopes", spent, "s")
    few, whole = vectors(0.1, paths), vectors(1, paths)
    board.figure("memory that a tenth of them takes for more paths, in vectors over them", few, "vectors", exact=True)
    board.figure("with ten times the trades", whole, "vectors", at_most=round(1.1 * few, 1), exact=True)


def test_a_crisis_in_gilts(board, paths):
    """CPU time a tick, agent and path, against the covid run."""

    names = ("gilt_ldi_2022", COVID)
    scenarios = [load(name, {"run.witnesses": 0}) for name in names]
    for scenario in scenarios:
        run_all(scenario, 50)
    spent = least(2, *(lambda s=s: run_all(s, paths) for s in scenarios))  # 1 % apart
    sizes = (len(draw_up(scenario).clock.ticks) * len(scenario.agents) for scenario in scenarios)
    gilts, covid = (time / size for time, size in zip(spent, sizes, strict=True))
    what = f"gilt_ldi_2022, {paths:,} paths: time a tick and agent over covid_crash_2020's"
    board.figure(what, gilts / covid, "x", at_most=2)
