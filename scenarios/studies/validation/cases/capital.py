"""Regulatory capital of tables of sensitivities and trades: published examples, and rules written out twice."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.stats import binom, norm

from analysis.coverage import YELLOW, kupiec, zone
from analysis.losses_at_risk import backtest
from scenarios.studies.charges.frtb_charge import frtb_charge
from scenarios.studies.charges.sa_ccr_exposure import sa_ccr
from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.desks import side_by_side
from scenarios.studies.validation.lab import Lab
from sim.estimate import Estimate
from sim.sessions import TRADING_DAYS

Rows = list[dict[str, Any]]
TWICE = "computed twice"
SCENARIOS = ("low", "medium", "high")


def columns(rows: Rows) -> dict[str, list[Any]]:
    """A table of rows by column; what a row does not say is empty."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


# --- market risk ------------------------------------------------------------------------------------------------------
def rates(measure: str, bucket: str, amount: float, **more: float) -> dict[str, Any]:
    """A sensitivity to rates."""
    return {"measure": measure, "class": "rates", "bucket": bucket, "name": "curve", "amount": amount, **more}


DOLLARS = [rates("delta", "USD", amount, tenor=t) for t, amount in ((1, 2.4e7), (5, -6.0e7), (30, 1.5e7))]
BOTH = [*DOLLARS, rates("delta", "GBP", 4.0e7, tenor=3)]
VEGAS = ((1, 5, 3e5), (5, 5, -4.5e5), (5, 10, 2e5))
VEGA = [rates("vega", "USD", amount, tenor=t, underlying=u) for t, u, amount in VEGAS]
CURVATURE = [rates("curvature", "AUD", -1.2e6, down=0.9e6), rates("curvature", "BRL", 0.4e6, down=-0.2e6)]
CHARGES = {
    "delta, dollars": (224_420.70, 114_773.93, 0.0),
    "delta, with sterling": (381_555.57, 318_956.20, 286_181.76),
    "vega": (124_702.95, 95_002.17, 50_000.0),
    "curvature": (1_051_189.80, 1_072_380.53, 1_093_160.56),
}
PORTFOLIOS = {"delta, dollars": DOLLARS, "delta, with sterling": BOTH, "vega": VEGA, "curvature": CURVATURE}
LARGEST = 1_557_448.31


def factor(measure: str, risk_class: str, bucket: str, amount: float, **more: Any) -> dict[str, Any]:
    """A sensitivity of any class."""
    return {"measure": measure, "class": risk_class, "bucket": bucket, "amount": amount, **more}


