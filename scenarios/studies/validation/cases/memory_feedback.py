"""Where vol follows from the path: a re-hedging desk, the trace of a trade, and the market that nobody trades in."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from markets.factors.memory.long_run_gain import hedged_variance, long_run_gain, remembered_variance
from markets.factors.memory.trace import implied_at_rest, implied_trace, mass, realised_at_rest
from markets.specs.memory import KernelSpec, MemorySpec
from scenarios.scenario import Scenario
from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.cases.path_memory import LEAST, closes_of, drawn, kernel, remembering
from scenarios.studies.validation.lab import Lab
from scenarios.studies.validation.remembering import Desk, Law, Past, reverting, simulate
from scenarios.studies.validation.textbook import MAKER
from scenarios.worlds.clock import make_clock
from sim.estimate import Estimate
from sim.sessions import TRADING_DAYS

Array = NDArray[np.float64]
FLAT = {"overnight": 0.0, "us2y": 0.0, "us10y": 0.0, "credit": 0.0}

# --- a re-hedging desk ------------------------------------------------------------------------------------------------
BASE, ACTIVITY, SPEED = 0.02, 0.6, 8.0  # realised vol's base and answer; 1/year, so slow that R2 hardly scatters
QUIET = 1e-4  # implied vol of the claim, so that its delta is ln S
TICKS, DESK_PATHS = 364, 256  # ticks of a day; a year
STEP = 1 / 364
IMPACT, DEPTH = 0.01, 1e9
DESKS = {"lasting": Desk(gain=0.25), "short-lived": Desk(gain=0.25, lasting=0.5, resilience=126.0)}
ONE = {"fast": SPEED, "slow": SPEED, "slow_share": 0.5}
PLAIN = MemorySpec(
    returns=KernelSpec(**ONE),
    squares=KernelSpec(**ONE),
    realised_base=BASE,
    realised_trend=0.0,
    realised_activity=ACTIVITY,
)
PLAIN_LAW = Law(base=BASE, trend=0.0, activity=ACTIVITY, least=LEAST)


def squares_with(desk: Desk) -> float:
    """R2 at which the market with the desk rests: m mass sigma^2, sigma = base / (1 - long-run gain)."""
    variance = hedged_variance(desk.gain, lasting=desk.lasting, decay=desk.resilience * STEP)
    gain = long_run_gain(PLAIN, step=STEP, variance=variance)
    return (BASE / (1 - gain) * gain / ACTIVITY) ** 2


def desk_market(desk: Desk) -> Scenario:
    """One hedger of constant dollar Gamma, at every tick of a year of days."""
    held = squares_with(desk)
    start = {"returns_fast": 0.0, "returns_slow": 0.0, "squares_fast": held, "squares_slow": held}
    flat = {"spot": 100.0, "vol": QUIET, **FLAT}
    claim = {
        "kind": "gamma_claim",
        "strike": 100.0,
        "expiry": "2021-12-31",
        "quantity": -desk.gain * DEPTH / IMPACT / 100,
    }
    hedger = {"type": "Hedger", "capital": 1e9, "policy": {"kind": "every", "interval": "tick"}, "book": [claim]}
    return remembering(
        {**PLAIN_SPEC, "start": start},
        steps=TICKS,
        anchors=[{"date": "2020-01-01", **flat}, {"date": "2020-12-30", **flat}],
        asset={
            "impact": IMPACT,
            "depth": DEPTH,
            "permanent_share": desk.lasting,
            "resilience": desk.resilience / TRADING_DAYS,
        },
        feedback={"impact": 1.0},
        agents={"hedger": hedger, "maker": MAKER, "bank": {"type": "FundingDesk", "line": 1e12}},
        run={"paths": DESK_PATHS},
    )


PLAIN_SPEC: dict[str, Any] = {
    "returns": ONE,
    "squares": ONE,
    "base": QUIET,
    "trend": 0.0,
    "activity": 0.0,
    "realised_base": BASE,
    "realised_trend": 0.0,
    "realised_activity": ACTIVITY,
}


def measure_desk(lab: Lab) -> Measured:
    """Prices against the simulation with the same shocks, and variance against the closed form."""
    found = {}
    for name, desk in DESKS.items():
        run = lab.run(desk_market(desk))
        (mid,) = closes_of(run, "mid")
        years = make_clock(desk_market(desk)).variance_years
        held = squares_with(desk)
        past = Past(returns=kernel(ONE), squares=kernel(ONE), returns_start=(0.0, 0.0), squares_start=(held, held))
        shocks = drawn(run, "market/spot", len(years))
        price, _ = simulate(PLAIN_LAW, past, shocks, years, np.ones(len(years), dtype=bool), desk=desk)
        found[f"{name} impact: ln S"] = Estimate(float(np.abs(np.log(mid / 100) - price).max()))
        squares = (np.diff(np.log(mid), axis=0)[1:] ** 2).mean(axis=0) / STEP
        alone = (BASE / (1 - long_run_gain(PLAIN, step=STEP))) ** 2
        found[f"{name} impact: variance, multiple"] = Estimate.mean(squares / alone)
    return Measured(estimates=found)


def desk_expected() -> tuple[Expected, ...]:
    """The same path to rounding, and the closed form to what it leaves out."""
    found = []
    for name, desk in DESKS.items():
        variance = hedged_variance(desk.gain, lasting=desk.lasting, decay=desk.resilience * STEP)
        multiple = remembered_variance(PLAIN, step=STEP, variance=variance)
        found += [
            Expected(what=f"{name} impact: ln S", value=0.0, rounding=1e-7),
            Expected(what=f"{name} impact: variance, multiple", value=multiple),
        ]
    return tuple(found)


DESK = Case(
    name="memory-desk",
    title="A re-hedging desk in a market that remembers",
    chapter="Feedback",
    source=(
        "The same equations simulated outside the engine, on the same shocks; and in closed form, m x ((1 - g) / "
        "(1 - g sqrt m))^2: the desk multiplies the variance of returns by m, vol answers the root of R2 by g "
        "(Guyon and Lekeufack 2023, R2 at its mean)"
    ),
    inputs=(
        "realised vol 2 % + 0.6 sqrt(R2), R2 remembered at 8 a year, squares of daily returns; one hedger of constant "
        "dollar Gamma, every day for a year, loop gain 0.25, impact that stays, or of which half decays at 0.5 a day"
    ),
    statistic=(
        "mid in closes: largest distance of ln S from the simulation over ticks and paths; mean square of its returns "
        "over that of the market alone at rest"
    ),
    expected=desk_expected(),
    measure=measure_desk,
    fast=True,
    seconds=2,
)
# --- the trace of a trade ---------------------------------------------------------------------------------------------
QUARTER, MARKS = 364, (4, 20, 80, 240)  # ticks of six hours; those at which the trace is read
TICK = 0.25 / 364
UNITS, MOVE = 1000.0, 0.002
LASTING, RESILIENCE = 0.5, 0.5  # share of the impact that stays; a trading day, of which 252 make a year
TRACE_PATHS = 256
LEFT_OUT = 0.04  # of the closed form: that R2 scatters, and that vol answers a tick later
TRACED = MemorySpec(
    returns=KernelSpec(fast=40.0, slow=10.0, slow_share=0.5),
    squares=KernelSpec(fast=16.0, slow=4.0, slow_share=0.4),
    base=0.05,
    trend=-0.03,
    activity=0.9,
    realised_base=0.04,
    realised_trend=-0.04,
    realised_activity=0.8,
)
TRACE = implied_trace(TRACED, step=TICK, lasting=LASTING, resilience=TRADING_DAYS * RESILIENCE)


def traded(lab: Lab, side: float) -> Array:
    """ln of implied vol, (ticks, paths), with a trade of that side at the start."""
    held = (realised_at_rest(TRACED, TICK) ** 2) * mass(TRACED.squares, TICK)
    start = {"returns_fast": 0.0, "returns_slow": 0.0, "squares_fast": held, "squares_slow": held}
    flat = {"spot": 100.0, "vol": implied_at_rest(TRACED, TICK), **FLAT}
    scenario = remembering(
        {**asdict(TRACED), "realised_noise": 0.0, "start": start},
        minutes=360,
        anchors=[{"date": "2020-01-01", **flat}, {"date": "2020-04-01", **flat}],
        asset={"impact": MOVE, "depth": UNITS * 100, "permanent_share": LASTING, "resilience": RESILIENCE},
        feedback={"impact": 1.0},
        agents={"maker": MAKER, "trader": {"type": "Executor", "quantity": side * UNITS, "trades": 1}},
        run={"paths": TRACE_PATHS},
    )
    (vol,) = closes_of(lab.run(scenario), "vol")
    return np.log(vol)


def measure_trace(lab: Lab) -> Measured:
    """Half the difference of a purchase and a sale on the same noise, per unit of ln S."""
    slope = (traded(lab, 1.0) - traded(lab, -1.0)) / (2 * MOVE)
    estimates = {f"after {tick // 4} days": Estimate.mean(slope[tick]) for tick in MARKS}
    return Measured(estimates=estimates, picture=fading(slope))


def fading(slope: Array) -> object:
    """The trace day by day, with the closed form."""
    from analysis.charts.validation import lines

    known = TRACE.after(QUARTER)
    days = range(4, QUARTER + 1, 4)
    got = [
        {"x": k / 4, "y": -float(slope[k].mean()), "se": Estimate.mean(slope[k]).error, "series": "vol"} for k in days
    ]
    curve = [{"x": k / 4, "y": -float(known[k]), "series": "vol"} for k in days]
    return lines(
        pl.DataFrame(got[::4]),
        curve=pl.DataFrame(curve),
        title="A trade's trace in vol",
        said="A sale raises vol at once, and part of it passes as the price comes back. Then the variance that vol's "
        "own rise has made keeps it up. Dashed: closed form.",
        x="days since the sale",
        y="rise of ln vol per unit of ln S sold",
    )


TRACE_CASE = Case(
    name="memory-trace",
    title="What one trade leaves in implied vol, where realised vol answers it too",
    chapter="Feedback",
    source=(
        "First order of Guyon and Lekeufack's law about a market at rest, solved as a linear system: the trend of the "
        "trade, and the variance that follows from vol's answer to it (a Volterra equation)"
    ),
    inputs=(
        "a market at rest at a realised vol of 20 %, in ticks of six hours, whose squares are remembered at 16 and 4 a "
        "year; one trade moves ln S by 0.2 %, half of it stays, the rest decays at 0.5 a trading day"
    ),
    statistic=(
        "half the difference of ln vol in closes after a purchase and after a sale on the same noise, per unit of "
        "ln S; 4 % are allowed for what a first order about R2's mean leaves out"
    ),
    expected=tuple(
        Expected(what=f"after {tick // 4} days", value=found, rounding=LEFT_OUT * abs(found))
        for tick, found in ((tick, float(TRACE.after(tick)[-1])) for tick in MARKS)
    ),
    measure=measure_trace,
    fast=True,
    seconds=2,
)

# --- the free market --------------------------------------------------------------------------------------------------
FREE_DAYS, FREE_PATHS = 504, 512
FREE_RETURNS = {"fast": 70.0, "slow": 35.0, "slow_share": 0.7}
FREE_SQUARES = {"fast": 24.0, "slow": 2.2, "slow_share": 0.4}
FREE_LAW = Law(base=0.025, trend=-0.046, activity=0.82, least=LEAST)
FREE_NOISE, FREE_SPEED, FREE_HELD = 0.33, 250.0, 0.02
FREE: dict[str, Any] = {
    "returns": FREE_RETURNS,
    "squares": FREE_SQUARES,
    "realised_base": FREE_LAW.base,
    "realised_trend": FREE_LAW.trend,
    "realised_activity": FREE_LAW.activity,
    "realised_noise": FREE_NOISE,
    "realised_reversion": FREE_SPEED,
    "most": 10.0,
    "start": {"returns_fast": 0.0, "returns_slow": 0.0, "squares_fast": FREE_HELD, "squares_slow": FREE_HELD},
}


def free_market() -> Scenario:
    """Two years of New York at three ticks a day, where nobody trades."""
    flat = {"spot": 100.0, "vol": 0.17, **FLAT}
    return remembering(
        FREE,
        anchors=[{"date": "2020-01-02", **flat}, {"date": "2022-01-03", **flat}],
        clock={"calendar": "XNYS", "tick_minutes": 195},
        run={"paths": FREE_PATHS},
    )


def simulated(lab: Lab) -> Array:
    """ln S at the closes of the independent simulation, on noise of its own, (closes, paths)."""
    clock, draw = make_clock(free_market()), lab.generator(11)
    shape, years = (len(clock.ticks), FREE_PATHS), clock.variance_years
    past = Past(
        returns=kernel(FREE_RETURNS),
        squares=kernel(FREE_SQUARES),
        returns_start=(0.0, 0.0),
        squares_start=(FREE_HELD, FREE_HELD),
    )
    noise = reverting(draw.standard_normal(shape), years, FREE_SPEED, FREE_NOISE)
    price, _ = simulate(FREE_LAW, past, draw.standard_normal(shape), years, clock.is_close, noise=noise)
    return price[clock.is_close]


def facts_of(price: Array) -> dict[str, Estimate]:
    """Of the daily returns in the second half, path by path, of closes (closes, paths)."""
    moved = np.diff(price, axis=0)[len(price) // 2 :]
    size, log_vol = np.abs(moved), np.log((moved**2).mean(axis=0) * TRADING_DAYS) / 2
    return {
        FACTS[0]: Estimate.mean(log_vol),
        FACTS[1]: Estimate.sd(log_vol),
        FACTS[2]: Estimate.mean(together(size[:-1], size[1:])),
        FACTS[3]: Estimate.mean(together(size[:-20], size[20:])),
        FACTS[4]: Estimate.mean(together(moved[:-1], size[1:])),
    }


def together(first: Array, second: Array) -> Array:
    """Correlation over time (axis 0), path by path."""
    x, y = first - first.mean(axis=0), second - second.mean(axis=0)
    found: Array = (x * y).mean(axis=0) / (x.std(axis=0) * y.std(axis=0))
    return found


FACTS = (
    "ln of a year's vol, mean",
    "ln of a year's vol, sd",
    "autocorrelation of the size of returns at 1 day",
    "autocorrelation of the size of returns at 20 days",
    "correlation of a return and the next one's size",
)


def measure_free(lab: Lab) -> Measured:
    """The engine less the simulation."""
    (mid,) = closes_of(lab.run(free_market()), "mid")
    ours = facts_of(np.log(mid))
    theirs = facts_of(simulated(lab))
    return Measured(estimates={name: ours[name].less(theirs[name]) for name in ours})


FREE_CASE = Case(
    name="memory-free",
    title="Clustering and leverage of a market that is moved by its own memory alone",
    chapter="Stylised facts",
    source="The same equations simulated outside the engine, on other noise",
    inputs=(
        "two years of New York at three ticks a day, daily returns remembered; realised vol 2.5 % - 0.046 R1 + 0.82 "
        "sqrt(R2), kernels as fitted to the S&P 500, noise of ln realised vol 0.33 that reverts in a day"
    ),
    statistic="engine less simulation, of daily returns of the second year, path by path",
    expected=tuple(Expected(what=name, value=0.0) for name in FACTS),
    measure=measure_free,
    fast=True,
    seconds=2,
)

CASES: tuple[Case, ...] = (DESK, TRACE_CASE, FREE_CASE)
