"""Levels that remember the path: recursions, the trace of one trade, and variance within the day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from scenarios.scenario import Scenario
from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.lab import Lab
from scenarios.studies.validation.remembering import Kernel, Law, Past, follow, reverting
from scenarios.studies.validation.textbook import MAKER, textbook
from scenarios.worlds.clock import make_clock
from sim.dataset import Run
from sim.estimate import Estimate
from sim.sessions import TRADING_DAYS
from sim.streams import Streams

Array = NDArray[np.float64]
LEAST = 0.02  # decimal: no realised vol below
RETURNS = {"fast": 60.0, "slow": 20.0, "slow_share": 0.6}
SQUARES = {"fast": 25.0, "slow": 3.0, "slow_share": 0.4}
RETURNS_START, SQUARES_START = (-0.3, -0.1), (0.06, 0.03)
START = {
    "returns_fast": RETURNS_START[0],
    "returns_slow": RETURNS_START[1],
    "squares_fast": SQUARES_START[0],
    "squares_slow": SQUARES_START[1],
}
MEMORY: dict[str, Any] = {
    "returns": RETURNS,
    "squares": SQUARES,
    "base": 0.05,
    "trend": -0.03,
    "activity": 0.9,
    "realised_base": 0.03,
    "realised_trend": -0.05,
    "realised_activity": 0.8,
    "realised_noise": 0.0,
    "noise": 0.0,
    "move_share": 0.0,
    "start": START,
}
IMPLIED = Law(base=0.05, trend=-0.03, activity=0.9, least=0.05)
REALISED = Law(base=0.03, trend=-0.05, activity=0.8, least=LEAST)


def kernel(spec: dict[str, float]) -> Kernel:
    """The two factors of a scenario's kernel."""
    return Kernel(shares=(1 - spec["slow_share"], spec["slow_share"]), speeds=(spec["fast"], spec["slow"]))


PAST = Past(returns=kernel(RETURNS), squares=kernel(SQUARES), returns_start=RETURNS_START, squares_start=SQUARES_START)


def remembering(memory: dict[str, Any], **more: Any) -> Scenario:
    """A textbook market in which vol follows from the path; `more` as in `textbook`."""
    market = {"vol_law": "path_dependent", "memory": {**MEMORY, **memory}, **more.pop("market", {})}
    loops = {"leverage": 1.0, **more.pop("feedback", {})}
    agents = more.pop("agents", {"maker": MAKER})
    return textbook(market=market, feedback=loops, agents=agents, **more)


def seen(run: Run, *columns: str) -> tuple[Array, ...]:
    """Columns of the asset at every tick, (ticks, paths) each; every path is a witness."""
    return _of_the_asset(run.market, columns)


def closes_of(run: Run, *columns: str) -> tuple[Array, ...]:
    """The same at every close, (closes, paths) each."""
    return _of_the_asset(run.closes, columns)


def _of_the_asset(table: pl.LazyFrame, columns: tuple[str, ...]) -> tuple[Array, ...]:
    frame = table.filter(pl.col("venue") == "asset").sort("time", "path").select("time", *columns).collect()
    return tuple(frame[name].to_numpy().reshape(frame["time"].n_unique(), -1) for name in columns)


def drawn(run: Run, stream: str, ticks: int) -> Array:
    """Standard normals that the engine drew from a stream, (ticks, paths); the first is none."""
    paths = int(run.manifest["paths"])
    settings = run.manifest["scenario"]["run"]
    noise = Streams(settings["seed"], 0, paths, settings["generator"]).stream(stream)
    return np.stack([np.zeros(paths), *(noise.normal() for _ in range(ticks - 1))])


# --- the recursions ---------------------------------------------------------------------------------------------------
CLOCKS = ("closes", "sessions", "ticks")
CREDIT_RETURNS = {"fast": 5.0, "slow": 0.5, "slow_share": 0.7}
CREDIT_SQUARES = {"fast": 8.0, "slow": 0.3, "slow_share": 0.5}
INDEX = Law(base=0.003, trend=-0.02, activity=0.08, least=0.003)
CREDIT_PAST = Past(
    returns=kernel(CREDIT_RETURNS),
    squares=kernel(CREDIT_SQUARES),
    returns_start=(0.05, 0.02),
    squares_start=(0.05, 0.02),
)
CREDIT: dict[str, Any] = {
    "law": "path_dependent",
    "stress_elasticity": 0.0,
    "memory": {
        "returns": CREDIT_RETURNS,
        "squares": CREDIT_SQUARES,
        "base": INDEX.base,
        "trend": INDEX.trend,
        "activity": INDEX.activity,
        "lag": 60.0,
        "reversion": 2.0,
        "noise": 0.0,
        "start": {"returns_fast": 0.05, "returns_slow": 0.02, "squares_fast": 0.05, "squares_slow": 0.02},
    },
}
VOL0, CREDIT0, REVERSION, LEVEL = 0.3, 0.02, 12.0, 1.1
NOISE, NOISE_SPEED = 0.4, 200.0
PATHS = 3


