"""A smile that slides with spot: derivatives by differences, limits, attribution, listed options, mistakes."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from markets.factors.key import SMILE_SPOT, SPOT, VOL
from markets.factors.snapshot import Snapshot
from markets.products.book import Book
from markets.products.gamma_claim import GammaClaim
from markets.products.option import Option
from markets.vols.black_scholes import black_scholes
from markets.vols.smile import strike_multiple
from scenarios.reading.loading import load
from scenarios.studies.run import run
from scenarios.worlds.books import starting_market
from scenarios.worlds.clock import make_clock
from sim.phases import Phase
from tests.small import crisis, watch, world_of

SPOTS = np.array([0.62, 0.8, 0.93, 1.0, 1.08, 1.3])
TICK = 40


def market(scenario, **more):
    """The starting market on six paths with other spots and vols."""
    start = starting_market(scenario)
    rows = {key: np.repeat(start.snapshot.row(key), SPOTS.size) for key in start.snapshot.keys}
    rows[SPOT], rows[VOL] = rows[SPOT] * SPOTS, rows[VOL] * np.array([2.9, 1.7, 1.2, 1.0, 0.9, 1.4])
    return start, Snapshot(rows)


def book_of(start, clock, quantity=-3.0):
    spot = start.spot0
    last = clock.session_dates[-1]
    lines = [
        Option(kind=kind, strike=share * spot, expiry=last + timedelta(days=after), quantity=quantity)
        for kind, share, after in (("put", 0.7, 200), ("call", 1.1, 30), ("put", 1.0, 400), ("call", 1.6, 90))
    ]
    return Book((*lines, GammaClaim(strike=spot, expiry=last + timedelta(days=60), quantity=2.0))).compile(clock, start)


def scenario_of(**market):
    return load("covid_crash_2020", {f"market.{key}": value for key, value in market.items()})


@pytest.mark.parametrize("smile", ["linear", "ssvi"])
@pytest.mark.parametrize("stickiness", [0.0, 0.4])
def test_greeks_are_the_derivatives_of_the_value(smile, stickiness):
    scenario = scenario_of(smile=smile, stickiness=stickiness)
    clock, (start, now) = make_clock(scenario), market(scenario)
    book = book_of(start, clock)
    fixings = book.new_fixings(now.paths)
    risk = book.risk(TICK, now, fixings)

    def by(key, share):
        step = share * now.row(key)
        up, down = (now.with_rows({key: now.row(key) + sign * step}) for sign in (1, -1))
        return step, up, down

    step, up, down = by(SPOT, 1e-5)
    values = [book.value(TICK, each, fixings) for each in (up, down)]
    np.testing.assert_allclose(risk.delta, (values[0] - values[1]) / (2 * step), rtol=1e-7, atol=1e-7)
    deltas = [book.risk(TICK, each, fixings).delta for each in (up, down)]
    np.testing.assert_allclose(risk.gamma, (deltas[0] - deltas[1]) / (2 * step), rtol=1e-7, atol=1e-10)
    step, up, down = by(VOL, 1e-5)
    values = [book.value(TICK, each, fixings) for each in (up, down)]
    np.testing.assert_allclose(risk.vega, (values[0] - values[1]) / (2 * step), rtol=1e-7, atol=1e-4)
    deltas = [book.risk(TICK, each, fixings).delta for each in (up, down)]
    np.testing.assert_allclose(risk.vanna, (deltas[0] - deltas[1]) / 2e-5, rtol=1e-6, atol=1e-6)
    for node in start.curve.nodes:
        values = [book.value(TICK, now.bumped(node, by), fixings) for by in (1e-6, -1e-6)]
        np.testing.assert_allclose(risk.first(node), (values[0] - values[1]) / 2e-6, rtol=1e-6, atol=1e-2)


def test_limits_by_definition():
    """Sticky delta: the vol is that of the moneyness; sticky strike: the moving kernel is the fixed one."""
    scenario = scenario_of(smile="linear", stickiness=0.0, term_reversion=0.0, dividend_yield=0.0)
    clock, (start, now) = make_clock(scenario), market(scenario)
    flat = now.with_rows({key: np.zeros(now.paths) for key in start.curve.nodes})
    strike = 0.9 * start.spot0
    option = Option(kind="put", strike=strike, expiry=clock.session_dates[-1] + timedelta(days=90), quantity=1.0)
    book = Book((option,)).compile(clock, start)
    total = clock.variance_years_to(option.expiry)
    left = total - float(clock.variance_years[TICK])
    spot = flat.row(SPOT)
    vol = flat.row(VOL) * strike_multiple(strike / spot, total, spot=1.0, skew=start.skew)
    expected = black_scholes(spot, strike, vol, left, kind="put").value
    np.testing.assert_allclose(book.value(TICK, flat, np.zeros((0, 6))), expected, rtol=1e-12)
    fixed = scenario_of(stickiness=1.0)
    slow, almost = (book_of(starting_market(each), clock) for each in (fixed, scenario_of(stickiness=1 - 1e-13)))
    fixings = slow.new_fixings(now.paths)
    for got, want in zip(almost.risk(TICK, now, fixings).rows, slow.risk(TICK, now, fixings).rows, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-9 * np.abs(want).max())


def test_held_smile_does_not_follow_spot():
    scenario = scenario_of(stickiness=0.3, smile="ssvi")
    clock, (start, now) = make_clock(scenario), market(scenario)
    book = book_of(start, clock)
    fixings = book.new_fixings(now.paths)
    held = now.with_rows({SMILE_SPOT: now.row(SPOT)})
    np.testing.assert_array_equal(book.value(TICK, held, fixings), book.value(TICK, now, fixings))
    step = 1e-5 * now.row(SPOT)
    values = [book.value(TICK, held.bumped(SPOT, by), fixings) for by in (step, -step)]
    np.testing.assert_allclose(
        book.slopes(TICK, held, fixings).delta, (values[0] - values[1]) / (2 * step), rtol=1e-7, atol=1e-7
    )


# --- in a run ----------------------------------------------------------------------------------------------------


BOOK = [
    {"kind": "put", "expiry": "2020-04-17", "moneyness": 0.9, "quantity": -1e6},
    {"kind": "call", "expiry": "2020-02-28", "moneyness": 1.02, "quantity": -5e5},
]
DESK = {"type": "Hedger", "book": BOOK, "policy": {"kind": "every"}}
MAKER = {"type": "MarketMaker", "capital": 1e15, "inventory_limit": 1e15}
NOISY = {"realised_ratio": 0.7, "xi": 0.8}


def small(**market):
    return crisis(market={**NOISY, **market}, agents={"desk": DESK, "maker": MAKER}, minutes=195)


def test_attribution_shows_the_slide_and_adds_up():
    """Every step by its definition, from one mark to the next; the hedge answers the whole delta."""
    world = world_of(small(stickiness=0.25), 4)
    desk, wanted = world.desks["desk"], []

    def look():
        tick, new, old = world.factors.tick, world.factors.snapshot, desk.last.snapshot
        if desk.marked == tick:
            return
        value = lambda at: desk.book.value(tick, at, desk.unit.fixings, settled=desk.marked)  # noqa: E731
        moved = new.row(SPOT) - old.row(SPOT)
        stuck = old.with_rows({SMILE_SPOT: old.row(SPOT)})
        both = [desk.book.risk(tick, at, desk.unit.fixings, settled=desk.marked).delta for at in (stuck, old)]
        spot = {SPOT: new.row(SPOT)}
        slide = value(old.with_rows(spot)) - value(stuck.with_rows(spot))
        straight = both[1] * moved
        wanted.append(
            (straight, value(stuck.with_rows(spot)) - value(old) - both[0] * moved, slide - (both[1] - both[0]) * moved)
        )

    watch(world, Phase.FUND, look)
    world.run()
    sums = np.sum(wanted, axis=0)
    for name, expected in zip(("delta", "gamma", "smile"), sums, strict=True):
        np.testing.assert_allclose(desk.attribution.totals[name], expected, rtol=1e-9, atol=1e-6)
    assert (np.abs(desk.attribution.totals["smile"]) > 1e3).all()


def test_the_column_is_there_only_where_the_smile_moves(tmp_path):
    plain, slid = (run(small(stickiness=x), paths=2, out=tmp_path / str(x), workers=1) for x in (1.0, 0.5))
    assert "smile" not in plain.marks.collect_schema() and "smile" in slid.marks.collect_schema()
    last = slid.marks.filter(pl.col("agent") == "desk").collect()[-1]
    assert last["smile"][0] != 0.0


def test_a_path_alone_is_the_path_of_the_ensemble():
    whole, alone = world_of(small(stickiness=0.3, smile="ssvi"), 5), world_of(small(stickiness=0.3, smile="ssvi"), 1, 3)
    for world in (whole, alone):
        world.run()
    for name, total in alone.desks["desk"].attribution.totals.items():
        np.testing.assert_array_equal(total, whole.desks["desk"].attribution.totals[name][3:4])
