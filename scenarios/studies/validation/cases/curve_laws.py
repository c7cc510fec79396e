"""Laws of the curve's noise: drivers with a residual, and Hull-White, by their known moments."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import polars as pl

from markets.spec import DriversSpec, HullWhiteSpec
from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.lab import Lab
from scenarios.studies.validation.textbook import MAKER, textbook
from sim.estimate import Estimate

LEVEL = {"spot": 100.0, "vol": 0.2, "overnight": 0.02, "us2y": 0.03, "us10y": 0.03, "credit": 0.0}
YEAR = 364 * 86_400  # seconds of the continuous calendar's
PAIRS = (("us2y", "us10y"), ("us10y", "us30y"))
TENORS = {"us2y": 2.0, "us10y": 10.0, "us30y": 30.0}
MODEL = HullWhiteSpec(reversion=0.15, sigma=0.012)
END = 91 / 364  # years


def closes(lab: Lab, rates: dict[str, Any], last: str, paths: int) -> pl.DataFrame:
    """Daily closes of a market in which nobody trades."""
    first = {"date": "2020-01-01", **LEVEL, "nodes": {"us30y": 0.033}}
    scenario = textbook(
        minutes=1440,
        anchors=[first, {"date": last, "spot": 100.0}],
        market={"rates": {**rates, "nodes": {"us30y": {"years": 30}}}},
        agents={"maker": MAKER},
        run={"paths": paths},
    )
    found = lab.run(scenario).closes.filter(pl.col("venue") == "asset", pl.col("world") == "actual")
    return found.select("time", "path", "overnight", *TENORS).sort("time", "path").collect()


def drivers(lab: Lab) -> Measured:
    """Vols and correlations of the first day's changes."""
    days = closes(lab, {"drivers": {"spot": [0.0, 0.0, 0.0]}, "mean_reversion": 0.0}, "2020-01-03", 4096)
    times = days["time"].unique().sort()
    first, then = (days.filter(pl.col("time") == time) for time in times[:2])
    change = {name: 1e4 * (then[name] - first[name]).to_numpy() for name in TENORS}
    found = {f"vol of {name}": Estimate.mean(change[name] ** 2) for name in TENORS}
    found = {
        what: Estimate(math.sqrt(e.value), (e.error or 0.0) / (2 * math.sqrt(e.value))) for what, e in found.items()
    }
    for a, b in PAIRS:
        rho = float(np.corrcoef(change[a], change[b])[0, 1])
        found[f"correlation of {a} and {b}"] = Estimate(rho, (1 - rho**2) / math.sqrt(change[a].size - 1))
    return Measured(estimates=found)


def drivers_expected() -> tuple[Expected, ...]:
    """Of loadings and residual; a day is 1/364 year."""
    spec, day = DriversSpec(), 1e4 * math.sqrt(1 / 364)
    rows = {name: np.array(spec.of(years)) for name, years in TENORS.items()}
    found = [Expected(what=f"vol of {name}", value=day * spec.vol(TENORS[name]), unit="bp") for name in TENORS]
    for a, b in PAIRS:
        together = float(rows[a][:3] @ rows[b][:3]) / (spec.vol(TENORS[a]) * spec.vol(TENORS[b]))
        found.append(Expected(what=f"correlation of {a} and {b}", value=together))
    return tuple(found)


def hull_white(lab: Lab) -> Measured:
    """Moments of the short rate after a quarter, and means of discounted bonds."""
    model = {"reversion": MODEL.reversion, "sigma": MODEL.sigma}
    days = closes(lab, {"hull_white": model}, "2020-04-01", 8192)
    times = days["time"].unique().sort()
    short = np.array([days.filter(pl.col("time") == time)["overnight"].to_numpy() for time in times])
    years = np.array([(time - times[0]).total_seconds() / YEAR for time in times])
    paid = np.exp(-np.sum(0.5 * (short[1:] + short[:-1]) * np.diff(years)[:, None], axis=0))
    last = days.filter(pl.col("time") == times[-1])
    found = {
        "mean of the short rate": Estimate.mean(100 * short[-1]),
        "variance of the short rate": Estimate.mean((1e4 * (short[-1] - short[-1].mean())) ** 2),
    }
    for name, tenor in TENORS.items():
        found[f"discounted bond of {tenor:g} years"] = Estimate.mean(paid * np.exp(-tenor * last[name].to_numpy()))
    return Measured(estimates=found)


def hull_white_expected() -> tuple[Expected, ...]:
    """Nodes: overnight 2 %, 2Y and 10Y 3 %, 30Y 3.3 %, zero rates linear between."""

    def log_discount(t: float) -> float:
        return -t * float(np.interp(t, (0.0, 2.0, 10.0, 30.0), (0.02, 0.03, 0.03, 0.033)))

    forward = 0.02 + 2 * 0.005 * END
    return (
        Expected(what="mean of the short rate", value=100 * (forward + MODEL.mean(END)), unit="%"),
        Expected(what="variance of the short rate", value=1e8 * MODEL.variance(END), unit="bp^2"),
        *(
            Expected(
                what=f"discounted bond of {tenor:g} years", value=math.exp(log_discount(END + tenor)), rounding=2e-6
            )
            for tenor in TENORS.values()
        ),
    )


CASES: tuple[Case, ...] = (
    Case(
        name="curve-drivers",
        title="Node noise from level, slope, curvature and a residual",
        chapter="Curves",
        source="Covariance of the pooled principal components of eleven crises, and a residual of full rank",
        inputs="default loadings, no reversion, one day of the continuous calendar",
        statistic="standard deviations and correlations of the first day's changes over paths",
        expected=drivers_expected(),
        measure=drivers,
        fast=True,
        seconds=1.0,
    ),
    Case(
        name="hull-white-law",
        title="A curve that moves by the Hull-White model",
        chapter="Curves",
        source="Hull and White (1990): moments of the short rate; discounted bonds are martingales",
        inputs="a 0.15, sigma 1.2 %, a quarter of the continuous calendar, day by day",
        statistic="mean and variance of overnight closes, mean of exp(-int r) P(t, t + T), trapezia of days",
        expected=hull_white_expected(),
        measure=hull_white,
        fast=True,
        seconds=3.0,
    ),
)
