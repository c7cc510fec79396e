"""Contagion: correlation that funds create when they sell everything alike."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import polars as pl

from scenarios.reading.loading import from_dict
from scenarios.scenario import Scenario
from scenarios.studies.validation.case import Case, Expected, Measured, Samples
from scenarios.studies.validation.lab import Lab
from scenarios.studies.validation.textbook import FREE, MAKER, textbook
from sim.estimate import Estimate

RICH = 1e15  # $
SPOT = 100.0  # $, of every asset
STEPS = 182
SMALL = 0.01  # vols are shrunk by this, so that values stay near the start and the law at one instant holds all year
DEPTH = 1e9  # $
NAMES = ("asset", "second", "third")
Matrix = tuple[tuple[float, ...], ...]


def market(
    vols: tuple[float, ...], correlation: Matrix, sales: tuple[float, ...], weights: tuple[float, ...]
) -> Scenario:
    """Assets and one fund. `sales`: fall of ln S where the fund sells the whole holding of that asset, alpha / D."""
    names = NAMES[: len(vols)]
    scenario = textbook(steps=STEPS, vol=vols[0] * SMALL).to_dict()
    units = dict(zip(names, weights, strict=True))
    for row, name in enumerate(names):
        impact = sales[row] * DEPTH / (units[name] * SPOT)
        venue = {**FREE, "impact": impact, "depth": DEPTH, "permanent_share": 1.0}
        if row == 0:
            scenario["venue"]["asset"] |= venue
        else:
            others = dict(zip(names[:row], correlation[row][:row], strict=True))
            asset = {"spot": SPOT, "vol": vols[row] * SMALL, "vol_power": 0.0, "correlation": others, "venue": venue}
            scenario["assets"][name] = asset
    fund: dict[str, Any] = {
        "type": "ProportionalFund",
        "capital": RICH,
        "holdings": units,
        "buys_back": True,
        "answers_own_impact": False,
    }
    scenario["feedback"]["impact"] = 1.0
    scenario["agents"] = {"fund": fund, "maker": {**MAKER, "capital": RICH, "venues": list(names)}}
    return from_dict(scenario)


def theory(sigma: Samples, sales: Samples, weights: Samples) -> Samples:
    """c_ij of Cont and Wagalath, with f' = 1: pi the holdings as shares of the fund, (n, n)."""
    share = weights / weights.sum()
    lost = sigma @ share
    cross = np.outer(sales, lost)
    return np.asarray(sigma + cross + cross.T + np.outer(sales, sales) * (share @ lost))


def covariances(lab: Lab, scenario: Scenario, paths: int) -> Samples:
    """Covariance matrix of each path's log returns a year, at the vols before they were shrunk: (paths, n, n)."""
    run = lab.run(scenario, paths=paths)
    closes = run.closes.sort("venue", "path", "time").select("venue", "mid").collect()
    names = NAMES[: 1 + len(scenario.assets)]
    mids = [closes.filter(pl.col("venue") == name)["mid"].to_numpy().reshape(paths, -1) for name in names]
    returns = np.stack([np.diff(np.log(mid), axis=1) for mid in mids]) / SMALL
    return np.asarray(np.einsum("ipt,jpt->pij", returns, returns))


# Two alike with no correlation of their own, and three of different size, vol and correlation.
PAIR: dict[str, Any] = {
    "vols": (0.3, 0.3),
    "correlation": ((1.0, 0.0), (0.0, 1.0)),
    "sales": (0.25, 0.25),
    "weights": (1e5, 1e5),
}
TRIO: dict[str, Any] = {
    "vols": (0.2, 0.35, 0.15),
    "correlation": ((1.0, 0.5, -0.3), (0.5, 1.0, 0.1), (-0.3, 0.1, 1.0)),
    "sales": (0.2, 0.4, 0.1),
    "weights": (2e5, 1e5, 0.5e5),
}
SALES = (0.0, 0.1, 0.25, 0.5, 1.0)


def inputs_of(setting: dict[str, Any]) -> tuple[Samples, Samples, Samples]:
    """Fundamental covariance, sales and weights as arrays."""
    vols = np.array(setting["vols"])
    sigma = np.array(setting["correlation"]) * np.outer(vols, vols)
    return sigma, np.array(setting["sales"]), np.array(setting["weights"])


