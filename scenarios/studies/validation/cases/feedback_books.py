"""Price feedback solved together with the orders, and of real option books."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

import numpy as np
import polars as pl

from scenarios.scenario import Scenario
from scenarios.studies.validation.case import Case, Expected, Measured, Samples
from scenarios.studies.validation.lab import Lab
from scenarios.studies.validation.textbook import MAKER, textbook
from sim.estimate import Estimate

Clearing = Literal["sequential", "fixed_point"]

DEPTH, IMPACT = 1e9, 0.01  # $ whose taking moves ln S by 0.01, for good
SPOT, VOL = 100.0, 0.2  # $, decimal a year
RICH = 1e15  # $: nobody fails, whatever the feedback costs

# A quarter of a year of option and a month of trading in 1,000 steps. The calendar counts days, so time runs in days
# of which 25 make the month, and vol is scaled to keep vol^2 T: rates are zero, and nothing else knows the time.
DAYS, STEP_MINUTES, STEPS = 25, 36, 1000
MONTHS_A_YEAR = 12
DAY_VOL = VOL * float(np.sqrt(364 / (MONTHS_A_YEAR * DAYS)))
START, END, EXPIRY = "2020-01-01", "2020-01-26", "2020-03-16"  # 25 and 75 days
STRIKES = (85.0, 92.5, 100.0, 107.5, 115.0)
ORDERS: dict[Clearing, str] = {"sequential": "in sequence", "fixed_point": "at the fixed point"}
SIDES = {"short": 0.3, "long": -0.3}  # loop gain at the start

GAINS = (-0.3, 0.3)
TINY_VOL, YEAR_STEPS = 0.01, 364  # so small a vol keeps the loop gain where it was set


def cast(quantity: float, line: dict[str, Any]) -> dict[str, Any]:
    """A hedger of one position at every tick, with a maker and a lender who never fail."""
    policy = {"kind": "every", "interval": "tick"}
    hedger = {"type": "Hedger", "capital": RICH, "policy": policy, "book": [{**line, "quantity": quantity}]}
    return {"hedger": hedger, "maker": {**MAKER, "capital": RICH}, "bank": {"type": "FundingDesk", "line": 1e12}}


def venue(clearing: Clearing) -> dict[str, Any]:
    """Impact that stays."""
    return {"impact": IMPACT, "depth": DEPTH, "permanent_share": 1.0, "clearing": clearing}


def constant_gamma(a: float, paths: int) -> Scenario:
    """A hedger whose dollar gamma is the same everywhere: its loop gain is `a`, always."""
    line = {"kind": "gamma_claim", "strike": SPOT, "expiry": "2021-12-31"}
    return textbook(
        steps=YEAR_STEPS,
        vol=TINY_VOL,
        asset=venue("fixed_point"),
        feedback={"impact": 1.0},
        agents=cast(-a * DEPTH / IMPACT / SPOT, line),
        run={"paths": paths, "witnesses": paths, "chunk": paths},
    )


def option_book(a: float, strike: float, clearing: Clearing, paths: int) -> Scenario:
    """A hedger of calls as many as have loop gain `a` at the money at the start: a > 0 is short gamma."""
    deviation = VOL * np.sqrt(3 / MONTHS_A_YEAR)
    gamma = np.exp(-(deviation**2) / 8) / (SPOT * deviation * np.sqrt(2 * np.pi))  # of a call at the money, r = 0
    level = {"spot": SPOT, "vol": DAY_VOL, "overnight": 0.0, "us2y": 0.0, "us10y": 0.0, "credit": 0.0}
    line = {"kind": "call", "strike": strike, "expiry": EXPIRY}
    return textbook(
        minutes=STEP_MINUTES,
        anchors=[{"date": START, **level}, {"date": END, **level}],
        asset=venue(clearing),
        feedback={"impact": 1.0},
        agents=cast(-a * DEPTH / (IMPACT * gamma * SPOT**2), line),
        run={"paths": paths, "witnesses": paths, "chunk": paths},
    )


def returns_and_gain(lab: Lab, scenario: Scenario) -> tuple[Samples, Samples]:
    """Log returns (paths, steps), and the loop gain logged at the end of each step."""
    market = lab.run(scenario).market.filter(pl.col("venue") == "asset")
    frame = market.sort("path", "time").select("mid", "loop_gain").collect()
    mid, gain = (frame[name].to_numpy().reshape(scenario.run.paths, -1) for name in ("mid", "loop_gain"))
    return np.diff(np.log(mid), axis=1), gain[:, 1:]


def multiple(gain: Samples, clearing: Clearing) -> Samples:
    """Variance of a step over the shock's, by theory, at every loop gain."""
    if clearing == "fixed_point":
        return np.asarray(1 / (1 - gain) ** 2)
    return np.asarray((1 + 2 * gain - 2 * gain**3) / (1 - gain**2))


def realised_variance(returns: Samples) -> Samples:
    """Realised variance of each path a year, (paths,); a month has no drift worth taking out."""
    return np.asarray((returns**2).sum(axis=1) * MONTHS_A_YEAR)