def a_month(kind: str) -> Scenario:
    """Free paths around a storyline that falls by 8 % in a month of New York, where nobody trades."""
    level = {"vol": VOL0, "overnight": 0.0, "us2y": 0.0, "us10y": 0.0, "credit": CREDIT0}
    return remembering(
        {
            "clock": kind,
            "reversion": REVERSION,
            "realised_level": LEVEL,
            "realised_noise": NOISE,
            "realised_reversion": NOISE_SPEED,
        },
        anchors=[{"date": "2020-01-02", "spot": 100.0, **level}, {"date": "2020-02-03", "spot": 92.0}],
        clock={"calendar": "XNYS", "tick_minutes": 65},
        feedback={"credit": 1.0},
        credit=CREDIT,
        run={"paths": PATHS, "witnesses": PATHS},
    )


def measure_recursions(lab: Lab) -> Measured:
    """Largest relative distance of every level from sums over the run's own prices."""
    found = {}
    for kind in CLOCKS:
        run = lab.run(a_month(kind))
        for name, got, expected in month_levels(run, kind):
            found[f"{name}, {kind}"] = Estimate(float(np.abs(got / expected - 1).max()))
    return Measured(estimates=found)


def month_levels(run: Run, kind: str) -> list[tuple[str, Array, Array]]:
    """Name, what the engine has, and what the equations say, (ticks, paths) each."""
    clock = make_clock(a_month(kind))
    years = clock.variance_years
    ends = {"closes": clock.is_close, "sessions": clock.is_close | clock.is_open}.get(kind, np.ones(len(years), bool))
    mid, vol, realised, credit, index_seen = seen(run, "mid", "vol", "realised_vol", "credit", "credit_index")
    trend, activity = PAST.sums(np.log(mid), years, ends)
    implied = IMPLIED.level(trend, activity)
    outside = (VOL0 / implied[0]) ** np.exp(-REVERSION * years)[:, None]
    index = INDEX.level(*CREDIT_PAST.sums(np.log(mid), years, ends))
    cash = np.exp(follow(np.log(index), years, ends, 60.0))
    residual = (CREDIT0 / index[0]) ** np.exp(-2.0 * years)[:, None]
    noise = reverting(drawn(run, "market/realised", len(years)), years, NOISE_SPEED, NOISE)
    sigma = LEVEL * REALISED.level(trend, activity) * np.exp(noise)
    steps, told = np.diff(years)[:, None], np.log(0.92) * years / years[-1]
    deviation = np.diff(np.log(mid / 100) - told[:, None], axis=0)
    own = deviation / (drawn(run, "market/spot", len(years))[1:] * np.sqrt(steps))
    return [
        ("implied vol", vol, implied * outside),
        ("realised vol", realised, sigma),
        ("moves of the price", own, sigma[:-1]),
        ("index spread", index_seen, index * residual),
        ("cash spread", credit, cash * residual),
    ]


RECURSIONS = Case(
    name="path-memory",
    title="Vol and credit by the path, against sums over the run's own prices",
    chapter="Mechanics",
    source="Guyon and Lekeufack (2023): linear in a weighted sum of returns and in the root of one of their squares",
    inputs=(
        "two exponential factors each, starting away from rest; a month of New York in ticks of 65 minutes, returns of "
        "days, of nights and days, or of ticks; the cash spread lags the index at 60 a year; noise of realised vol"
    ),
    statistic=(
        "vol, realised_vol, credit_index and credit in market, and moves of mid over the shocks drawn (realised vol "
        "again): largest relative distance over ticks and paths"
    ),
    expected=tuple(
        Expected(what=f"{name}, {kind}", value=0.0, rounding=1e-7 if name == "moves of the price" else 1e-9)
        for kind in CLOCKS
        for name in ("implied vol", "realised vol", "moves of the price", "index spread", "cash spread")
    ),
    measure=measure_recursions,
    fast=True,
    seconds=1,
)

