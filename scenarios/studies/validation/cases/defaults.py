"""Known answers on defaults: several settled at one instant, and when a margin level is passed."""

from __future__ import annotations

import datetime as dt
from functools import cache
from math import erfc, sqrt

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis.charts import validation as charts
from analysis.charts.theme import Chart
from scenarios.scenario import Scenario
from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.lab import Lab
from scenarios.studies.validation.textbook import MAKER, textbook
from sim.estimate import Estimate

START = dt.date(2020, 1, 1)
NEVER = {"type": "Hedger", "policy": {"kind": "never"}}
STOCK = {
    "kind": "call",
    "strike": 1e-9,
    "expiry": "2022-01-01",
    "quantity": 1.0,
}  # worth the asset: no strike to speak of

# --- several defaults at one instant ----------------------------------------------------------------------------------
NAMES = ("A", "B", "C")
OWED = ((0.0, 10.0, 5.0), (3.0, 0.0, 8.0), (6.0, 2.0, 0.0))  # $, row owes column
OUTSIDE = (2.0, 3.0, 1.0)  # $, what each has besides, when it is due
PAYMENTS, EQUITIES = (11.0, 11.0, 8.0), (0.0, 4 / 3, 14 / 3)
FALL = 5.0  # $, what A loses on the day


def network() -> Scenario:
    """Three desks that owe one another; A holds a unit of the asset, which falls by `FALL` on the day all is due."""
    level = {"spot": 100.0, "vol": 0.2, "overnight": 0.0, "us2y": 0.0, "us10y": 0.0, "credit": 0.0}
    days = [START + dt.timedelta(days=n) for n in range(3)]
    fallen = 100.0 - FALL
    anchors = [
        {"date": days[0], **level},
        {"date": days[1], "spot": fallen, "vol": 0.2},
        {"date": days[2], "spot": fallen},
    ]
    obligations = [
        {"debtor": a, "creditor": b, "amount": OWED[i][j], "due": days[1]}
        for i, a in enumerate(NAMES)
        for j, b in enumerate(NAMES)
        if i != j
    ]
    desks = {name: {**NEVER, "capital": own} for name, own in zip(NAMES, OUTSIDE, strict=True)}
    desks["A"] = {**NEVER, "capital": OUTSIDE[0] + FALL, "book": [STOCK]}
    bank = {"type": "FundingDesk", "margin_multiple": 0.0, "obligations": obligations}
    return textbook(
        agents={**desks, "maker": MAKER, "bank": bank},
        anchors=anchors,
        market={"realised_ratio": 0.0},
        minutes=1440,
        run={"paths": 4},
    )


def measure_network(lab: Lab) -> Measured:
    """What each paid, what it was left with, and who was in default."""
    run = lab.run(network())
    settled = run.table("settlements").group_by("path", "debtor").agg(pl.col("owed", "paid").sum()).collect()
    last = run.marks.filter(pl.col("time") == pl.col("time").max()).collect()
    estimates = {}
    for name in NAMES:
        estimates[f"paid by {name}"] = Estimate.mean(settled.filter(pl.col("debtor") == name)["paid"].to_numpy())
        estimates[f"left to {name}"] = Estimate.mean(last.filter(pl.col("agent") == name)["equity"].to_numpy())
    estimates["in default"] = Estimate.mean(
        last.group_by("path").agg(pl.col("defaulted").sum())["defaulted"].to_numpy()
    )
    one = settled.filter(pl.col("path") == 0).sort("debtor")
    picture = charts.bars(
        one.select(name="debtor", y="paid", expected="owed"),
        title="A cannot pay what it owes, and nobody else falls",
        said="Bars are what each paid, ticks what it owed. A's creditors share the loss in proportion.",
        x="Desk",
        y="$",
    )
    return Measured(estimates=estimates, picture=picture)


EISENBERG_NOE = Case(
    name="eisenberg-noe",
    title="Three desks that owe one another are settled together",
    chapter="Spirals",
    source="Eisenberg and Noe (2001), definition 1: the clearing vector",
    inputs="debts A to B 10, A to C 5, B to A 3, B to C 8, C to A 6, C to B 2 $, due on one day; besides, "
    "A has 7 $ and loses 5 of them that day in the market, B has 3, C has 1 $",
    statistic="sum of `paid` by debtor in `settlements`; `equity` and `defaulted` in `marks` at the end",
    expected=(
        *(
            Expected(what=f"paid by {n}", value=p, unit="$", rounding=1e-9)
            for n, p in zip(NAMES, PAYMENTS, strict=True)
        ),
        *(
            Expected(what=f"left to {n}", value=e, unit="$", rounding=1e-9)
            for n, e in zip(NAMES, EQUITIES, strict=True)
        ),
        Expected(what="in default", value=1.0, unit="desks"),
    ),
    measure=measure_network,
    fast=True,
    seconds=2.0,
)

# --- first passage of a margin level ----------------------------------------------------------------------------------
CAPITAL, SD = 10.0, 10.0  # $: what the desk can pay, and the standard deviation of what it loses over the whole time
PATHS = {10: 98_304, 250: 16_384}  # by number of margin calls
PANEL_NODES, REACH = 8, 6.5  # Gauss-Legendre nodes a panel; standard deviations above the start that are kept


