"""Variance swaps: what they earn where realised and implied vol differ, and the strip of listed options they equal."""

from __future__ import annotations

import numpy as np

from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.cases.listed_options import DAYS, IMPLIED, REALISED, YEARS, market, slope
from scenarios.studies.validation.desks import final
from scenarios.studies.validation.lab import Lab
from scenarios.studies.validation.textbook import FREE, MAKER
from sim.estimate import Estimate

PATHS = 1024
GAP, STRIKES = 2.0, np.arange(50.0, 200.0, 2.0)  # $: five standard deviations each way
HELD = {"expiry_days": DAYS, "roll_days": 1000}
UNITS = 1 / (2 * IMPLIED * YEARS)  # of total variance in a unit of the swap


def listed() -> tuple[dict[str, dict[str, object]], dict[str, float]]:
    """Options out of the money, a straddle between, and how many of each are as much as a unit of the swap."""
    options, units = {}, {}
    for strike in STRIKES:
        kind = "put" if strike < 100.0 else "straddle" if strike == 100.0 else "call"
        share = 0.5 if kind == "straddle" else 1.0
        options[f"k{strike:.0f}"] = {"kind": kind, "moneyness": strike / 100.0, **HELD}
        units[f"k{strike:.0f}"] = float(UNITS * share * GAP * 2 / strike**2)
    return options, units


def measure(lab: Lab) -> Measured:
    """P&L of one desk that holds the swap, and of one that holds the strip and hedges its delta every day."""
    options, units = listed()
    desk = {"type": "Hedger", "capital": 1e6}
    never, daily = {"kind": "never"}, {"kind": "every", "interval": "tick"}
    agents = {
        "maker": {**MAKER, "venues": ["asset", "vs", *options]},
        "swap": {**desk, "policy": never, "option_leg": {"hold": {"vs": 1.0}}},
        "strip": {**desk, "policy": daily, "option_leg": {"hold": units}},
    }
    run = lab.run(market(1, PATHS, agents, options=options, variance_swaps={"vs": {**HELD, "venue": FREE}}))
    swap, strip = final(run, "swap"), final(run, "strip")
    left = swap - strip
    return Measured(
        estimates={
            "mean P&L of the swap": Estimate.mean(swap),
            "standard deviation of its P&L": deviation(swap),
            "mean of swap less strip": Estimate.mean(left),
            "slope of the swap on the strip": slope(strip, swap),
            "part of the variance that the strip leaves": Estimate(float(np.var(left) / np.var(swap))),
        }
    )


def deviation(samples: np.ndarray) -> Estimate:
    """Of a sample, with the standard error from its fourth moment."""
    squares = (samples - samples.mean()) ** 2
    found = float(np.sqrt(squares.mean()))
    return Estimate(found, float(squares.std() / np.sqrt(len(samples)) / (2 * found)))


EARNED = (REALISED**2 - IMPLIED**2) / (2 * IMPLIED)
SPREAD = REALISED**2 * np.sqrt(2 / DAYS) / (2 * IMPLIED)  # of a sum of squared normals

CASES: tuple[Case, ...] = (
    Case(
        name="variance-swap",
        title="A variance swap, and the strip of listed options that replicates it",
        chapter="Hedging",
        source="Neuberger (1994); Demeterfi, Derman, Kamal and Zou (1999); Gatheral (2006), chapter 11",
        inputs=f"{DAYS} days, struck at {IMPLIED:.0%}, paths at {REALISED:.0%}; {len(STRIKES)} options, hedged daily",
        statistic="mean and deviation; P&L of each path against that of strip and hedge",
        expected=(
            Expected(what="mean P&L of the swap", value=EARNED, unit="$"),
            Expected(what="standard deviation of its P&L", value=float(SPREAD), unit="$"),
            Expected(what="mean of swap less strip", value=0.0, rounding=0.0015, exact="a sixth of h² / K² of strikes"),
            Expected(
                what="slope of the swap on the strip", value=1.0, rounding=0.002, exact="first order in h² and r²"
            ),
            Expected(
                what="part of the variance that the strip leaves",
                value=0.01,
                relation="<",
                exact="ordering only: cubes of returns",
            ),
        ),
        measure=measure,
        seconds=6.0,
    ),
)