# --- one trade in a market without noise ------------------------------------------------------------------------------
UNITS, DEPTH, SIZE = 1000.0, 1e7, 1e-3
LASTING, RESILIENCE = 0.4, 0.5  # share of impact that stays; a trading day, of which 252 make a year
DAYS, DAY = (1, 5, 20, 60), 1 / 364
STILL_SQUARES = {"returns_fast": 0.0, "returns_slow": 0.0, "squares_fast": 0.06, "squares_slow": 0.03}


def after_a_trade(lab: Lab, move: float) -> Array:
    """ln of implied vol by the day after a trade that moves ln S by `move`, over that without it, (61,)."""
    logs = []
    for impact in (abs(move) * DEPTH / (UNITS * 100), 0.0):
        level = {"spot": 100.0, "vol": 0.25, "overnight": 0.0, "us2y": 0.0, "us10y": 0.0, "credit": 0.0}
        last = date(2020, 1, 1) + timedelta(days=max(DAYS))
        scenario = remembering(
            {"start": STILL_SQUARES},
            minutes=1440,
            anchors=[{"date": "2020-01-01", "realised": 0.0, **level}, {"date": last, "spot": 100.0}],
            asset={"depth": DEPTH, "impact": impact, "permanent_share": LASTING, "resilience": RESILIENCE},
            feedback={"impact": 1.0},
            agents={
                "maker": MAKER,
                "trader": {"type": "Executor", "quantity": float(np.copysign(UNITS, move)), "trades": 1},
            },
            run={"paths": 1, "witnesses": 1},
        )
        (vol,) = seen(lab.run(scenario), "vol")
        logs.append(np.log(vol[:, 0]))
    return logs[0] - logs[1]


def first_order(day: int) -> float:
    """Answer of ln s per unit of ln S: trend dR1 / s, where the impact that passes comes back as small returns.

    dR1 = sum of w lam (f^n - (1 - p) (1 - d) (f^n - d^n) / (f - d)), f = exp(-lam day), d = exp(-resilience day).
    """
    left, found = np.exp(-RESILIENCE * TRADING_DAYS * DAY), 0.0
    for share, speed in zip(PAST.returns.shares, PAST.returns.speeds, strict=True):
        stays = np.exp(-speed * DAY)
        back = (1 - LASTING) * (1 - left) * (stays**day - left**day) / (stays - left)
        found += share * speed * (stays**day - back)
    squares = sum(
        share * held * np.exp(-speed * day * DAY)
        for share, speed, held in zip(PAST.squares.shares, PAST.squares.speeds, (0.06, 0.03), strict=True)
    )
    return float(IMPLIED.trend * found / (IMPLIED.base + IMPLIED.activity * np.sqrt(squares)))


def measure_trade(lab: Lab) -> Measured:
    """Slope by sales and purchases of one size; and what is left beyond the first order, at that size and at half."""
    sold, bought, less = (after_a_trade(lab, move) for move in (-SIZE, SIZE, -SIZE / 2))
    found = {f"after {day} days": Estimate(float(bought[day] - sold[day]) / (2 * SIZE)) for day in DAYS}
    rest, half = (
        np.array([answer[day] - first_order(day) * move for day in DAYS])
        for answer, move in ((sold, -SIZE), (less, -SIZE / 2))
    )
    for day, order in zip(DAYS, np.log2(rest / half), strict=True):
        found[f"order of what is left after {day} days"] = Estimate(float(order))
    return Measured(estimates=found)


TRADE = Case(
    name="trace-of-a-trade",
    title="What one trade leaves in implied vol",
    chapter="Mechanics",
    source="First order of the law: trend x K1 x the move, less what passes of the impact and so comes back",
    inputs=(
        f"a market without noise; one trade moves ln S by 0.1 % (or half of it), {LASTING:.0%} of it stays, the rest "
        f"decays at {RESILIENCE:g} a trading day; activity at the start as after vols of 24 % and 17 %"
    ),
    statistic=(
        "ln of vol in market with the trade less that without, per unit of ln S, of a purchase and a sale; power of "
        "the size with which the rest of a sale falls"
    ),
    expected=(
        *(
            Expected(what=f"after {day} days", value=first_order(day), rounding=5e-4 * abs(first_order(day)))
            for day in DAYS
        ),
        *(Expected(what=f"order of what is left after {day} days", value=2.0, rounding=0.02) for day in DAYS),
    ),
    measure=measure_trade,
    fast=True,
    seconds=0.5,
)

