"""Vol of rates that follows from the path of the curve: its mean square where the curve's moves are known."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import polars as pl

from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.lab import Lab
from scenarios.studies.validation.textbook import MAKER, textbook
from sim.estimate import Estimate

NODES = {"vol_us2y": 0.006, "vol_us10y": 0.009}  # noise of the curve, decimal a year, that never reverts
START, ACTIVITY = 0.012, 1.1
MEMORY = {12.7: 0.76, 0.53: 0.24}  # weight by speed, 1/year
A_DAY = 1 / 365  # trading years of the continuous calendar
DAYS = (5, 40, 89)


def mean_square(days: int) -> float:
    """E m^2 after so many days: activity^2 sum w (e^(-l T) START^2 / activity^2 + l dt s^2 sum e^(-l k dt))."""
    variance, total = sum(vol**2 for vol in NODES.values()) / len(NODES) * A_DAY, 0.0
    for speed, weight in MEMORY.items():
        gathered = speed * variance * sum(math.exp(-speed * k * A_DAY) for k in range(days))
        total += weight * (math.exp(-speed * days * A_DAY) * (START / ACTIVITY) ** 2 + gathered)
    return ACTIVITY**2 * total


def measure(lab: Lab) -> Measured:
    """Mean of the squared vol over paths; the vol of a day answers the moves up to the day before."""
    (fast, _), (slow, share) = MEMORY.items()
    squares = {"fast": fast, "slow": slow, "slow_share": share}
    vol = {"start": START, "base": 0.0, "trend": 0.0, "activity": ACTIVITY, "squares": squares, "least": 1e-6}
    level = {"spot": 100.0, "vol": 0.2, "overnight": 0.02, "us2y": 0.03, "us10y": 0.03, "credit": 0.0}
    scenario = textbook(
        minutes=1440,
        anchors=[{"date": day, **level} for day in ("2020-01-01", "2020-03-31")],
        market={"rates": {**NODES, "mean_reversion": 0.0, "vol": {"usd": vol}}},
        agents={"maker": MAKER},
        run={"paths": 4096},
    )
    closes = lab.run(scenario).closes.filter(pl.col("venue") == "asset").select("time", "path", "rates_vol").collect()
    times = closes["time"].unique().sort()
    found = {}
    for day in DAYS:
        of_day = closes.filter(pl.col("time") == times[day + 1]).sort("path")["rates_vol"].to_numpy()
        found[f"mean square after {day} days"] = Estimate.mean(1e8 * of_day**2)
    return Measured(estimates=found)


TOLD = (("2020-01-01", 0.0085, 0.03), ("2020-01-21", 0.0163, 0.037), ("2020-02-10", 0.0104, 0.035))  # vol, 10Y rate


def told(lab: Lab) -> Measured:
    """Largest distance of any path from the told vols, bp, with loops cut and dispersion 0; and between them."""
    level = {"spot": 100.0, "vol": 0.2, "overnight": 0.02, "us2y": 0.03, "us10y": 0.03, "credit": 0.0}
    anchors = [{"date": day, **level, "us10y": rate, "rates_vol": vol} for day, vol, rate in TOLD]
    scenario = textbook(
        minutes=1440,
        anchors=anchors,
        market={"dispersion": 0.0, "rates": {**NODES, "mean_reversion": 0.0, "vol": {"usd": {}}}},
        agents={"maker": MAKER},
        run={"paths": 64},
    )
    closes = lab.run(scenario).closes.filter(pl.col("venue") == "asset").select("time", "path", "rates_vol").collect()
    found = {}
    for day, vol, _ in TOLD:
        of_day = closes.filter(pl.col("time").dt.date() == date.fromisoformat(day))["rates_vol"].to_numpy()
        found[f"farthest from the anchor of {day}"] = Estimate(float(1e4 * np.abs(of_day - vol).max()))
    spread = closes.group_by("time").agg(pl.col("rates_vol").std()).sort("time")["rates_vol"]
    found["spread of the paths halfway"] = Estimate(float(1e4 * spread[10]))
    return Measured(estimates=found)


CASES: tuple[Case, ...] = (
    Case(
        name="rates-vol",
        title="A vol of rates from the squared moves of the curve",
        chapter="Rates",
        source="Mean of two exponential sums of squared normals, after Guyon and Lekeufack (2023)",
        inputs="60 and 90 bp of node noise without reversion, start 120 bp, activity 1.1, fitted memory",
        statistic="mean over paths of the squared rates_vol in closes",
        expected=tuple(
            Expected(what=f"mean square after {day} days", value=1e8 * mean_square(day), unit="bp^2") for day in DAYS
        ),
        measure=measure,
        fast=True,
        seconds=1.0,
    ),
    Case(
        name="rates-vol-told",
        title="A vol of rates that anchors tell, with every loop cut",
        chapter="Rates",
        source="Noise bridged to the anchors: each path passes through every one",
        inputs="three anchors of the vol and the 10Y rate, 60 and 90 bp of node noise, dispersion 0",
        statistic="closes of rates_vol on the anchors' dates, farthest path; standard deviation halfway",
        expected=(
            *(
                Expected(what=f"farthest from the anchor of {day}", value=0.0, unit="bp", rounding=1e-9)
                for day, _, _ in TOLD
            ),
            Expected(what="spread of the paths halfway", value=0.1, unit="bp", relation=">", exact="ordering only"),
        ),
        measure=told,
        fast=True,
        seconds=1.0,
    ),
)
