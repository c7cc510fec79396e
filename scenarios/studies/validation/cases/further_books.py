"""A book on a further asset: what its hedge earns where that asset's realised and implied vol differ."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np

from scenarios.reading.loading import from_dict
from scenarios.scenario import Scenario
from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.cases.listed_options import DAYS, IMPLIED, YEARS, Samples, gamma, market, slope, value
from scenarios.studies.validation.desks import START, final
from scenarios.studies.validation.lab import Lab
from scenarios.studies.validation.textbook import FREE, MAKER
from sim.estimate import Estimate
from sim.sessions import TRADING_DAYS

PATHS, LIVELY = 2048, 0.30  # realised vol of the further asset; the main one has another


def gold() -> Scenario:
    """A desk has sold a straddle on a martingale beside the main asset, and hedges it there at the vol it sold."""
    straddle = [
        {"kind": kind, "strike": 100.0, "expiry": START + timedelta(days=DAYS), "quantity": -1.0, "asset": "gold"}
        for kind in ("call", "put")
    ]
    desk = {"type": "Hedger", "capital": 1e6, "policy": {"kind": "every", "interval": "tick"}, "book": straddle}
    agents = {"maker": {**MAKER, "venues": ["asset", "gold"]}, "desk": desk}
    tables = market(1, PATHS, {"maker": MAKER}, options={}).to_dict()
    end = 100.0 * math.exp(-(LIVELY**2) / 2 * YEARS)
    tables["assets"] = {
        "gold": {
            "spot": 100.0,
            "vol": LIVELY,
            "vol_power": 0.0,
            "implied": {"start": IMPLIED, "xi": 0.0, "term_reversion": 0.0},
            "anchor": [{"date": START + timedelta(days=DAYS), "spot": end}],
            "venue": FREE,
        }
    }
    return from_dict({**tables, "agents": agents}, as_given=True)


def closes(lab: Lab) -> tuple[Samples, Samples]:
    """P&L of the desk, (paths,) $, and closes of gold, (days + 1, paths) $."""
    run = lab.run(gold())
    frame = run.closes.filter(venue="gold").sort("time", "path").select("mid").collect()
    return final(run, "desk"), frame["mid"].to_numpy().reshape(-1, PATHS)


def measure(lab: Lab) -> Measured:
    """P&L, and the sum of half gamma S^2 (implied^2 dt - return^2) over the days."""
    earned, spot = closes(lab)
    left = (DAYS - np.arange(len(spot) - 1)) / TRADING_DAYS
    per_day = IMPLIED**2 / TRADING_DAYS - (np.diff(spot, axis=0) / spot[:-1]) ** 2
    sums = 0.5 * np.sum(gamma(spot[:-1], IMPLIED, left[:, None]) * spot[:-1] ** 2 * per_day, axis=0)
    return Measured(
        estimates={
            "mean P&L": Estimate.mean(earned),
            "slope of P&L on the sum": slope(sums, earned),
            "part of the variance that the sum leaves": Estimate(float(np.var(earned - sums) / np.var(earned))),
        }
    )


EARNED = float(value(100.0, IMPLIED, YEARS) - value(100.0, LIVELY, YEARS))

CASES: tuple[Case, ...] = (
    Case(
        name="book-on-a-further-asset",
        title="A straddle sold on a further asset, and hedged there",
        chapter="Hedging",
        source="Black and Scholes (1973); El Karoui, Jeanblanc-Picqué and Shreve (1998)",
        inputs=f"straddle of {DAYS} days sold at {IMPLIED:.0%}; its asset at {LIVELY:.0%}, the main one at another vol",
        statistic="mean; P&L of each path against the sum of half gamma S² (implied² dt - return²) over days",
        expected=(
            Expected(what="mean P&L", value=EARNED, unit="$"),
            Expected(what="slope of P&L on the sum", value=1.0),
            Expected(what="part of the variance that the sum leaves", value=0.05, relation="<", exact="ordering only"),
        ),
        measure=measure,
        seconds=4.0,
    ),
)
