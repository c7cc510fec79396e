"""Curves of few parameters, forecasts, components and drifts: published figures."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from markets.curves.components import components
from markets.curves.diebold_li import DieboldLi
from markets.curves.hjm import drift
from markets.curves.nelson_siegel import fit, minima
from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.lab import Lab
from sim.estimate import Estimate

YEARS = np.array([0.25, 0.5, 1, 2, 3, 5, 7, 10, 15, 20, 30])
PLAIN = "0.026136 0.027539 0.030162 0.034467 0.036957 0.038991 0.040319 0.040865 0.04117 0.041654 0.041536"
HUMPED = "0.029035 0.030362 0.032891 0.037169 0.039745 0.04203 0.043564 0.044248 0.044476 0.044726 0.044123"
NELSON_SIEGEL = {
    "level": 0.042009196766,
    "slope": -0.018014244268,
    "curvature": 0.011982303377,
    "rmse, bp": 1.6491215,
    "zero 4Y": 0.038243527531,
    "forward 4Y": 0.042934051135,
    "best speed": 2.008057,
    "best rmse, bp": 1.533163,
    "other speed": 0.531416,
    "other rmse, bp": 1.633555,
    "number of minima": 2.0,
}
SVENSSON = {
    "level": 0.042848273998,
    "slope": -0.015831785393,
    "first curvature": 0.0098170424173,
    "second curvature": 0.0086133609667,
    "rmse, bp": 1.6421583,
    "zero 12Y": 0.044490483837,
}
FORECASTS = {
    0: (0.02253013852, 0.02809012257, 0.03483155612, 0.03707524607, 0.03862585202),
    1: (0.02269817206, 0.02809966299, 0.03472775735, 0.03698600316, 0.03859434136),
    6: (0.02351206086, 0.02829892099, 0.03446392927, 0.03675515654, 0.03855691341),
    12: (0.02440336963, 0.02872353387, 0.03449914607, 0.036777799, 0.03867758273),
    27: (0.02616048834, 0.02993003021, 0.03516108808, 0.03734011597, 0.0392454744),
}
TENORS = (3, 12, 36, 60, 120)  # months
COMPONENTS = {
    "variance 1": 57209.310638,
    "variance 2": 9720.260768,
    "variance 3": 5393.4584512,
    "share of three": 0.908809,
    "PC1 at 5Y": 0.3980301,
    "PC2 at 0.5Y": -0.2217937,
    "PC3 at 7Y": -0.4439825,
}
DRIFTS = (
    *(2.7924269e-05, 7.9436036e-05, 0.0001248834, 0.00016481512),
    *(0.00019973452, 0.00023010311, 0.00025634396, 0.00027884472),
)


def expected(known: dict[str, float], digits: int = 6) -> tuple[Expected, ...]:
    """Half a unit of the last figure that is published; five significant digits at least."""
    return tuple(
        Expected(what=what, value=value, rounding=abs(value) * 10.0**-digits, exact="published")
        for what, value in known.items()
    )


def said(found: dict[str, float]) -> Measured:
    """Figures without noise."""
    return Measured(estimates={what: Estimate(value) for what, value in found.items()})


def nelson_siegel(lab: Lab) -> Measured:
    """At a stated speed, and the valleys of the fit over all speeds."""
    rates = np.array(PLAIN.split(), dtype=float)
    stated, valleys = fit(YEARS, rates, (0.55,)), minima(YEARS, rates)
    return said(
        {
            **dict(zip(("level", "slope", "curvature"), stated.beta, strict=True)),
            "rmse, bp": 1e4 * stated.rmse,
            "zero 4Y": float(stated.zero(4.0)),
            "forward 4Y": float(stated.forward(4.0)),
            "best speed": valleys[0].speeds[0],
            "best rmse, bp": 1e4 * valleys[0].rmse,
            "other speed": valleys[1].speeds[0],
            "other rmse, bp": 1e4 * valleys[1].rmse,
            "number of minima": float(len(valleys)),
        }
    )


def svensson(lab: Lab) -> Measured:
    """At two stated speeds."""
    found = fit(YEARS, np.array(HUMPED.split(), dtype=float), (0.55, 0.16))
    names = ("level", "slope", "first curvature", "second curvature")
    return said(
        {
            **dict(zip(names, found.beta, strict=True)),
            "rmse, bp": 1e4 * found.rmse,
            "zero 12Y": float(found.zero(12.0)),
        }
    )


def _named(months: int, yields: Iterable[float]) -> dict[str, float]:
    return {f"{tenor} months, in {months}": float(y) for tenor, y in zip(TENORS, yields, strict=True)}


def diebold_li(lab: Lab) -> Measured:
    """Mean curves up to 27 months ahead."""
    model = DieboldLi(now=(0.04, -0.02, 0.01), mean=(0.045, -0.015, 0.002), phi=(0.99, 0.96, 0.9))
    found = {"top of the curvature, months": model.peak}
    for months in FORECASTS:
        found |= _named(months, model.curve(months).zero(np.array(TENORS) / 12))
    return said(found)


def principal(lab: Lab) -> Measured:
    """Of nine tenors."""
    tenors, vols = np.array([0.5, 1, 2, 3, 5, 7, 10, 20, 30]), np.array([85, 95, 105, 105, 102, 98, 92, 82, 78])
    found = components(np.outer(vols, vols) * np.exp(-0.06 * np.abs(tenors[:, None] - tenors)))
    return said(
        {
            **{f"variance {k + 1}": float(found.variance[k]) for k in range(3)},
            "share of three": float(found.shares[:3].sum()),
            "PC1 at 5Y": float(found.weights[0, 4]),
            "PC2 at 0.5Y": float(found.weights[1, 0]),
            "PC3 at 7Y": float(found.weights[2, 5]),
        }
    )


def heath_jarrow_morton(lab: Lab) -> Measured:
    """Vols of forwards that fall with time to maturity, on half-years."""
    vols = 0.011 * np.exp(-0.08 * 0.5 * np.arange(1, 9))
    rises = drift(vols, 0.5)
    found = {f"drift {k}": float(rise) for k, rise in enumerate(rises, 1)}
    steps = drift(0.011 * np.exp(-0.08 * np.arange(1, 20001) / 2000), 1 / 2000)
    found["mean of the 10Y forward in a year"] = 0.04 + float(steps[18000:].sum()) / 2000
    return said(found)


CASES: tuple[Case, ...] = (
    Case(
        name="nelson-siegel",
        title="A curve of three betas has two best speeds",
        chapter="Curves",
        source="Two independent least-squares fits to six digits (Nelson and Siegel 1987)",
        inputs="eleven zero rates from 3 months to 30 years",
        statistic="betas, errors of the fit and all its minima",
        expected=expected(NELSON_SIEGEL),
        measure=nelson_siegel,
        fast=True,
        seconds=0.3,
    ),
    Case(
        name="svensson",
        title="A curve of four betas",
        chapter="Curves",
        source="Least squares to eight digits (Svensson 1994)",
        inputs="eleven zero rates, speeds 0.55 and 0.16",
        statistic="betas and the error of the fit",
        expected=expected(SVENSSON),
        measure=svensson,
        fast=True,
        seconds=0.1,
    ),
    Case(
        name="diebold-li",
        title="Level, slope and curvature go back to their means",
        chapter="Curves",
        source="Closed form, ten digits (Diebold and Li 2006)",
        inputs="speed 0.0609 a month, persistence 0.99, 0.96, 0.9",
        statistic="yields of five tenors now and in 1, 6, 12, 27 months",
        expected=(
            *(e for months, yields in FORECASTS.items() for e in expected(_named(months, yields), 9)),
            *expected({"top of the curvature, months": 29.44634}),
        ),
        measure=diebold_li,
        fast=True,
        seconds=0.1,
    ),
    Case(
        name="principal-components",
        title="Components of a curve's moves",
        chapter="Curves",
        source="Eigenvalues to eleven digits, loadings to seven",
        inputs="nine tenors, correlation exp(-0.06 |T - U|)",
        statistic="variances, share of the first three, loadings",
        expected=expected(COMPONENTS),
        measure=principal,
        fast=True,
        seconds=0.1,
    ),
    Case(
        name="forward-drift",
        title="The drift of forwards that leaves no arbitrage",
        chapter="Curves",
        source="Exact martingale condition on a grid, closed form (Heath, Jarrow and Morton 1992)",
        inputs="vols 0.011 exp(-0.08 T), half-years; and in steps of 1/2000 of a year",
        statistic="drift by period, mean of a forward",
        expected=(
            *expected({f"drift {k}": value for k, value in enumerate(DRIFTS, 1)}, 7),
            Expected(what="mean of the 10Y forward in a year", value=0.0403763794143, rounding=1e-7),
        ),
        measure=heath_jarrow_morton,
        fast=True,
        seconds=0.1,
    ),
)