@cache
def passed_by(steps: int, barrier: float = CAPITAL / SD) -> NDArray[np.float64]:
    """Probability that a driftless Gaussian walk over unit time has been below -`barrier` by step 1, 2, ..., `steps`.

    The density of those that have survived, by quadrature from step to step (Gauss-Legendre panels as wide as one
    standard deviation of a step), from call to call, right to 1e-9. One step: N(-b); two and three agree with the
    multivariate normal distribution function.
    """
    step = sqrt(1 / steps)
    x, weight = np.polynomial.legendre.leggauss(PANEL_NODES)
    panels = int(np.ceil((barrier + REACH) / step))
    place = (-barrier + step * (np.arange(panels)[:, None] + (x + 1) / 2)).ravel()
    measure = np.tile(weight * step / 2, panels)
    density = np.exp(-((place / step) ** 2) / 2) / (step * sqrt(2 * np.pi))
    forward = np.exp(-(((place[:, None] - place) / step) ** 2) / 2) / (step * sqrt(2 * np.pi)) * measure
    passed = np.empty(steps)
    for n in range(steps):
        passed[n] = 1 - measure @ density
        density = forward @ density
    return passed


def passed_by_time(share: float) -> float:
    """Probability of passage by a share of the time, watched at every instant: 2 N(-b / (sd sqrt t))."""
    return erfc(CAPITAL / (SD * sqrt(2 * share)))


def stock_holder(calls: int, paths: int) -> Scenario:
    """A desk that owns a unit of the asset on 10 $ of capital and no line, called at `calls` closes of 250 days."""
    days = 250
    level = {"spot": 100.0, "vol": SD / 100 * sqrt(364 / days), "overnight": 0.0, "us2y": 0.0, "us10y": 0.0}
    ends = [{"date": START + dt.timedelta(days=n), **level, "credit": 0.0} for n in (0, days)]
    bank = {"type": "FundingDesk", "line": 0.0, "margin_multiple": 0.0, "minimum_call": 1e9}
    return textbook(
        agents={"desk": {**NEVER, "capital": CAPITAL, "book": [STOCK]}, "maker": MAKER, "bank": bank},
        anchors=ends,
        market={"price_model": "normal"},
        minutes=days * 1440 // calls,
        run={"paths": paths, "chunk": 8192},
    )


def measure_passage(lab: Lab) -> Measured:
    """Shares of paths on which the desk could not pay, and when."""
    estimates, parts = {}, []
    for calls, paths in PATHS.items():
        run = lab.run(stock_holder(calls, paths))
        failed = run.margin_calls.filter(pl.col("outcome") == "defaulted").group_by("path").agg(pl.col("time").min())
        seconds = failed.select((pl.col("time") - dt.datetime.combine(START, dt.time())).dt.total_seconds()).collect()
        share = np.append(seconds.to_series().to_numpy() / (250 * 86_400), np.full(paths - len(seconds), np.inf))
        estimates[f"passed, {calls} calls"] = Estimate.share(share <= 1 + 1e-9)
        if calls == 250:
            estimates["passed by half time, 250 calls"] = Estimate.share(share <= 0.5 + 1e-9)
            whole = estimates["passed, 250 calls"]
            estimates["250 calls less continuous watching"] = whole + -passed_by_time(1.0)
        parts.append(survival(share, calls))
    return Measured(estimates=estimates, picture=picture(pl.concat(parts)))


def survival(share: NDArray[np.float64], calls: int) -> pl.DataFrame:
    """Share of paths that have not failed, by time."""
    when = np.unique(np.linspace(calls / min(calls, 25), calls, min(calls, 25)).round()) / calls
    alive = np.array([(share > t + 1e-9).mean() for t in when])
    se = np.sqrt(alive * (1 - alive) / share.size)
    return pl.DataFrame({"x": when * 250, "y": alive, "se": se, "series": [f"{calls} calls"] * len(when)})


def picture(frame: pl.DataFrame) -> Chart:
    """Survival by day against theory, at discrete calls and in continuous time."""
    curves = [
        pl.DataFrame({"x": np.arange(1, n + 1) * 250 / n, "y": 1 - passed_by(n), "series": [f"{n} calls"] * n})
        for n in PATHS
    ]
    times = np.linspace(0.02, 1, 99)
    watched = [1 - passed_by_time(float(t)) for t in times]
    curves.append(pl.DataFrame({"x": times * 250, "y": watched, "series": ["watched at every instant"] * len(times)}))
    return charts.lines(
        frame,
        title="Fewer margin calls, later failures",
        said="Dots are shares of paths whose capital has lasted. Dashed: theory, lowest if watched at every instant.",
        x="Day",
        y="Share of paths that could pay",
        curve=pl.concat(curves),
    )


FIRST_PASSAGE = Case(
    name="first-passage",
    title="The probability that capital does not last is that of a first passage",
    chapter="Spirals",
    source="Reflection principle, 2 N(-b / sd), watched at every instant; at discrete calls by quadrature from call to "
    "call (the correction of Broadie, Glasserman and Kou 1997 comes within 0.0003 of it at 250)",
    inputs="a desk long one unit of a driftless normal asset, standard deviation 10 $ over 250 days, capital 10 $, no "
    "line, variation margin only, called at 10 or 250 evenly spaced closes",
    statistic="share of paths with a call of outcome 'defaulted' in `margin_calls`",
    expected=(
        *(Expected(what=f"passed, {n} calls", value=float(passed_by(n)[-1])) for n in PATHS),
        Expected(what="passed by half time, 250 calls", value=float(passed_by(250)[124])),
        Expected(what="250 calls less continuous watching", value=0.0, relation="<", exact="ordering only"),
    ),
    measure=measure_passage,
    seconds=25.0,
)

CASES: tuple[Case, ...] = (EISENBERG_NOE, FIRST_PASSAGE)