# --- within the day ---------------------------------------------------------------------------------------------------
SPOTS = (100.0, 97.0, 99.0, 95.0, 96.0)
DATES = ("2020-01-02", "2020-01-03", "2020-01-06", "2020-01-07", "2020-01-08")
SIGMA, SHARE, DAY_PATHS = 0.3, 0.25, 1024
MOVED = float((np.diff(np.log(SPOTS)) ** 2).sum() * TRADING_DAYS / (len(SPOTS) - 1))  # a year
PINNED = {"realised_base": SIGMA, "realised_trend": 0.0, "realised_activity": 0.0, "realised_noise": 0.33}


def days(memory: dict[str, Any], stated: float | None) -> Scenario:
    """Four days of New York, an anchor each, through which every path passes."""
    level = {"vol": 0.3, "overnight": 0.0, "us2y": 0.0, "us10y": 0.0, "credit": 0.0}
    first = {**level, **({} if stated is None else {"realised": stated})}
    anchors = [{"date": day, "spot": spot} for day, spot in zip(DATES, SPOTS, strict=True)]
    return remembering(
        memory,
        anchors=[{**anchors[0], **first}, *anchors[1:]],
        market={"dispersion": 0.0},
        clock={"calendar": "XNYS", "tick_minutes": 30},
        feedback={"leverage": 0.0},
        run={"paths": DAY_PATHS, "witnesses": DAY_PATHS},
    )


WAYS: dict[str, tuple[dict[str, Any], float | None, float]] = {  # the law's memory, what is stated, variance a year
    "stated": ({"realised_noise": 0.33}, SIGMA, SIGMA**2),
    "by the law": (PINNED, None, SIGMA**2),
    "a share the storyline's": ({**PINNED, "move_share": SHARE}, None, (1 - SHARE) * SIGMA**2 + SHARE * MOVED),
}


def measure_days(lab: Lab) -> Measured:
    """Closes, and the mean square of half-hour returns a year."""
    found = {}
    for name, (memory, stated, _) in WAYS.items():
        scenario = days(memory, stated)
        clock = make_clock(scenario)
        (mid,) = seen(lab.run(scenario), "mid")
        off = np.abs(mid[clock.is_close] / np.array(SPOTS)[:, None] - 1).max()
        squares = (np.diff(np.log(mid), axis=0) ** 2).sum(axis=0) / clock.variance_years[-1]
        found[f"{name}: closes"] = Estimate(float(off))
        found[f"{name}: variance of half-hours"] = Estimate.mean(squares)
    return Measured(estimates=found)


def variance_of_half_hours(variance: float) -> float:
    """Mean square of the returns of ticks, a year: variance (1 - q) + q x what the storyline moves.

    A bridge over a day takes q = sum of (tick / day)^2 of the noise's, 0.2 of it overnight and the rest in 13 ticks;
    the storyline's straight line adds the same share of its squared move.
    """
    q = 0.2**2 + 13 * (0.8 / 13) ** 2
    return variance * (1 - q) + q * MOVED


WITHIN = Case(
    name="variance-within-the-day",
    title="Half-hours have the variance of the day, and closes are the anchors",
    chapter="Mechanics",
    source="Brownian bridge in unequal steps: an increment has variance sigma^2 dt (1 - dt / T), exact",
    inputs=(
        "four days of New York with an anchor each, falls of 3 and 4 %, dispersion 0; realised vol 30 % as stated or "
        "by a law without memory, noise of its own 0.33; or a quarter of the variance the storyline's own squared move"
    ),
    statistic="largest relative distance of mid from the anchors at closes; sum of squared returns of ticks, a year",
    expected=tuple(
        expected
        for name, (_, _, variance) in WAYS.items()
        for expected in (
            Expected(what=f"{name}: closes", value=0.0, rounding=1e-12),
            Expected(what=f"{name}: variance of half-hours", value=variance_of_half_hours(variance)),
        )
    ),
    measure=measure_days,
    fast=True,
    seconds=2,
)

CASES: tuple[Case, ...] = (RECURSIONS, TRADE, WITHIN)