def measure(lab: Lab, paths: int) -> Measured:
    """Variance, covariance and correlation of the pair; covariances of the trio."""
    found = covariances(lab, market(**PAIR), paths)
    estimates = {
        "variance, two alike": Estimate.mean((found[:, 0, 0] + found[:, 1, 1]) / 2),
        "covariance, two alike": Estimate.mean(found[:, 0, 1]),
        "correlation, two alike": Estimate.jackknife(_correlation, found),
    }
    three = covariances(lab, market(**TRIO), paths)
    for row, column in zip(*np.triu_indices(3), strict=True):
        estimates[_name(int(row), int(column))] = Estimate.mean(three[:, row, column])
    return Measured(estimates=estimates, picture=over_sales(lab))


def _correlation(found: Samples) -> float:
    mean = found.mean(axis=0)
    return float(mean[0, 1] / np.sqrt(mean[0, 0] * mean[1, 1]))


def _name(row: int, column: int) -> str:
    return (
        f"covariance of {NAMES[row]} and {NAMES[column]}, three"
        if row != column
        else f"variance of {NAMES[row]}, three"
    )


def over_sales(lab: Lab) -> Any:
    """Correlation of the pair as the fund grows against the depth of the markets."""
    from analysis.charts.validation import lines

    rows, curve = [], []
    for sale in SALES:
        setting = {**PAIR, "sales": (sale, sale)}
        got = Estimate.jackknife(_correlation, covariances(lab, market(**setting), 256))
        rows.append(("through the engine", sale, got.value, got.error))
    for sale in np.linspace(0, SALES[-1], 41):
        sigma, _, weights = inputs_of(PAIR)
        matrix = theory(sigma, np.array([sale, sale]), weights)
        curve.append(("through the engine", float(sale), float(matrix[0, 1] / matrix[0, 0])))
    frame = pl.DataFrame(rows, schema=["series", "x", "y", "se"], orient="row")
    dashed = pl.DataFrame(curve, schema=["series", "x", "y"], orient="row")
    said = (
        "Two assets whose news have nothing in common, held by one fund that sells both when either falls. "
        "The larger the fund against the markets' depth, the more they move together; dashed the formula."
    )
    across, up = "fall of ln S if the fund sold its whole holding", "correlation of returns"
    return lines(frame, title="Correlation made by selling", said=said, curve=dashed, x=across, y=up)


def _expected() -> tuple[Expected, ...]:
    pair = theory(*inputs_of(PAIR))
    three = theory(*inputs_of(TRIO))
    first = "exact to first order in the step"
    return (
        Expected(what="variance, two alike", value=float(pair[0, 0]), unit="a year", rounding=1e-5, exact=first),
        Expected(what="covariance, two alike", value=float(pair[0, 1]), unit="a year", rounding=1e-5, exact=first),
        Expected(what="correlation, two alike", value=float(pair[0, 1] / pair[0, 0]), rounding=1e-4, exact=first),
        *(
            Expected(what=_name(i, j), value=float(three[i, j]), unit="a year", rounding=1e-5, exact=first)
            for i, j in zip(*(index.tolist() for index in np.triu_indices(3)), strict=True)
        ),
    )


CASES: tuple[Case, ...] = (
    Case(
        name="contagion",
        title="Correlation created by a fund that sells in proportion",
        chapter="Several assets",
        source="Cont and Wagalath (2013, 2016): c = Sigma + (alpha/D)(f'/V0)(Sigma pi) terms, one shot",
        inputs="two assets of vol 30 %, no correlation, q = (alpha/D) f'/n = 0.125: variance 0.11531, covariance "
        "0.02531, correlation 0.2195; three assets of vol 20, 35, 15 %, correlations 0.5, -0.3, 0.1, "
        "of different depth and weight",
        statistic="mean over paths of each path's realised covariances, from `closes`; vols are run at a hundredth, so "
        "that holdings keep their weights",
        expected=_expected(),
        measure=partial(measure, paths=2048),
        fast=True,
        seconds=6.0,
    ),
)
