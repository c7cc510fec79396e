"""Credit default swaps: a name's hazard rates, a contract with its risk, standard contracts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markets.credit.cva import Cva
from markets.rate_vols.hull_white import HullWhite, SwapTerms
from markets.specs.cds import CdsSpec
from scenarios.studies.credit.solving import Credit, solve_credit, value_cds
from scenarios.studies.credit.tables import RECOVERIES
from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.lab import Lab
from sim.estimate import Estimate

if TYPE_CHECKING:
    from markets.credit.cds_book import CdsBook

DAY, RATE = date(2025, 10, 3), 0.015
YEARS, SPREADS = (1, 2, 3, 4, 5), (70.0, 74.0, 80.0, 85.0, 88.0)  # bp
HAZARDS = (0.0118382666291, 0.0131757120299, 0.0156026504372, 0.0170275151266, 0.0170315614853)
SURVIVAL = (0.988231529954, 0.975296278599, 0.960156126393, 0.943945458791, 0.928004726780)
KEPT = (119_044.24, 26_854.84, -65_334.56, -157_523.97, -249_713.37, -341_902.77)
REBUILT = (-251_939.94, -251_567.05, -251_101.95, -250_505.61, -249_713.37, -248_609.73)
BUMPED = (11.8853, 24.0889, 3139.6436, 3587.3705, 0.0, 6760.5464)  # by tenor, then all
EXACT = (11.8860, 24.0895, 3139.5168, 3586.9959, 0.0)
HEDGES = (-118_716.0, -122_121.0, -10_757_765.0, -9_359_538.0, 0.0)
STANDARD = ("2026-12-22", "2027-12-21", "2028-12-21", "2029-12-21", "2030-12-21")
STANDARD_SURVIVAL = (0.9857422836, 0.9727232880, 0.9573980906, 0.9410448444, 0.9250395567)


def read_curve(lab: Lab) -> Measured:
    """Hazard rates and survival, and the picture of both."""
    credit = _solved("rolling")
    curve = credit["name"]
    found: dict[str, float] = {}
    for k, hazard, alive in zip(YEARS, curve.hazards, curve.survival(curve.shape.nodes), strict=True):
        found |= {f"hazard rate, {k}Y": float(hazard), f"survival, {k}Y": float(alive)}
    return Measured(estimates=_estimates(found), picture=_pictures(credit))


def read_contract(lab: Lab) -> Measured:
    """20m of protection at 120 bp: value, recovery, risk by quote, jump, rates, hedges."""
    credit = _solved("rolling")
    book = value_cds(["buy 1 120bp 2029-03-20", "buy 20m 120bp 2029-03-21"], credit)
    found = {"par spread, bp": 1e4 * float(book.par[0]), "annuity": float(book.annuity[0])}
    own = value_cds([CdsSpec(side="buy", notional=20e6, coupon=0.012, maturity=date(2029, 3, 21))], credit)
    found |= {"clean": float(own.clean[0]), "dirty": float(own.dirty[0]), "jump to default": float(own.jump[0])}
    found |= {"rates +1 bp": float(own.rates01()[0]), **_by_recovery(own)}
    changes = own.bumped("name")[:, 0]
    for k, name in enumerate((*(f"{y}Y" for y in YEARS), "all")):
        found[f"+1 bp on {name}"] = float(changes[k])
    for k, year in enumerate(YEARS):
        found[f"exact per bp, {year}Y"] = float(own.ladders[0][k])
        found[f"hedge, {year}Y"] = float(own.hedge("name")[k])
    return Measured(estimates=_estimates(found))


def read_standard(lab: Lab) -> Measured:
    """Contracts to December at 100 bp, the same quotes."""
    credit = _solved("standard")
    curve = credit["name"]
    days = [(date.fromisoformat(day) - DAY).days / 365 for day in STANDARD]
    found = {f"survival to {d}": float(v) for d, v in zip(STANDARD, curve.survival(days), strict=True)}
    book = value_cds(["buy 1 100bp 2028-12-20", "buy 1 100bp 2030-12-20"], credit)
    for name, value, par in zip(("3Y", "5Y"), book.clean, book.par, strict=True):
        found |= {f"value, {name}": float(value), f"fair spread, {name}, bp": 1e4 * float(par)}
    return Measured(estimates=_estimates(found))


def read_cva(lab: Lab) -> Measured:
    """A payer swap of six years: exposures are swaptions of the Hull-White model, the hazard rate is flat."""
    model = HullWhite(reversion=0.03, sigma=0.00963475402191, log_discount=_rising)
    exposures = [float(model.swaption(SwapTerms.regular(k, 6 - k), 0.043)) for k in range(1, 6)]
    curve = _solved("rolling")["name"]
    flat = replace(curve, y=0.02 * curve.shape.nodes)
    found = {f"exposure, year {k}": each for k, each in enumerate(exposures, start=1)}
    cva = Cva(flat, np.arange(1.0, 6.0), np.array(exposures))
    return Measured(estimates=_estimates(found | {"CVA": cva.value}))


def _rising(years: ArrayLike) -> NDArray[np.float64]:
    """ln P of a zero rate 3.75 % + 0.08 % a year."""
    return np.asarray(-(0.0375 + 0.0008 * np.asarray(years)) * np.asarray(years))


def _solved(contract: str) -> Credit:
    import polars as pl

    quotes = pl.DataFrame({"tenor": [f"{k}Y" for k in YEARS], "spread_bp": list(SPREADS)})
    return solve_credit(quotes, discount=RATE, day=DAY, recovery=0.4, contract=contract)


def _by_recovery(book: CdsBook) -> dict[str, float]:
    out = {}
    for recovery in RECOVERIES:
        out[f"recovery {recovery:.0%}, survival kept"] = float(book.at_recovery(recovery, rebuilt=False)[0])
        out[f"recovery {recovery:.0%}, quotes kept"] = float(book.at_recovery(recovery, rebuilt=True)[0])
    return out


def _pictures(credit: Credit) -> tuple[Any, ...]:
    from analysis.charts import credit as charts
    from scenarios.studies.credit import tables
    from sim.lists import framed

    lines, quotes = framed(tables.lines(credit.curves)), framed(tables.quotes(credit.curves))
    return charts.survival(lines, quotes), charts.hazards(lines)


def _estimates(found: dict[str, float]) -> dict[str, Estimate]:
    return {name: Estimate(value) for name, value in found.items()}


EXPOSURES = (0.0175673453, 0.0203846951, 0.01896804066, 0.014693006, 0.008228269778)
NAME = "3 October 2025; 70, 74, 80, 85, 88 bp for 1 to 5 years, recovery 40 %, flat 1.5 % continuous"
CASES: tuple[Case, ...] = (
    Case(
        name="cds-curve",
        title="Hazard rates of a name from five spreads",
        chapter="Credit",
        source="closed-form integrals for each segment, checked by quadrature to 1e-13",
        inputs=NAME,
        statistic="hazard rate before, and survival to, each maturity",
        expected=tuple(
            each
            for k, hazard, alive in zip(YEARS, HAZARDS, SURVIVAL, strict=True)
            for each in (
                Expected(what=f"hazard rate, {k}Y", value=hazard, rounding=1e-13),
                Expected(what=f"survival, {k}Y", value=alive, rounding=6e-13),
            )
        ),
        measure=read_curve,
        fast=True,
        seconds=0.5,
    ),
    Case(
        name="cds-contract",
        title="A credit default swap and its risk",
        chapter="Credit",
        source="the same curve; every change by solving it again",
        inputs=f"{NAME}; 20m bought at 120 bp to 21 March 2029",
        statistic="value, par spread of the day before, change by quote, by recovery, by rates, and hedges",
        expected=(
            Expected(what="par spread, bp", value=82.662134145, rounding=6e-10),
            Expected(what="annuity", value=3.342704236, rounding=6e-10),
            Expected(what="clean", value=-249_713.3708, rounding=6e-5),
            Expected(what="dirty", value=-257_046.7041, rounding=6e-5),
            Expected(what="jump to default", value=12_249_713.37, rounding=6e-3),
            Expected(what="rates +1 bp", value=45.741, rounding=6e-4),
            *(
                Expected(what=f"recovery {r:.0%}, {way}", value=value, rounding=6e-3)
                for way, values in (("survival kept", KEPT), ("quotes kept", REBUILT))
                for r, value in zip(RECOVERIES, values, strict=True)
            ),
            *(
                Expected(what=f"+1 bp on {name}", value=value, rounding=6e-5)
                for name, value in zip((*(f"{y}Y" for y in YEARS), "all"), BUMPED, strict=True)
            ),
            *(
                Expected(what=f"exact per bp, {year}Y", value=value, rounding=6e-5)
                for year, value in zip(YEARS, EXACT, strict=True)
            ),
            *(
                Expected(what=f"hedge, {year}Y", value=value, rounding=0.6)
                for year, value in zip(YEARS, HEDGES, strict=True)
            ),
        ),
        measure=read_contract,
        fast=True,
        seconds=0.5,
    ),
    Case(
        name="cds-standard",
        title="Standard contracts",
        chapter="Credit",
        source="QuantLib's ISDA engine on its own curve; one library, so within 1e-4 of notional",
        inputs=f"{NAME}, as par spreads of standard contracts; 1 bought at 100 bp",
        statistic="survival, value and fair spread",
        expected=(
            *(
                Expected(what=f"survival to {day}", value=value, rounding=1e-4)
                for day, value in zip(STANDARD, STANDARD_SURVIVAL, strict=True)
            ),
            Expected(what="value, 3Y", value=-0.006251338, rounding=1e-4),
            Expected(what="fair spread, 3Y, bp", value=79.928665, rounding=0.3),
            Expected(what="value, 5Y", value=-0.005907894, rounding=1e-4),
            Expected(what="fair spread, 5Y, bp", value=87.950153, rounding=0.3),
        ),
        measure=read_standard,
        fast=True,
        seconds=0.3,
    ),
    Case(
        name="cva",
        title="Credit value adjustment of a swap",
        chapter="Credit",
        source="exposures are swaptions by Jamshidian's closed form",
        inputs="ln P = -(0.0375 + 0.0008 T) T, a 3 %, sigma 0.963475 %; 6 years, annual, payer at 4.30 %; hazard rate "
        "2 %, recovery 40 %; a default in a year costs the exposure at its end",
        statistic="expected positive exposure by year, and CVA, per unit of notional",
        expected=(
            *(
                Expected(what=f"exposure, year {k}", value=value, rounding=1e-10)
                for k, value in enumerate(EXPOSURES, start=1)
            ),
            Expected(what="CVA", value=0.00091726507569, rounding=1e-12),
        ),
        measure=read_cva,
        fast=True,
        seconds=0.3,
    ),
)
