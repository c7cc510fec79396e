"""Discrete delta hedging: moments of the error, its order of convergence, and the option left unhedged."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

import numpy as np
import polars as pl
from scipy.stats import norm

from scenarios.scenario import Scenario
from scenarios.studies.validation.case import Case, Expected, Measured, Samples
from scenarios.studies.validation.lab import Lab
from scenarios.studies.validation.textbook import textbook
from sim.dataset import Run
from sim.estimate import Estimate

CAPITAL = 1e6  # $, earns the overnight rate
STRIKE, RATE, DRIFT, VOL = 100.0, 0.04, 0.05, 0.20
DAYS = 364  # of a year on the continuous calendar
START = dt.date(2020, 1, 1)
CHUNK = 200_000  # path-ticks, about 0.5 GB; few large chunks are faster here
MOST = 32_768  # paths of a chunk

FLAT, RISING, FALLING = (0.20, 0.20), (0.04, 0.28), (0.28, 0.04)  # vol in the first and in the second half of the year
NAMES = {FLAT: "vol 20 %", RISING: "4 % then 28 %", FALLING: "28 % then 4 %"}
# Exact mean and variance of the error by quadrature, to five decimals: {vols: {N: (mean, variance)}}.
MOMENTS = {
    FLAT: {12: (-0.00082, 3.71851), 52: (-0.00019, 0.90423), 252: (-0.00004, 0.19178)},
    RISING: {12: (-0.00082, 6.88809), 52: (-0.00019, 1.71078), 252: (-0.00004, 0.36698)},
    FALLING: {12: (-0.00082, 6.64575), 52: (-0.00019, 1.60642), 252: (-0.00004, 0.33614)},
}
DIGIT = 5e-6  # half a unit of the fifth decimal
SIZES = {12: 24576, 52: 40960, 252: 8192}  # paths
ORDER_SIZES = {12: 32768, 52: 16384, 252: 8192}


def forward_vol(vols: tuple[float, float], t: float) -> float:
    """Root mean square vol from t to 1, in years, where the vol changes at 1/2."""
    first, second = vols
    if t >= 1:
        return second
    return float(np.sqrt((max(0.5 - t, 0.0) * first**2 + (1 - max(t, 0.5)) * second**2) / (1 - t)))


def scenario(vols: tuple[float, float], steps: int, paths: int) -> Scenario:
    """A desk short one put, T = 1, hedged at 0, 1/N, ... with the forward vol; the spot drifts at 5 %."""
    book = [{"kind": "put", "strike": STRIKE, "expiry": "2020-12-30", "quantity": -1.0}]
    anchors = [anchor(vols, day) for day in anchor_days(vols, steps)]
    run = {"paths": paths, "chunk": min(max(CHUNK // steps, 1024), MOST)}
    return textbook(book=book, steps=steps, anchors=anchors, rate=RATE, run=run)


def anchor_days(vols: tuple[float, float], steps: int) -> list[int]:
    """The days that the storyline names: the vol is interpolated in between, so all where it changes between them."""
    if vols != FLAT and DAYS % steps:
        return list(range(DAYS + 1))
    return sorted({0, DAYS // 2, DAYS} | {DAYS * k // steps for k in range(steps + 1) if DAYS * k % steps == 0})


def anchor(vols: tuple[float, float], day: int) -> dict[str, Any]:
    """The market's levels at the end of this day; the spot is the median of the law with a drift of 5 %."""
    first, second = vols
    t = day / DAYS
    median = DRIFT * t - 0.5 * (min(t, 0.5) * first**2 + max(t - 0.5, 0) * second**2)
    rates = {"overnight": RATE, "us2y": RATE, "us10y": RATE, "credit": 0.0}
    level = {"spot": STRIKE * float(np.exp(median)), "vol": forward_vol(vols, t)}
    return {"date": START + dt.timedelta(days=day), **level, **rates, "realised": first if t < 0.5 else second}


