"""The noise of the market's factors: variances and correlations of spot, vol and rates, and what a bridge leaves."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis.charts.validation import lines
from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.lab import Lab
from scenarios.studies.validation.textbook import MAKER, textbook
from sim.dataset import Run
from sim.estimate import Estimate

Samples = NDArray[np.float64]
START = date(2020, 1, 1)
PATHS = 24_576
SIGMA = 0.2
IMPLIED, RATIO = 0.4, 0.5  # implied vol, and realised vol as a share of it
LEVEL = {"spot": 100.0, "vol": IMPLIED, "overnight": 0.02, "us2y": 0.02, "us10y": 0.02, "credit": 0.0}


def noisy(lab: Lab, steps: int, market: dict[str, Any], **level: float) -> Run:
    """A flat storyline over a year of equal steps, in which nobody trades."""
    level = {**LEVEL, **level}
    market = {"realised_ratio": RATIO, **market}
    anchors = [{"date": START, **level}, {"date": START + timedelta(days=364), **level}]
    run = {"paths": PATHS, "chunk": 8192}
    return lab.run(textbook(steps=steps, anchors=anchors, agents={"maker": MAKER}, market=market, run=run))


def levels(run: Run, *columns: str) -> tuple[Samples, ...]:
    """Columns of the asset's closes, (closes, paths) each."""
    frame = run.closes.filter(pl.col("venue") == "asset").sort("time", "path").select("time", *columns).collect()
    return tuple(frame[c].to_numpy().reshape(frame["time"].n_unique(), -1) for c in columns)


# --- bridges ----------------------------------------------------------------------------------------------------------
STEPS = 14
DISPERSIONS = (0.0, 0.5)


def bridged_variance(weight: float, step: int) -> float:
    """Variance of ln S after `step` of the steps, of a noise of which a bridge takes out `weight`.

    A step into n keeps k_n = 1 - weight / (N - n + 1) of the noise and adds sigma^2 dt k_n: V_n = sigma^2 dt sum_j k_j
    prod_(i > j) k_i^2. With weight 1 this is sigma^2 t (T - t) / T, the Brownian bridge's; in continuous time it is
    sigma^2 ((T - t) - (T - t)^(2w) T^(1 - 2w)) / (2w - 1), at w = 1/2 sigma^2 (T - t) ln(T / (T - t)).
    """
    kept = [1 - weight / (STEPS - n + 1) for n in range(1, step + 1)]
    return SIGMA**2 / STEPS * sum(k * math.prod(kept[j + 1 :]) ** 2 for j, k in enumerate(kept))


def measure_bridge(lab: Lab) -> Measured:
    """Variance over the paths at three times."""
    estimates, points, curve = {}, [], []
    for dispersion in DISPERSIONS:
        (spot,) = levels(noisy(lab, STEPS, {"dispersion": dispersion}), "mid")
        moved, name = np.log(spot / 100), f"dispersion {dispersion:g}"
        for what, step in TIMES.items():
            found = estimates[f"{name}, {what}"] = Estimate.variance(moved[step])
            points.append({"x": step / STEPS, "y": found.value, "se": found.error, "series": name})
        known = (bridged_variance(1 - dispersion, step) for step in range(STEPS + 1))
        curve += [{"x": step / STEPS, "y": v, "series": name} for step, v in enumerate(known)]
    picture = lines(
        pl.DataFrame(points),
        curve=pl.DataFrame(curve),
        title="What a bridge leaves of the noise",
        said="With dispersion 0 every path passes through the anchor, with 1/2 nearly so. Dashed: exact.",
        x="time to the anchor, share",
        y="variance of ln S",
    )
    return Measured(estimates=estimates, picture=picture)