def measure_constant(lab: Lab, paths: int) -> Measured:
    """Variance of a step and of the year over the shock's, and the correlation of neighbouring steps."""
    estimates: dict[str, Estimate] = {}
    for a in GAINS:
        returns, _ = returns_and_gain(lab, constant_gamma(a, paths))
        scaled = returns / (TINY_VOL / np.sqrt(YEAR_STEPS))
        step = scaled.var(axis=1, ddof=0) + scaled.mean(axis=1) ** 2
        estimates[f"step variance, a = {a:g}"] = Estimate.mean(step)
        estimates[f"long-run variance, a = {a:g}"] = Estimate.variance(scaled.sum(axis=1) / np.sqrt(YEAR_STEPS))
        products = (scaled[:, 1:] * scaled[:, :-1]).mean(axis=1)
        estimates[f"lag-1 autocorrelation, a = {a:g}"] = Estimate.ratio(products, step)
    return Measured(estimates=estimates)


def measure_books(lab: Lab, paths: int) -> Measured:
    """Realised vol in sequence, and realised variances over the path average of the formula.

    The average knows where the gamma was on the way; the formula at the starting gain is wrong by a tenth.
    """
    estimates: dict[str, Estimate] = {}
    for clearing, order in ORDERS.items():
        for side, a in SIDES.items():
            returns, gain = returns_and_gain(lab, option_book(a, SPOT, clearing, paths))
            variance = realised_variance(returns)
            theory = multiple(gain, clearing).mean(axis=1) * VOL**2
            estimates[f"over the path average, {side} gamma, {order}"] = Estimate.ratio(variance, theory)
            if clearing == "sequential":
                mean = Estimate.mean(variance)
                root = float(np.sqrt(mean.value))
                estimates[f"realised vol, {side} gamma"] = Estimate(root, (mean.error or 0.0) / (2 * root))
    return Measured(estimates=estimates, picture=vol_over_strike(lab))


def vol_over_strike(lab: Lab) -> Any:
    """Realised vol against the strike that the hedged book is struck at."""
    from analysis.charts.validation import lines

    rows = []
    for side, a in SIDES.items():
        for strike in STRIKES:
            returns, _ = returns_and_gain(lab, option_book(a, strike, "sequential", 32))
            found = Estimate.mean(100 * np.sqrt(realised_variance(returns)))
            rows.append((f"{side} gamma", strike, found.value, found.error))
    frame = pl.DataFrame(rows, schema=["series", "x", "y", "se"], orient="row")
    said = (
        "Hedgers who are short the option add to every move and push realised vol above the 20 % that the news alone "
        "would give; hedgers who are long it hold the price near the strike. The nearer the strike, the more gamma."
    )
    return lines(frame, title="Realised vol over the strike", said=said, x="strike, $", y="realised vol, % a year")


def _law(a: float) -> tuple[Expected, ...]:
    """Frey and Stremme: the price answers at once and in full."""
    size = 1 / (1 - a) ** 2
    return (
        Expected(what=f"step variance, a = {a:g}", value=size, unit="of the shock's"),
        Expected(what=f"long-run variance, a = {a:g}", value=size, unit="of the shock's"),
        Expected(what=f"lag-1 autocorrelation, a = {a:g}", value=0.0),
    )


SIMULATED = "simulated, 5 digits"
FIRST_ORDER = "to first order in the step"

CASES: tuple[Case, ...] = (
    Case(
        name="frey-stremme",
        title="Orders and price solved together",
        chapter="Feedback",
        source="Frey and Stremme (1997); Platen and Schweizer (1998); Schönbucher and Wilmott (2000)",
        inputs="one hedger of constant dollar gamma with loop gain a, every tick, clearing at the fixed point, impact "
        "that stays, no spread; vol 1 % a year, 364 steps",
        statistic="second moment of tick returns and of the year's return over the shock's, from the mids of `market`; "
        "correlation of neighbouring ticks",
        expected=tuple(e for a in GAINS for e in _law(a)),
        measure=partial(measure_constant, paths=1024),
        fast=True,
        seconds=4.0,
    ),
    Case(
        name="option-book-feedback",
        title="A hedged option book, short and long gamma",
        chapter="Feedback",
        source="step variance (1+2a-2a^3)/(1-a^2) in sequence, 1/(1-a)^2 at the fixed point, along the path",
        inputs="call at the money, three months, vol 20 %, r = 0; hedged 1,000 times in a month; loop gain at the "
        "start 0.3 (short gamma) or -0.3 (long)",
        statistic="root of the mean realised variance over the month, from the mids of `market`; the same variance "
        "over the mean of the formula at the loop gain that the engine logs at each step",
        expected=(
            Expected(what="realised vol, short gamma", value=0.25663, se=0.00007, exact=SIMULATED),
            Expected(what="realised vol, long gamma", value=0.13937, se=0.00004, exact=SIMULATED),
            *(
                Expected(
                    what=f"over the path average, {side} gamma, {order}", value=1.0, rounding=0.001, exact=FIRST_ORDER
                )
                for order in ORDERS.values()
                for side in SIDES
            ),
        ),
        measure=partial(measure_books, paths=1024),
        seconds=30.0,
    ),
)
