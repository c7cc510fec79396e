"""The Hull-White model: swaptions by state, futures, calibration, and options with several exercise dates."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from markets.rate_vols.hull_white import HullWhite, SwapQuote, SwapTerms
from markets.rate_vols.lattice import bermudan, cancellable
from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.lab import Lab
from sim.estimate import Estimate

Floats = NDArray[np.float64]

RATES = (-0.02, 0.0, 0.02, 0.04, 0.08)
PAYER: dict[float, tuple[float, ...]] = {
    0.0: (0.17521639726, 9.6433769885, 130.29294872, 569.74578079, 1826.6379076),
    0.25: (0.016133724167, 3.1507713235, 88.233145303, 520.3453411, 1833.8361164),
    0.5: (0.00017541633301, 0.41811983082, 47.437645889, 466.77024529, 1840.6297394),
    0.75: (4.846278844e-10, 0.0019419959055, 12.218712274, 408.26700597, 1846.9774706),
}
RECEIVER: dict[float, tuple[float, ...]] = {
    0.0: (2242.9081966, 1218.0091279, 426.94518075, 64.261282807, 0.029273335079),
    0.25: (2300.5185219, 1270.2394275, 436.20535057, 51.902526577, 0.0037589291787),
    0.5: (2356.0221579, 1325.0359218, 446.40811356, 35.64837113, 7.1022162788e-05),
    0.75: (2409.3864619, 1381.0072132, 461.89613434, 14.768632116, 8.1807110629e-10),
}
QUOTES = tuple(SwapQuote(*q) for q in ((1, 5, 0.0088), (2, 5, 0.0090), (5, 5, 0.0089), (3, 7, 0.0088), (5, 10, 0.0084)))
MISFITS = (3.950030, 0.747913, -1.684280, -0.903964, -2.526917)  # bp
SWAP = SwapTerms.regular(1.0, 4.75, 4)


def falling_gap(years: Floats) -> Floats:
    """ln P of f(0, t) = 0.05 - 0.03 e^(-0.18 t)."""
    return np.asarray(-0.05 * years - 0.03 / 0.18 * np.expm1(-0.18 * years))


def rising(years: Floats) -> Floats:
    """ln P of a zero rate 3.75 % + 0.08 % a year."""
    return np.asarray(-(0.0375 + 0.0008 * np.asarray(years)) * years)


def flat(years: Floats) -> Floats:
    """ln P of a zero rate of 4 %."""
    return np.asarray(-0.04 * np.asarray(years))


def read_states(lab: Lab) -> Measured:
    """A payer and a receiver on 10,000 by time and short rate, and the picture of both."""
    model = HullWhite(reversion=0.01, sigma=0.015, log_discount=falling_gap)
    rate, annuity = model.swap_rate(SWAP)
    found, dots = {"forward rate": rate, "annuity": annuity}, []
    for side, table in (("payer", PAYER), ("receiver", RECEIVER)):
        for now in table:
            values = 1e4 * model.swaption(SWAP, 0.04, side=side, now=now, rate=np.array(RATES))
            found |= {f"{side}, t {now:g}, r {r:g}": float(v) for r, v in zip(RATES, values, strict=True)}
        wide = np.linspace(-0.03, 0.1, 60)
        line = 1e4 * model.swaption(SWAP, 0.04, side=side, now=0.0, rate=wide)
        dots += [{"x": float(x), "y": float(y), "series": side} for x, y in zip(wide, line, strict=True)]
    return Measured(estimates=_estimates(found), picture=_picture(pl.DataFrame(dots)))


def _picture(frame: pl.DataFrame) -> Any:
    from analysis.charts.validation import scatter

    said = (
        "Values at the start by the short rate; a receiver falls everywhere, a payer rises over any range that matters."
    )
    title, x, y = "A payer and a receiver in the Hull-White model", "short rate, decimal", "$ on 10,000"
    return scatter(frame, title=title, said=said, x=x, y=y, curve=None)


def read_futures(lab: Lab) -> Measured:
    """Futures rates on a flat curve."""
    model = HullWhite(reversion=0.03, sigma=0.01, log_discount=flat)
    found = {
        "3M compounded, 1.5 to 1.75": model.futures_compounded(1.5, 1.75),
        "term rate, 1.5 to 1.75": model.futures_term(1.5, 1.75),
        "1M average, 0.5 to 7/12": model.futures_average(0.5, 7 / 12),
    }
    return Measured(estimates=_estimates(found))


def read_calibration(lab: Lab) -> Measured:
    """The vol that is closest to five at-the-money swaptions, what is left, and theta."""
    model, errors = HullWhite.calibrate(QUOTES, rising, reversion=0.03)
    found = {"sigma": model.sigma}
    for quote, error in zip(QUOTES, errors, strict=True):
        swap = SwapTerms.regular(quote.expiry, quote.length)
        found[f"misfit of {quote.expiry:g} into {quote.length:g}, bp"] = 1e4 * float(error)
        price = model.swaption(swap, model.swap_rate(swap)[0])
        found[f"price of {quote.expiry:g} into {quote.length:g}"] = float(price)
    found |= {f"theta({t:g})": float(model.theta(t)) for t in (0.0, 1.0, 5.0)}
    return Measured(estimates=_estimates(found))


def read_bermudan(lab: Lab) -> Measured:
    """Five exercise dates on a swap of six years, in the calibrated model."""
    model = HullWhite(reversion=0.03, sigma=0.00963475402191, log_discount=rising)
    dates, times = (1, 2, 3, 4, 5), (1, 2, 3, 4, 5, 6)
    found = {f"{side}": bermudan(model, dates, times, 0.043, side=side) for side in ("payer", "receiver")}
    found["payer swap that the payer may cancel"] = cancellable(model, dates, times, 0.043)
    exposures = (0.0175673453, 0.0203846951, 0.01896804066, 0.014693006, 0.008228269778)
    for k, _ in enumerate(exposures, start=1):
        european = model.swaption(SwapTerms.regular(k, 6 - k), 0.043)
        found[f"European payer, {k} into {6 - k}"] = float(european)
    return Measured(estimates=_estimates(found))


def _estimates(found: dict[str, float]) -> dict[str, Estimate]:
    return {name: Estimate(float(value)) for name, value in found.items()}


def _states(side: str, table: dict[float, tuple[float, ...]]) -> tuple[Expected, ...]:
    return tuple(
        Expected(what=f"{side}, t {now:g}, r {r:g}", value=value, unit="$", rounding=max(1e-9 * value, 1e-13))
        for now, values in table.items()
        for r, value in zip(RATES, values, strict=True)
    )


CASES: tuple[Case, ...] = (
    Case(
        name="hull-white-swaptions",
        title="Swaptions in the Hull-White model, by time and short rate",
        chapter="Rates",
        source="Jamshidian (1989); quadrature in the forward measure gives the same to 1e-10",
        inputs="f(0, t) = 5 % - 3 % e^(-0.18 t), a 1 %, sigma 1.5 %; a swap from year 1, quarterly to 5.75, K 4 %, on "
        "10,000",
        statistic="value at four times and five short rates",
        expected=(
            Expected(what="forward rate", value=0.03310647064221, rounding=1e-14),
            Expected(what="annuity", value=4.303343274964, rounding=1e-12),
            *_states("payer", PAYER),
            *_states("receiver", RECEIVER),
        ),
        measure=read_states,
        fast=True,
        seconds=0.5,
    ),
    Case(
        name="futures-convexity",
        title="Convexity of interest rate futures",
        chapter="Rates",
        source="closed forms in the Hull-White model, mpmath integrals of drift and covariance; QuantLib's "
        "convexityBias for the term rate",
        inputs="flat 4 % continuous, a 3 %, sigma 1 %",
        statistic="futures rate",
        expected=(
            Expected(what="3M compounded, 1.5 to 1.75", value=0.04034695792801, rounding=1e-14),
            Expected(what="term rate, 1.5 to 1.75", value=0.04034486537681, rounding=1e-14),
            Expected(what="1M average, 0.5 to 7/12", value=0.04001446154427, rounding=1e-14),
        ),
        measure=read_futures,
        fast=True,
        seconds=0.1,
    ),
    Case(
        name="hull-white-calibration",
        title="The Hull-White model calibrated to swaptions",
        chapter="Rates",
        source="least squares in normal vol; QuantLib's Jamshidian engine gives the prices within 6e-9",
        inputs="ln P = -(0.0375 + 0.0008 T) T, a 3 %; at-the-money normal vols of 1 into 5, 2 into 5, 5 into 5, "
        "3 into 7 and 5 into 10: 88, 90, 89, 88, 84 bp",
        statistic="sigma, model less market, prices, and the level to which the short rate reverts",
        expected=(
            Expected(what="sigma", value=0.00963475402191, rounding=1e-11),
            *(
                Expected(what=f"misfit of {q.expiry:g} into {q.length:g}, bp", value=value, rounding=2e-6)
                for q, value in zip(QUOTES, MISFITS, strict=True)
            ),
            *(
                Expected(what=f"price of {q.expiry:g} into {q.length:g}", value=value, rounding=1e-10)
                for q, value in zip(
                    QUOTES,
                    (0.015590857947, 0.02081223956, 0.027436946696, 0.031203654845, 0.045131964611),
                    strict=True,
                )
            ),
            Expected(what="theta(0)", value=0.090833333333, rounding=1e-10),
            Expected(what="theta(1)", value=0.095436616736, rounding=1e-10),
            Expected(what="theta(5)", value=0.11219969552, rounding=1e-10),
        ),
        measure=read_calibration,
        fast=True,
        seconds=0.5,
    ),
    Case(
        name="bermudan-swaptions",
        title="Options with several exercise dates",
        chapter="Rates",
        source="backward induction by quadrature; QuantLib's finite differences",
        inputs="the calibrated model; a swap of six years, annual, 4.30 %, exercise at years 1 to 5",
        statistic="value per unit of notional",
        expected=(
            Expected(what="payer", value=0.026101, rounding=1e-6),
            Expected(what="receiver", value=0.019396, rounding=1e-6),
            Expected(what="payer swap that the payer may cancel", value=0.019407, rounding=1e-6),
            *(
                Expected(what=f"European payer, {k} into {6 - k}", value=value, rounding=1e-10)
                for k, value in enumerate(
                    (0.0175673453, 0.0203846951, 0.01896804066, 0.014693006, 0.008228269778), start=1
                )
            ),
        ),
        measure=read_bermudan,
        fast=True,
        seconds=0.5,
    ),
)