FURTHER: dict[str, Rows] = {
    "credit delta": [
        factor("delta", "credit", "6", -8e6, name="chips", tenor=5),
        factor("delta", "credit", "6", 5e6, name="chips", tenor=3, kind="cds"),
        factor("delta", "credit", "14", 3e6, name="lines", tenor=5),
        factor("delta", "credit", "8", 9e6, name="covered", tenor=10),
        factor("delta", "credit", "16", -1e6, name="one", tenor=1),
        factor("delta", "credit", "16", 1e6, name="other", tenor=1),
        factor("delta", "credit", "17", 4e6, name="index", tenor=5),
    ],
    "equity delta": [
        factor("delta", "equity", "5", 6e6, name="one"),
        factor("delta", "equity", "5", -4e6, name="two"),
        factor("delta", "equity", "2", 2e6, name="three"),
        factor("delta", "equity", "11", -1e6, name="four"),
        factor("delta", "equity", "12", -5e6, name="index"),
        factor("delta", "equity", "12", 9e6, name="index", kind="repo"),
    ],
    "commodity delta": [
        factor("delta", "commodity", "2", 5e6, name="brent", tenor=0.25, location="Sullom Voe"),
        factor("delta", "commodity", "2", -4e6, name="wti", tenor=1, location="Cushing"),
        factor("delta", "commodity", "6", 2e6, name="gas", tenor=0),
        factor("delta", "commodity", "7", -3e6, name="gold", tenor=0),
        factor("delta", "commodity", "11", 1e6, name="jet fuel", tenor=2),
    ],
    "fx delta": [factor("delta", "fx", bucket, x) for bucket, x in (("EUR", 6e6), ("JPY", -4e6), ("PLN", -2e6))],
    "equity vega": [
        factor("vega", "equity", "12", 2e6, name="index", tenor=0.5),
        factor("vega", "equity", "12", -3e6, name="index", tenor=3),
        factor("vega", "equity", "9", 1e6, name="small", tenor=1),
    ],
    "commodity vega": [
        factor("vega", "commodity", "2", 2e6, name="brent", tenor=0.5),
        factor("vega", "commodity", "2", -1.5e6, name="wti", tenor=1),
    ],
    "equity curvature": [
        factor("curvature", "equity", "5", 4e6, down=-1e6, name="one"),
        factor("curvature", "equity", "5", -2e6, down=3e6, name="two"),
        factor("curvature", "equity", "12", -3e6, down=2e6, name="index"),
        factor("curvature", "equity", "11", 1e6, down=2e6, name="four"),
    ],
    "credit curvature": [
        factor("curvature", "credit", "3", 4e6, down=1e6, name="bank", kind="cds"),
        factor("curvature", "credit", "3", -1e6, down=5e5, name="bank"),
        factor("curvature", "credit", "11", 2e6, down=-1e6, name="lender"),
        factor("curvature", "credit", "18", -1e6, down=3e6, name="index"),
    ],
    "fx curvature": [
        factor("curvature", "fx", "EUR", 1e6, down=-2e5),
        factor("curvature", "fx", "JPY", -4e5, down=7e5),
    ],
}
FURTHER_CHARGES = {
    "credit delta": (408_073.95, 404_741.65, 401_381.68),
    "equity delta": (2_368_464.75, 2_257_282.10, 2_140_331.69),
    "commodity delta": (1_415_738.99, 1_290_216.44, 1_151_086.44),
    "fx delta": (612_147.33, 524_053.88, 417_780.55),
    "equity vega": (1_337_206.78, 1_122_068.92, 854_374.25),
    "commodity vega": (981_545.67, 778_919.73, 500_000.00),
    "equity curvature": (4_946_210.67, 4_961_854.49, 4_977_449.15),
    "credit curvature": (5_367_145.42, 5_574_495.49, 5_774_404.73),
    "fx curvature": (1_366_747.97, 1_412_090.65, 1_456_021.98),
}
LARGEST_OF_FURTHER = 18_803_281.52


def charges(lab: Lab) -> Measured:
    """Each part alone in the three scenarios, and the charge on all."""
    return _charged(PORTFOLIOS, [*BOTH, *VEGA, *CURVATURE])


def further_charges(lab: Lab) -> Measured:
    """The same of credit spreads, equities, commodities and currencies."""
    return _charged(FURTHER, [row for rows in FURTHER.values() for row in rows])


def _charged(portfolios: dict[str, Rows], together: Rows) -> Measured:
    found: dict[str, Estimate] = {}
    for name, rows in portfolios.items():
        total = frtb_charge(columns(rows)).table.row(0, named=True)
        found |= {f"{name}, {scenario}": Estimate(total[scenario]) for scenario in SCENARIOS}
    found["largest total"] = Estimate(frtb_charge(columns(together)).total)
    return Measured(estimates=found)


def charges_expected(values: dict[str, tuple[float, float, float]], largest: float) -> tuple[Expected, ...]:
    """To the cent."""
    return (
        *(
            Expected(what=f"{name}, {scenario}", value=value, unit="$", rounding=0.005, exact=TWICE)
            for name, charges in values.items()
            for scenario, value in zip(SCENARIOS, charges, strict=True)
        ),
        Expected(what="largest total", value=largest, unit="$", rounding=0.005, exact=TWICE),
    )


# --- counterparties ---------------------------------------------------------------------------------------------------
def swap(name: str, side: str, notional: float, end: float, **more: Any) -> dict[str, Any]:
    """A derivative on rates."""
    return {"class": "rates", "name": name, "side": side, "notional": notional, "end": end, **more}


def option(kind: str, forward: float, strike: float, expiry: float) -> dict[str, Any]:
    """What makes a trade an option."""
    return {"option": kind, "forward": forward, "strike": strike, "expiry": expiry}


def protection(name: str, quality: str, side: str, end: float, value: float) -> dict[str, Any]:
    """A credit default swap of ten million, in thousands."""
    more = {"name": name, "quality": quality, "side": side, "end": end, "value": value}
    return {"class": "credit", "notional": 10_000, **more}