def final(run: Run) -> pl.DataFrame:
    """path, pnl, unhedged_pnl ($, interest on capital taken out of pnl) and spot ($) at T, a row a path."""
    last = pl.col("time") == pl.col("time").max()
    marks = run.marks.filter(pl.col("agent") == "hedger").filter(last).select("path", "pnl", "unhedged_pnl")
    closes = run.closes.filter(last).select("path", spot="mid")
    interest = CAPITAL * np.expm1(RATE)
    return marks.join(closes, on="path").sort("path").with_columns(pl.col("pnl") - interest).collect()


def errors_at(lab: Lab, vols: tuple[float, float], steps: int, paths: int) -> pl.DataFrame:
    """series, x (spot at T), y (error at T): a row a path."""
    found = final(lab.run(scenario(vols, steps, paths)))
    return found.select(x="spot", y="pnl")


def measure(lab: Lab, steps: int) -> Measured:
    """Mean and variance in the three regimes of vol."""
    from analysis.charts.validation import scatter

    estimates: dict[str, Estimate] = {}
    clouds = []
    for vols, name in NAMES.items():
        cloud = errors_at(lab, vols, steps, SIZES[steps])
        error = cloud["y"].to_numpy()
        estimates[f"mean, {name}"] = Estimate.mean(error)
        estimates[f"variance, {name}"] = Estimate.variance(error)
        clouds.append(cloud.with_columns(series=pl.lit(name)))
    said = (
        f"A point a path, re-hedged {steps} times a year. The error is widest where the option ends near its strike "
        "(dashed), as that is where its gamma was."
    )
    picture = scatter(
        pl.concat(clouds),
        title="Hedging error over the terminal spot",
        said=said,
        x="spot at T, $",
        y="hedging error at T, $",
        panels=True,
        rule=STRIKE,
    )
    return Measured(estimates=estimates, picture=picture)


def measure_order(lab: Lab) -> Measured:
    """Slope of ln variance on ln N, by least squares over N = 12, 52, 252."""
    from analysis.charts.validation import convergence, scatter

    clouds = {steps: errors_at(lab, FLAT, steps, paths) for steps, paths in ORDER_SIZES.items()}
    found = {steps: Estimate.variance(cloud["y"].to_numpy()) for steps, cloud in clouds.items()}
    slope = order(found)
    rows = [(steps, estimate.value, estimate.error) for steps, estimate in found.items()]
    frame = pl.DataFrame(rows, schema=["x", "y", "se"], orient="row")
    fall = convergence(
        frame,
        title="Variance of the hedging error over the number of hedges",
        said=f"Measured slope {slope.value:.3f} ± {slope.error:.3f}; the exact variances fall with {EXACT_ORDER:.3f}.",
        x="hedges a year",
        y="variance of the error at T, $²",
        slope=-1.0,
        reference="1/N",
    )
    funnel = scatter(
        pl.concat([cloud.with_columns(series=pl.lit(f"N = {steps}")) for steps, cloud in clouds.items()]),
        title="The funnel narrows as the square root of N",
        said="A point a path, vol 20 %. Dashed: the strike.",
        x="spot at T, $",
        y="hedging error at T, $",
        panels=True,
        rule=STRIKE,
    )
    return Measured(estimates={"slope of ln variance on ln N": slope}, picture=(fall, funnel))


def order(variances: dict[int, Estimate]) -> Estimate:
    """Least-squares slope of ln variance on ln N; se by the delta method, the variances being independent."""
    x = np.log(list(variances))
    weight = (x - x.mean()) / np.sum((x - x.mean()) ** 2)
    value = np.array([v.value for v in variances.values()])
    relative = np.array([v.error or 0.0 for v in variances.values()]) / value
    return Estimate(float(weight @ np.log(value)), float(np.sqrt(np.sum((weight * relative) ** 2))))


EXACT_ORDER = order({steps: Estimate(variance) for steps, (_, variance) in MOMENTS[FLAT].items()}).value


def black_scholes_put(vol: float) -> float:
    """At-the-money put of one year, $: K e^{-rT} N(-d2) - S N(-d1)."""
    d1 = (RATE + vol**2 / 2) / vol
    return STRIKE * float(np.exp(-RATE) * norm.cdf(vol - d1) - norm.cdf(-d1))