TIMES = {"mid-way": STEPS // 2, "a step before the anchor": STEPS - 1, "at the anchor": STEPS}
BRIDGE = Case(
    name="bridge",
    title="How far paths stray from the storyline between anchors",
    chapter="Mechanics",
    source="Brownian bridge: variance sigma^2 t (T - t) / T; of a partial bridge the exact sum over the steps",
    inputs=(
        "implied vol 40 %, of which half is realised: sigma 20 %; anchors a year apart, 14 steps, dispersion 0 and 1/2 "
        "(bridge weight 1 and 1/2)"
    ),
    statistic="variance over paths of ln mid in closes",
    expected=tuple(
        Expected(
            what=f"dispersion {dispersion:g}, {what}",
            value=bridged_variance(1 - dispersion, step),
            rounding=1e-12,
        )
        for dispersion in DISPERSIONS
        for what, step in TIMES.items()
    ),
    measure=measure_bridge,
    fast=True,
    seconds=3,
)

# --- all factors ------------------------------------------------------------------------------------------------------
MONTHS = 12
XI, KAPPA, RHO = 0.8, 3.0, -0.5
RATES = {"vol_us2y": 0.01, "vol_us10y": 0.0115, "mean_reversion": 2.0, "corr_us2y_us10y": 0.8, "corr_spot_us10y": 0.4}
SPEED = RATES["mean_reversion"]


def gathered(speed: float, years: float) -> float:
    """Variance of a unit Ornstein-Uhlenbeck noise that starts at its mean."""
    return (1 - math.exp(-2 * speed * years)) / (2 * speed)


def with_spot(correlation: float, speed: float) -> float:
    """Correlation at the end of ln S and a noise that reverts at `speed`, of shocks drawn a month at a time."""
    month = 1 / MONTHS
    carried = (1 - math.exp(-speed)) / (1 - math.exp(-speed * month))  # sum of what is left of each month's shock
    return correlation * carried * math.sqrt(month * gathered(speed, month) / gathered(speed, 1.0))


def correlation(x: Samples, y: Samples) -> float:
    """Pearson's."""
    return float(np.corrcoef(x, y)[0, 1])


def measure_factors(lab: Lab) -> Measured:
    """Moments at the end of the year."""
    market = {"xi": XI, "kappa": KAPPA, "rho": RHO, "rates": {**RATES, "vol_overnight": 0.0, "corr_spot_us2y": 0.0}}
    found = levels(noisy(lab, MONTHS, market, realised=SIGMA), "mid", "vol", "us2y", "us10y")
    spot, vol, two, ten = (x[-1] for x in found)
    spot, vol = np.log(spot / 100), np.log(vol / IMPLIED)
    estimates = {
        "ln S, variance": Estimate.variance(spot),
        "ln s, mean": Estimate.mean(vol),
        "ln s, variance": Estimate.variance(vol),
        "2Y, sd": Estimate.sd(two),
        "10Y, sd": Estimate.sd(ten),
        "ln S and ln s, correlation": Estimate.jackknife(correlation, spot, vol),
        "ln S and 10Y, correlation": Estimate.jackknife(correlation, spot, ten),
        "2Y and 10Y, correlation": Estimate.jackknife(correlation, two, ten),
    }
    return Measured(estimates=estimates)


FACTORS = Case(
    name="factor-noise",
    title="Variances and correlations of spot, vol and rates",
    chapter="Mechanics",
    source="Uhlenbeck and Ornstein (1930): variance (1 - exp(-2 kappa t)) / (2 kappa); exact for shocks by the month",
    inputs=(
        "realised vol 20 % by the storyline, xi 0.8, kappa 3 a year, rho -0.5; 2Y and 10Y noise 100 and 115 bp, "
        "reversion 2 a year, correlated 0.8, of 10Y and spot 0.4; free paths, 12 steps of a year, no leverage effect"
    ),
    statistic="moments over paths of mid, vol, us2y and us10y in the last closes",
    expected=(
        Expected(what="ln S, variance", value=SIGMA**2),
        Expected(what="ln s, mean", value=0.0),
        Expected(what="ln s, variance", value=XI**2 * gathered(KAPPA, 1.0)),
        Expected(what="2Y, sd", value=RATES["vol_us2y"] * math.sqrt(gathered(SPEED, 1.0))),
        Expected(what="10Y, sd", value=RATES["vol_us10y"] * math.sqrt(gathered(SPEED, 1.0))),
        Expected(what="ln S and ln s, correlation", value=with_spot(RHO, KAPPA)),
        Expected(what="ln S and 10Y, correlation", value=with_spot(RATES["corr_spot_us10y"], SPEED)),
        Expected(what="2Y and 10Y, correlation", value=RATES["corr_us2y_us10y"]),
    ),
    measure=measure_factors,
    fast=True,
    seconds=2,
)

# --- jumps ------------------------------------------------------------------------------------------------------------
INTENSITY = 3.0  # a year
MERTON = {"kind": "merton", "intensity": INTENSITY, "mean": -0.05, "sd": 0.04}
KOU = {"kind": "kou", "intensity": INTENSITY, "up_probability": 0.3, "up_mean": 0.02, "down_mean": 0.05}
SIZES = {"merton": (-0.05, 0.05**2 + 0.04**2), "kou": (0.3 * 0.02 - 0.7 * 0.05, 2 * (0.3 * 0.02**2 + 0.7 * 0.05**2))}


def jumps_variance(kind: str) -> float:
    """Of a year of months with at most one jump each: 12 (p E J^2 - (p E J)^2), p = 1 - exp(-intensity / 12)."""
    chance = -math.expm1(-INTENSITY / MONTHS)
    mean, square = SIZES[kind]
    return MONTHS * (chance * square - (chance * mean) ** 2)


def measure_jumps(lab: Lab) -> Measured:
    """Moments of ln S at the end of a year in which it only jumps."""
    estimates = {}
    for law in (MERTON, KOU):
        (spot,) = levels(noisy(lab, MONTHS, {"jumps": law}, realised=0.0), "mid")
        moved = np.log(spot[-1] / 100)
        estimates[f"{law['kind']}, mean"] = Estimate.mean(moved)
        estimates[f"{law['kind']}, variance"] = Estimate.variance(moved)
    return Measured(estimates=estimates)


JUMPS = Case(
    name="jumps",
    title="Jumps leave the storyline where it is, and widen the paths",
    chapter="Mechanics",
    source="Compound Poisson variance intensity x E J^2 (Merton 1976; Kou 2002), exact for at most one jump a step",
    inputs=(
        "3 jumps a year; Merton: mean -5 %, sd 4 %; Kou: 30 % up with mean 2 %, down with mean 5 %; centred; no "
        "diffusion, 12 steps of a year"
    ),
    statistic="mean and variance over paths of ln mid in the last closes",
    expected=tuple(
        expected
        for kind in SIZES
        for expected in (
            Expected(what=f"{kind}, mean", value=0.0),
            Expected(what=f"{kind}, variance", value=jumps_variance(kind)),
        )
    ),
    measure=measure_jumps,
    fast=True,
    seconds=2,
)

CASES: tuple[Case, ...] = (BRIDGE, FACTORS, JUMPS)
