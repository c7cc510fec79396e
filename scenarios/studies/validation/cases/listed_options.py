"""Listed options: what a maker earns that hedges what it sold, and what is left of vega that is bought back."""

from __future__ import annotations

import dataclasses
import math
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from scenarios.scenario import Scenario
from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.desks import START, final, spot_at_closes
from scenarios.studies.validation.lab import Lab
from scenarios.studies.validation.textbook import FREE, MAKER, textbook
from sim.estimate import Estimate
from sim.sessions import TRADING_DAYS

Samples = NDArray[np.float64]
IMPLIED, REALISED = 0.20, 0.28
DAYS = 63  # to the end of the run and of the option, each 1/252 year
PATHS = 4096
STRADDLE = {"kind": "straddle", "expiry_days": DAYS, "roll_days": 1000}
WIDE = {"vega_limit": 1e10, "gamma_limit": 1e12, "widening": 0.0, "inventory_skew": 0.0}


def value(spot: Samples | float, vol: float, years: Samples | float) -> Samples:
    """Of a straddle struck at 100, without rates, $."""
    sd = vol * np.sqrt(years)
    d1 = np.log(np.asarray(spot) / 100.0) / sd + 0.5 * sd
    call = spot * norm.cdf(d1) - 100.0 * norm.cdf(d1 - sd)
    found: Samples = np.asarray(2 * call - spot + 100.0)
    return found


def gamma(spot: Samples, vol: float, years: Samples) -> Samples:
    """Of the same, units per $."""
    sd = vol * np.sqrt(years)
    found: Samples = 2 * norm.pdf(np.log(spot / 100.0) / sd + 0.5 * sd) / (spot * sd)
    return found


def market(ticks_a_day: int, paths: int, agents: dict[str, Any], **keys: Any) -> Scenario:
    """No rates, no spreads, no feedback; the asset is a martingale; a day is 1/252 year of equal ticks."""
    level = {"vol": IMPLIED, "overnight": 0.0, "us2y": 0.0, "us10y": 0.0, "credit": 0.0, "realised": REALISED}
    end = 100.0 * math.exp(-(REALISED**2) / 2 * DAYS / TRADING_DAYS)
    anchors = [{"date": START + timedelta(days=d), "spot": s, **level} for d, s in ((0, 100.0), (DAYS, end))]
    options = {name: {**option, "venue": FREE} for name, option in keys.pop("options").items()}
    found = textbook(agents=agents, anchors=anchors, market={**keys, "options": options}, run={"paths": paths})
    clock = dataclasses.replace(
        found.clock, calendar="24/7", tick_minutes=1440 // ticks_a_day, days_a_year=TRADING_DAYS
    )
    return dataclasses.replace(found, clock=clock)


def measure_maker(lab: Lab) -> Measured:
    """P&L of an option maker that sells a straddle at the start and hedges it every day at the vol it sold."""
    hedge = {"kind": "every", "interval": "tick"}
    agents = {
        "maker": MAKER,
        "dealer": {"type": "OptionMaker", "capital": 1e6, "venues": ["s"], "policy": hedge, **WIDE},
        "buyer": {"type": "Hedger", "capital": 1e6, "policy": {"kind": "never"}, "option_leg": {"hold": {"s": 1.0}}},
    }
    run = lab.run(market(1, PATHS, agents, options={"s": STRADDLE}))
    earned, spot = final(run, "dealer"), spot_at_closes(run)
    left = (DAYS - np.arange(len(spot) - 1)) / TRADING_DAYS
    moves = np.diff(spot, axis=0) / spot[:-1]
    per_day = IMPLIED**2 / TRADING_DAYS - moves**2
    # the first day passes before the hedge of what was sold at the start is in place
    sums = 0.5 * np.sum((gamma(spot[:-1], IMPLIED, left[:, None]) * spot[:-1] ** 2 * per_day)[1:], axis=0)
    return Measured(
        estimates={
            "mean P&L of the maker": Estimate.mean(earned),
            "slope of P&L on the sum": slope(sums, earned),
            "part of the variance that the sum leaves": Estimate(float(np.var(earned - sums) / np.var(earned))),
        }
    )


def slope(x: Samples, y: Samples) -> Estimate:
    """Least squares, with the standard error of independent paths."""
    weight = (x - x.mean()) / np.sum((x - x.mean()) ** 2)
    found = float(np.sum(weight * y))
    rest = y - y.mean() - found * (x - x.mean())
    return Estimate(found, float(np.sqrt(np.sum((weight * rest) ** 2))))


def measure_share(lab: Lab) -> Measured:
    """Slope of what vol did to book and hedge on what it did to the book, by the share that is bought back."""
    book = [{"kind": "put", "strike": 95.0, "expiry": str(START + timedelta(days=DAYS)), "quantity": -1.0}]
    policy = {"kind": "every", "interval": "tick"}
    desk = {"type": "Hedger", "capital": 1e6, "book": book, "policy": policy}
    legs = {name: {"venues": ["s"], "share": share} for name, share in SHARES.items()}
    agents = {"maker": {**MAKER, "venues": ["asset", "s"]}} | {
        n: {**desk, "option_leg": leg} for n, leg in legs.items()
    }
    # beyond the end of the book, so that there is vega to buy on its last day
    option = {"kind": "straddle", "expiry_days": 2 * DAYS, "roll_days": 1}
    run = lab.run(market(8, PATHS // 4, agents, options={"s": option}, xi=0.2, kappa=0.0))
    found = {}
    for name in SHARES:
        vega, hedge = final(run, name, "vega"), final(run, name, "hedge_vega")
        found[f"slope, {name}"] = slope(vega, vega + hedge)
    return Measured(estimates=found)


SHARES = {"half": 0.5, "everything": 1.0}
YEARS = DAYS / TRADING_DAYS
EARNED = float(value(100.0, IMPLIED, YEARS) - value(100.0, REALISED, YEARS))

CASES: tuple[Case, ...] = (
    Case(
        name="option-maker",
        title="A maker that hedges the straddle it sold",
        chapter="Hedging",
        source="Black and Scholes (1973); El Karoui, Jeanblanc-Picqué and Shreve (1998)",
        inputs=f"straddle of {DAYS} days sold at {IMPLIED:.0%}, paths at {REALISED:.0%}, hedged daily at the vol sold",
        statistic="mean; P&L of each path against the sum of half gamma S² (implied² dt - return²) over days",
        expected=(
            Expected(what="mean P&L of the maker", value=EARNED, unit="$"),
            Expected(what="slope of P&L on the sum", value=1.0),
            Expected(what="part of the variance that the sum leaves", value=0.05, relation="<", exact="ordering only"),
        ),
        measure=measure_maker,
        fast=True,
        seconds=5.0,
    ),
    Case(
        name="vega-bought-back",
        title="What vol does to a desk that buys back a share of its vega",
        chapter="Hedging",
        source="by construction: a hedge of share s leaves 1 - s of the first order",
        inputs="short a put, vol of vol 20 %, straddles of twice its life, rolled daily, hedged eight times a day",
        statistic="slope over paths of re-marking, hedge included, on that of the book alone",
        expected=tuple(
            Expected(
                what=f"slope, {name}",
                value=1 - share,
                rounding=0.005,
                exact="first order; 0.005 for what the square of a move of vol does",
            )
            for name, share in SHARES.items()
        ),
        measure=measure_share,
        seconds=10.0,
    ),
)