def measure_unhedged(lab: Lab) -> Measured:
    """P&L of a put sold and left alone; two steps a year are enough, as nobody trades."""
    from analysis.charts.validation import scatter

    found = final(lab.run(scenario(FLAT, 2, 131072)))
    premium = black_scholes_put(VOL)
    pnl: Samples = found["unhedged_pnl"].to_numpy() + premium * np.expm1(RATE)
    loss = Estimate.quantile(-pnl, 0.99)
    spots = np.linspace(40.0, 200.0, 161)
    payoff = premium * np.exp(RATE) - np.maximum(STRIKE - spots, 0.0)
    picture = scatter(
        pl.DataFrame({"x": found["spot"], "y": pnl}),
        title="P&L of the put left alone over the terminal spot",
        said="A point a path; the line is the payoff and the premium with its interest, which every path must lie on.",
        x="spot at T, $",
        y="P&L at T, $",
        curve=pl.DataFrame({"x": spots, "y": payoff}),
    )
    estimates = {"mean": Estimate.mean(pnl), "variance": Estimate.variance(pnl), "99 % value at risk": loss}
    return Measured(estimates=estimates, picture=picture)


SOURCE = "Boyle and Emanuel (1980), Bertsimas, Kogan and Lo (2000): the error of a hedge in discrete time"
INPUTS = (
    "Short one put, S = K = $100, T = 1 year, r = 4 %, drift 5 %, no frictions; sold at and hedged with the forward "
    "root mean square vol; cash earns r."
)


def moments(name: str, title: str, steps: int, seconds: float, *, fast: bool = False) -> Case:
    """Mean and variance at one N in three regimes."""
    expected: list[Expected] = []
    for vols, regime in NAMES.items():
        mean, variance = MOMENTS[vols][steps]
        expected.append(Expected(what=f"mean, {regime}", value=mean, unit="$", rounding=DIGIT))
        expected.append(Expected(what=f"variance, {regime}", value=variance, unit="$²", rounding=DIGIT))
    return Case(
        name=name,
        title=title,
        chapter="Hedging",
        source=f"{SOURCE}; exact moments by quadrature.",
        inputs=f"{INPUTS} {steps} hedges a year; the vol is constant, or changes at half time. {SIZES[steps]:,} paths.",
        statistic="Mean and variance of the hedger's P&L at T less interest on its capital (table marks).",
        expected=tuple(expected),
        measure=partial(measure, steps=steps),
        fast=fast,
        seconds=seconds,
    )


CASES: tuple[Case, ...] = (
    moments("hedging-error-monthly", "A put hedged every month", 12, 4, fast=True),
    moments("hedging-error-weekly", "A put hedged every week", 52, 22),
    moments("hedging-error-daily", "A put hedged every trading day", 252, 22),
    Case(
        name="hedging-order",
        title="How fast the hedging error falls with the number of hedges",
        chapter="Hedging",
        source=f"{SOURCE}: the variance falls as 1/N, from below at small N; the slope is that of the exact variances.",
        inputs=f"{INPUTS} Vol 20 %; hedges a year and paths: "
        f"{', '.join(f'{steps} and {paths:,}' for steps, paths in ORDER_SIZES.items())}.",
        statistic="Least-squares slope of ln variance of the error at T on ln N (table marks).",
        expected=(Expected(what="slope of ln variance on ln N", value=EXACT_ORDER, rounding=1e-5),),
        measure=measure_order,
        seconds=12,
    ),
    Case(
        name="unhedged-put",
        title="A put sold and left alone",
        chapter="Hedging",
        source="Black and Scholes (1973): closed-form moments and quantile of premium less payoff.",
        inputs="Short one put, S = K = $100, T = 1 year, r = 4 %, drift 5 %, vol 20 %; the premium of $6.0040 earns r. "
        "131,072 paths.",
        statistic="Mean, variance and 99 % value at risk of unhedged_pnl at T plus interest on the premium (marks).",
        expected=(
            Expected(what="mean", value=0.389739, unit="$", rounding=5e-7),
            Expected(what="variance", value=82.8366, unit="$²", rounding=5e-5),
            Expected(what="99 % value at risk", value=29.042, unit="$", rounding=5e-4),
        ),
        measure=measure_unhedged,
        fast=True,
        seconds=3,
    ),
)