def forward(name: str, quality: str, side: str, notional: float, maturity: float, value: float) -> dict[str, Any]:
    """A forward on a commodity, in thousands."""
    more = {"name": name, "quality": quality, "side": side, "maturity": maturity, "value": value}
    return {"class": "commodity", "notional": notional, **more}


BOOK = [
    swap("USD", "long", 50e6, 8, value=1.2e6),
    swap("USD", "short", 30e6, 2),
    swap("EUR", "long", 20e6, 0.5),
    swap("USD", "long", 25e6, 7, start=2, **option("payer", 0.036, 0.034, 2)),
]
BASEL_RATES = [
    swap("USD", "long", 10_000, 10, value=30),
    swap("USD", "short", 10_000, 4, value=-20),
    swap("EUR", "bought", 5_000, 11, value=50, start=1, **option("receiver", 0.06, 0.05, 1)),
]
BASEL_CREDIT = [
    protection("Firm A", "AA", "bought", 3, 20),
    protection("Firm B", "BBB", "sold", 6, -40),
    protection("CDX.IG", "IG", "bought", 5, 0),
]
BASEL_COMMODITIES = [
    forward("crude oil", "energy", "long", 10_000, 0.75, -50),
    forward("crude oil", "energy", "short", 20_000, 2, -30),
    forward("silver", "metals", "long", 10_000, 5, 100),
]
SETS = {
    "unmargined": BOOK,
    "margined": BOOK,
    "example 1": BASEL_RATES,
    "example 2": BASEL_CREDIT,
    "example 3": BASEL_COMMODITIES,
    "example 4": [*BASEL_RATES, *BASEL_CREDIT],
    "example 5": [*BASEL_RATES, *BASEL_COMMODITIES],
}
TERMS = [
    {"set": "margined", "collateral": 2e6, "threshold": 5e5, "minimum_transfer": 1e5, "nica": 1e6, "mpor_days": 14},
    {"set": "example 5", "collateral": 200, "threshold": 0, "minimum_transfer": 5, "nica": 150, "mpor_days": 14},
]
BASEL = {
    "example 1": {"rates": 347, "exposure": 569},
    "example 2": {"credit": 282, "exposure": 381},
    "example 3": {"commodity": 3_841, "exposure": 5_406},
    "example 4": {"add_on": 629, "exposure": 936},
    "example 5": {"add_on": 1_401, "exposure": 1_879},
}
OWN = {
    "unmargined": {"add_on": 1_829_342.81, "exposure": 4_241_079.94},
    "margined": {"replacement_cost": 0.0, "add_on": 654_486.18, "multiplier": 0.5492609335, "exposure": 503_277.17},
}


def exposures(lab: Lab) -> Measured:
    """Every set in one table of trades."""
    trades = [{"set": name, **trade} for name, rows in SETS.items() for trade in rows]
    table = sa_ccr(columns(trades), columns(TERMS)).table
    found = {row["set"]: row for row in table.iter_rows(named=True)}
    wanted: dict[str, dict[str, Any]] = {**OWN, **BASEL}
    return Measured(
        estimates={f"{name}, {key}": Estimate(found[name][key]) for name, keys in wanted.items() for key in keys}
    )


def exposures_expected() -> tuple[Expected, ...]:
    """To the digits given."""
    own = [
        Expected(what=f"{name}, {key}", value=value, rounding=5e-11 if key == "multiplier" else 0.005, exact=TWICE)
        for name, keys in OWN.items()
        for key, value in keys.items()
    ]
    basel = [
        Expected(what=f"{name}, {key}", value=value, rounding=0.5, exact="published")
        for name, keys in BASEL.items()
        for key, value in keys.items()
    ]
    return (*own, *basel)


# --- value at risk ----------------------------------------------------------------------------------------------------
VOL, DAYS, PATHS = 0.2, 60, 400
FORWARD = {"kind": "future", "strike": 100.0, "quantity": 1.0}
MOVE = VOL / math.sqrt(TRADING_DAYS)
BACKTESTS = {"Kupiec, none of 250": (0, 5.025167926751), "Kupiec, 7 of 250": (7, 5.496990447793)}
LIGHTS = {  # exceptions of 250 days: probability of so many or fewer, percent, as published
    "4 exceptions or fewer": (4, 89.22),
    "5 exceptions or fewer": (5, 95.88),
    "9 exceptions or fewer": (9, 99.97),
}


