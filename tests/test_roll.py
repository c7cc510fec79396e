"""Runs that outlive their benchmark swaps: positions roll once a year, and are worth what the curve says."""

from __future__ import annotations

from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from agents.desk.loss import ATTRIBUTION, COSTS
from markets.accounts import INVESTORS
from markets.curves.curve import usd_curve
from markets.factors.key import USD
from markets.venues.series import series
from scenarios.reading.loading import from_dict
from scenarios.scenario import Scenario
from scenarios.studies.run import run
from scenarios.worlds.world import make_world
from sim.clock import Clock
from sim.ensemble import Chunk
from sim.errors import UserError
from sim.phases import Phase
from tests.small import LEVEL, Trader, crisis, watch, world_of

START, END = "2015-01-02", "2018-01-03"
CURVES = [  # a curve that moves, so that every roll is worth something
    {"date": START, **LEVEL, "overnight": 0.001, "us2y": 0.007, "us10y": 0.021},
    {"date": "2016-07-01", "overnight": 0.004, "us2y": 0.006, "us10y": 0.014},
    {"date": END, "overnight": 0.014, "us2y": 0.019, "us10y": 0.024},
]
# By venue: when each benchmark begins to trade, and the close at which it matures (on a closed day: the last before).
OPEN, CLOSE = "09:30", "16:00"
BEGINS = ["2016-01-04T" + OPEN, "2017-01-03T" + OPEN, "2018-01-02T" + OPEN]
MATURES = {
    "us2y": ["2016-12-30", "2018-01-02", "2019-01-02", "2020-01-02"],
    "us10y": ["2025-01-02", "2026-01-02", "2026-12-31", "2027-12-31"],
}
SIZES = {"us2y": -3e6, "us10y": 1e6}  # $ received fixed


def in_years(later: datetime, earlier: datetime) -> float:
    return (later - earlier).total_seconds() / (365 * 86_400)


def value(curve: np.ndarray, coupon: float, years: float) -> float:
    """Of 1 $ received fixed: coupons backwards from maturity with a stub in front, against a floating leg at par."""

    def discount(t: float) -> float:
        return float(np.exp(-t * np.interp(t, [0.0, 2.0, 10.0], curve)))

    times = [years - k for k in range(int(np.ceil(years)))]
    return coupon * sum(min(1.0, t) * discount(t) for t in times) - (1 - discount(years))


def struck(curve: np.ndarray, years: float) -> float:
    """The coupon at which it is worth nothing."""
    nothing = value(curve, 0.0, years)
    return -nothing / (value(curve, 1.0, years) - nothing)


def earned(venue: str, clock: Clock, curves: np.ndarray) -> float:
    """What 1 $ received fixed earns from the start to the end, by hand: accruals, old swaps' worth, the last's."""
    moments = [clock.timestamp(int(t)) for t in clock.ticks]
    begins = [datetime.fromisoformat(text) for text in BEGINS]
    maturities = [datetime.fromisoformat(f"{day}T{CLOSE}") for day in MATURES[venue]]
    swap, gained = 0, 0.0
    coupon = struck(curves[0], in_years(maturities[0], moments[0]))
    opens = [0, *np.flatnonzero(clock.is_open)[1:].tolist()]
    for before, tick in pairwise(opens):
        gained += (coupon - curves[tick - 1][0]) * in_years(moments[tick], moments[before])
        if swap < len(begins) and moments[tick] == begins[swap]:
            gained += value(curves[tick], coupon, in_years(maturities[swap], moments[tick]))
            swap += 1
            coupon = struck(curves[tick], in_years(maturities[swap], moments[tick]))
    assert swap == 3
    return gained + value(curves[-1], coupon, in_years(maturities[swap], moments[-1]))


def test_a_position_that_rolls_three_times_earns_what_the_curve_says() -> None:
    world = world_of(crisis(anchors=CURVES, minutes=390), paths=2)
    trader = Trader(world)
    for venue, size in SIZES.items():
        world.venue(venue).hand_over(INVESTORS, trader.name, world.full(size))
    seen = watch(world, Phase.MARK, lambda: world.factors.snapshot.block(USD).copy())
    world.run()
    curves = np.array(seen)[:, :, 0]
    expected = sum(size * earned(venue, world.clock, curves) for venue, size in SIZES.items())
    equity = world.ledger.balance(trader.name) + world.hedge_value(trader.name)
    assert abs(expected) > 1e3
    np.testing.assert_allclose(equity, expected, rtol=0, atol=1e-9 * 3e6)
    for venue, size in SIZES.items():
        np.testing.assert_array_equal(world.venue(venue).held(trader.name), size)


def test_at_the_roll_nobody_gains_and_the_fresh_swap_is_at_par() -> None:
    world = world_of(crisis(anchors=CURVES[:2], minutes=390), paths=1)
    trader, venue = Trader(world), world.venue("us10y")
    venue.hand_over(INVESTORS, trader.name, world.full(1e6))

    def worth() -> tuple[float, float]:
        return float(venue.value(trader.name)[0]), float(world.ledger.balance(trader.name)[0])

    after_market = watch(world, Phase.QUOTE, worth)
    world.run()
    (tick,) = series(10, world.clock, usd_curve()).ticks[1:]
    assert after_market[tick][0] == pytest.approx(0.0, abs=1e-9)
    (value_before, cash_before), (_, cash_after) = after_market[tick - 1], after_market[tick]
    # a night of carry and of the curve's move aside, what the old swap was worth is now cash
    assert abs(value_before) > 1e4
    assert cash_after - cash_before == pytest.approx(value_before, abs=500)


def test_a_benchmark_rolls_on_the_first_trading_day_from_each_anniversary() -> None:
    clock = Clock.exchange(first=date(2016, 2, 29), last=date(2019, 3, 1), tick_minutes=390)
    ten = series(10, clock, usd_curve())
    assert [swap.maturity for swap in ten.swaps] == [
        date(y, 2, d) for y, d in ((2026, 28), (2027, 28), (2028, 28), (2029, 28))
    ]
    days = [clock.timestamp(int(clock.ticks[tick])).isoformat() for tick in ten.ticks]
    assert days == ["2016-02-29T16:00:00", "2017-02-28T09:30:00", "2018-02-28T09:30:00", "2019-02-28T09:30:00"]


@pytest.mark.parametrize("calendar", ["XNYS", "24/7"])
def test_within_a_year_nothing_rolls(calendar: str) -> None:
    clock = Clock.exchange(calendar=calendar, first=date(2021, 3, 1), last=date(2022, 2, 28), tick_minutes=1440)
    assert series(2, clock, usd_curve()).ticks == (0,)


def test_ticks_of_a_year_roll_at_every_tick_and_no_benchmark_matures() -> None:
    clock = Clock.continuous(first=date(2000, 1, 1), last=date(2020, 1, 1), tick_minutes=365 * 1440)
    two = series(2, clock, usd_curve())
    assert two.ticks == (0, *range(2, len(clock.ticks)))  # 2000 is a leap year: the first tick comes a day early
    assert all(two.at(tick).years(tick) > 0.9 for tick in range(len(clock.ticks)))
    with pytest.raises(UserError, match="a tick is at most 525600 minutes"):
        Clock.continuous(first=date(2000, 1, 1), last=date(2020, 1, 1), tick_minutes=800 * 1440)


def desk_for(days: list[tuple[str, float]], clock: dict[str, object], paths: int) -> Scenario:
    """A desk with a swap and a put, its maker and its lender, in a noisy market with every loop on."""
    anchors = [{"date": day, "spot": spot} for day, spot in days]
    anchors[0] |= {**LEVEL, "spot": days[0][1]}
    hedger = {
        "type": "Hedger",
        "capital": 5e8,
        "policy": {"interval": "1d"},
        "book": [
            {"kind": "swap", "months": 120, "notional": 1e9},
            {"kind": "put", "moneyness": 0.9, "months": 30, "notional": -5e8},
        ],
    }
    return from_dict(
        {
            "name": "long",
            "clock": clock,
            "market": {"dispersion": 0.5},
            "storyline": {"anchor": anchors},
            "agents": {"maker": {"type": "MarketMaker"}, "desk": hedger, "bank": {"type": "FundingDesk"}},
            "run": {"paths": paths, "witnesses": 1, "seed": 7, "twin": "none"},
        }
    )


THREE_YEARS = desk_for(
    [("2000-03-24", 1527.0), ("2001-09-21", 966.0), ("2003-03-24", 864.0)],
    {"tick_minutes": 390, "overnight_variance": 0.0},
    paths=8,
)
TWENTY_YEARS = desk_for(
    [("2000-01-01", 1469.0), ("2009-03-09", 677.0), ("2019-12-31", 3231.0)],
    {"calendar": "continuous", "tick_minutes": 20_160},
    paths=8,
)


@pytest.mark.parametrize(
    "scenario", [pytest.param(THREE_YEARS, marks=pytest.mark.slow), TWENTY_YEARS], ids=["three years", "twenty years"]
)
def test_a_long_run_balances_every_book_and_explains_every_dollar(scenario: Scenario, tmp_path: Path) -> None:
    finished = run(scenario, out=tmp_path / "long", workers=1)  # the ledger and every attribution are proved inside
    trades = finished.trades.filter((pl.col("taker") == "desk") & (pl.col("venue") == "us10y")).collect()
    days = trades["time"].dt.date().unique()
    anniversary = scenario.start.replace(year=scenario.start.year + 1)
    assert (days >= anniversary).any()  # after a roll the hedge is traded on
    marks = finished.marks.filter(pl.col("agent") == "desk").collect()
    gap = (marks.select(pl.sum_horizontal(*ATTRIBUTION, *COSTS)).to_series() - marks["pnl"]).abs()
    assert float(gap.max()) < 1e-3


@pytest.mark.slow
def test_a_path_alone_is_the_path_in_the_ensemble_across_rolls() -> None:
    def end(first: int, paths: int) -> np.ndarray:
        world = make_world(TWENTY_YEARS, Chunk("actual", first, paths), TWENTY_YEARS.feedback)
        world.run()
        return np.array([world.equity_now(name) for name in ("desk", "maker", "bank")])

    np.testing.assert_allclose(end(2, 1)[:, 0], end(0, 4)[:, 2], rtol=1e-10)


@pytest.mark.slow
def test_twenty_years_of_trading_days(tmp_path: Path) -> None:
    days = [("2000-01-03", 1455.0), ("2009-03-09", 677.0), ("2019-12-31", 3231.0)]
    finished = run(desk_for(days, {"tick_minutes": 1440}, paths=4), out=tmp_path / "daily", workers=1)
    assert finished.manifest["clock"]["days"] == 5030  # 5,031 sessions of New York, the first of them the start