def exceeded() -> float:
    """Probability that a lognormal price loses more than 2.33 daily vols of a normal one, percent."""
    beyond = math.log1p(norm.ppf(0.01) * MOVE) + MOVE**2 / 2
    return 100 * float(norm.cdf(beyond / MOVE))


def losses(lab: Lab) -> Measured:
    """A desk that holds the asset and does not hedge: how often a day loses more than was said the day before."""
    desks = {"holder": {"kind": "never"}}
    run = lab.run(side_by_side(desks, paths=PATHS, days=DAYS, ticks_a_day=1, vol=VOL, claim=FORWARD))
    risk = backtest(run, agent="holder").row(0, named=True)
    share, count = risk["rate"], risk["days"] * PATHS
    found = {"days beyond value at risk": Estimate(100 * share, 100 * math.sqrt(share * (1 - share) / count))}
    hits = np.arange(250)
    found |= {what: Estimate(kupiec(hits < x).ratio) for what, (x, _) in BACKTESTS.items()}
    found |= {what: Estimate(100 * float(binom.cdf(x, 250, 0.01))) for what, (x, _) in LIGHTS.items()}
    found["exceptions of the yellow zone"] = Estimate(sum(zone(x) == YELLOW for x in range(20)))
    return Measured(estimates=found)


CASES: tuple[Case, ...] = (
    Case(
        name="frtb",
        title="Market risk by the standardised approach",
        chapter="Capital",
        source="Basel Committee, minimum capital requirements for market risk (January 2019), MAR21, written out twice",
        inputs="dollar rates at 1, 5, 30 years, sterling rates at 3 years; three vegas; curvature of two currencies",
        statistic="charges of a table of sensitivities in three correlation scenarios",
        expected=charges_expected(CHARGES, LARGEST),
        measure=charges,
        fast=True,
        seconds=0.2,
    ),
    Case(
        name="frtb-further-classes",
        title="Market risk of credit, equities, commodities and currencies",
        chapter="Capital",
        source="Basel Committee, minimum capital requirements for market risk (January 2019), MAR21, written out twice",
        inputs="names of several sectors, grades and tenors, indices, other sectors, repo rates, places of delivery",
        statistic="charges of a table of sensitivities in three correlation scenarios",
        expected=charges_expected(FURTHER_CHARGES, LARGEST_OF_FURTHER),
        measure=further_charges,
        fast=True,
        seconds=0.2,
    ),
    Case(
        name="sa-ccr",
        title="Counterparty exposure by the standardised approach",
        chapter="Capital",
        source="Basel Committee, BCBS 279 (April 2014), annex 4a, examples 1 to 5; CRE52, written out twice",
        inputs="swaps, a swaption, credit default swaps and commodity forwards; with and without a margin agreement",
        statistic="add-ons, multiplier and exposure at default of a table of trades",
        expected=exposures_expected(),
        measure=exposures,
        fast=True,
        seconds=0.2,
    ),
    Case(
        name="value-at-risk",
        title="Losses beyond value at risk",
        chapter="Capital",
        source=(
            "Lognormal law; Kupiec (1995), likelihood ratio in closed form; Basel Committee, Supervisory framework for "
            "the use of backtesting (1996), table 1"
        ),
        inputs="a forward on the asset, vol 20 %, 60 days on 400 paths, 99 %; 250 days with 0 and 7 exceptions",
        statistic="exceptions in `spiral backtest`, ratio of the test, zones",
        expected=(
            Expected(what="days beyond value at risk", value=exceeded(), unit="%"),
            *(Expected(what=what, value=value, rounding=1e-9) for what, (_, value) in BACKTESTS.items()),
            *(
                Expected(what=what, value=v, unit="%", rounding=0.005, exact="published")
                for what, (_, v) in LIGHTS.items()
            ),
            Expected(what="exceptions of the yellow zone", value=5, exact="published"),
        ),
        measure=losses,
        fast=True,
        seconds=1.0,
    ),
)
