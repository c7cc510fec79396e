"""Basis and cross-currency swaps of a book, valued by the engine; an FX rate by covered parity, from a run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from markets.factors.key import FactorKey
from markets.products.basis_swap import BasisSwap
from markets.products.book import Book
from markets.products.cross_currency_swap import CrossCurrencySwap
from markets.products.currency_table import DOLLARS, CurrencyLegs, CurrencyTable, Day
from markets.products.linear_table import Legs, LinearTable
from markets.products.overnight import Timeline
from scenarios.reading.loading import from_dict
from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.worlds.books import starting_market
from scenarios.worlds.clock import make_clock
from sim.clock import CONTINUOUS
from sim.estimate import Estimate

if TYPE_CHECKING:
    from markets.products.product import Compile
    from markets.products.start import Start
    from scenarios.scenario import Scenario
    from scenarios.studies.validation.lab import Lab
    from sim.clock import Clock

START, QUARTER = date(2024, 1, 1), 91  # days: a year of the continuous calendar has 364
SPOT, SIZE = 1.08, 100e6  # $ per EUR, EUR
USD_ZEROS = {"us3m": (0.25, 0.043), "us1y": (1.0, 0.04), "us5y": (5.0, 0.037)}
EUR_ZEROS = {0.25: 0.02, 1.0: 0.0195, 2.0: 0.0205, 5.0: 0.023, 10.0: 0.026}
BASIS = {"1Y": -0.0012, "2Y": -0.0015, "5Y": -0.0022, "10Y": -0.0028}
FORWARDS = {0.5: 1.09286998524, 1.0: 1.10368376127, 3.0: 1.13767826534, 5.0: 1.17123959122, 10.0: 1.25940106349}
TERM = FactorKey("spread", "b", "b")
VOL, REVERSION, DAYS = 0.12, 2.0, 91


@dataclass(frozen=True)
class Dated:
    """A basis swap on quarters of 91 days."""

    swap: BasisSwap
    quarters: int
    table: ClassVar[Compile] = LinearTable

    def legs(self, clock: Clock, start: Start) -> Legs:
        days = [START + timedelta(days=QUARTER * k) for k in range(self.quarters + 1)]
        periods = list(pairwise(days))
        return self.swap.legs_of(periods, [0.25] * self.quarters, clock, start)


@dataclass(frozen=True)
class Given:
    """Flows in two currencies."""

    given: CurrencyLegs
    table: ClassVar[Compile] = CurrencyTable

    def currency_legs(self, clock: Clock, start: Start) -> CurrencyLegs:
        return self.given


def value(item: Any, start: Start, clock: Clock) -> float:
    """Of an instrument in a book at the start, $."""
    book = Book((item,)).compile(clock, start)
    return float(book.value(0, start.snapshot, book.new_fixings(1))[0])


def market(rates: dict[str, Any], level: dict[str, float], **more: Any) -> Scenario:
    """A quarter of a year of every calendar day, without anybody in it."""
    anchors = [{"date": START, **level}, {"date": START + timedelta(days=DAYS)}]
    return from_dict(
        {
            "name": "currency",
            "clock": {"calendar": CONTINUOUS, "tick_minutes": 1440},
            "market": {"dispersion": 1.0, "rates": rates, **more},
            "storyline": {"anchor": anchors},
            "run": {"paths": 4000, "twin": "none", "witnesses": 0, "seed": 7},
        },
        as_given=True,
    )


# --- a basis swap ---------------------------------------------------------------------------------------------------
def read_basis(lab: Lab) -> Measured:
    """Quarterly for five years: the rates of curve B against those of A plus a spread, discounted on A."""
    level = {"spot": 100.0, "vol": 0.2, "overnight": 0.038, "us2y": 0.0392, "us10y": 0.044, "credit": 0.0}
    scenario = market({"spreads": {"b": {"level": 0.0008}}}, level)
    start, clock = starting_market(scenario), make_clock(scenario)

    def at(spread: float) -> float:
        swap = BasisSwap(notional=1.0, maturity=START, curve="b", against="discount", spread=spread)
        return value(Dated(swap, 20), start, clock)

    annuity = at(0.0) - at(1.0)
    flat: Any = Dated(BasisSwap(notional=1.0, maturity=START, curve="b", against="discount", spread=0.0), 20)
    book = Book((flat,)).compile(clock, start)
    slope = float(book.risk(0, start.snapshot, book.new_fixings(1)).first(TERM)[0])
    found = {
        "spread on A that makes it worth nothing": at(0.0) / annuity,
        "annuity": annuity,
        "+1 bp on the zero curve of B": 1e-4 * (slope + _first_slope(start)),
    }
    return Measured(estimates={what: Estimate(float(each)) for what, each in found.items()})


def _first_slope(start: Start) -> float:
    """Slope of the first period by the spread, which a book does not have: it has fixed that rate at the start."""
    return 0.25 * (1 + start.forward_rate(0.0, 0.25, "b")) * start.discount(0.25)


# --- cross-currency swaps -------------------------------------------------------------------------------------------
def two_currencies() -> Scenario:
    """Dollars and euros on their zero curves, and quoted cross-currency basis."""
    grid = {"convention": "year_grid", "interpolation": "linear_zero"}
    zeros = {
        "usd": {0.25: 0.043, 1.0: 0.04, 2.0: 0.0375, 5.0: 0.037, 10.0: 0.0385},
        "eur": EUR_ZEROS,
    }
    curves: dict[str, Any] = {
        name: grid | {"currency": name, "quotes": [_zero(years, rate) for years, rate in of.items()]}
        for name, of in zeros.items()
    }
    quotes = [{"kind": "cross_currency", "tenor": tenor, "rate": rate} for tenor, rate in BASIS.items()]
    quoted = {"currency": "eur", "projection": "eur", "against": "usd", "quotes": quotes}
    curves["eur_usd"] = {"convention": "year_grid", **quoted}
    nodes = {f"eur_{number}": {"years": t, "rate": z} for number, (t, z) in enumerate(EUR_ZEROS.items())}
    rates = {
        "curves": curves,
        "discount": "usd",
        "nodes": {name: {"years": years} for name, (years, _) in USD_ZEROS.items()},
        "currencies": {"eur": {"curve": "eur", "basis": "eur_usd", "nodes": nodes}},
        "spreads": {"eur_usd": {"over": "eur", "level": -0.0022}},
    }
    level: dict[str, Any] = {"spot": 100.0, "vol": 0.2, "overnight": 0.043, "us2y": 0.0375, "us10y": 0.0385}
    level |= {"credit": 0.0, "nodes": {name: rate for name, (_, rate) in USD_ZEROS.items()}}
    return market(rates, level, fx={"eur": {"spot": SPOT}})


def _zero(years: float, rate: float) -> dict[str, Any]:
    return {"kind": "zero", "tenor": f"{years:g}", "rate": rate}


def read_currencies(lab: Lab) -> Measured:
    """Swaps of 5 and 7 years with constant and with reset notionals, and one euro paid at a time."""
    scenario = two_currencies()
    start, clock = starting_market(scenario), make_clock(scenario)
    days = [_day(k / 4, clock) for k in range(29)]

    def swap(years: int, spread: float, *, resetting: bool = False) -> float:
        asked = CrossCurrencySwap(
            notional=SIZE, currency="eur", price=SPOT, maturity=START, spread=spread, resetting=resetting
        )
        periods = list(pairwise(days[: 4 * years + 1]))
        return value(Given(asked.legs_of(periods, [0.25] * len(periods), spread)), start, clock)

    flat, one = swap(7, 0.0), swap(7, 1.0)
    found = {
        "5Y at -12 bp, EUR": swap(5, -0.0012) / SPOT,
        "5Y at -12 bp, $": swap(5, -0.0012),
        "5Y at -12 bp, reset, $": swap(5, -0.0012, resetting=True),
        "5Y at the market, $": swap(5, BASIS["5Y"]),
        "par basis, 7Y": -flat / (one - flat),
    }
    for years in FORWARDS:
        euro, dollar = (((name, _day(years, clock), 1.0),) for name in ("eur", DOLLARS))
        worth = [value(Given(CurrencyLegs(each, ())), start, clock) for each in (euro, dollar)]
        found[f"FX forward, {years:g}Y"] = worth[0] / worth[1]
    return Measured(estimates={what: Estimate(float(each)) for what, each in found.items()})


def _day(years: float, clock: Clock) -> Day:
    return Day.of(START + timedelta(days=round(364 * years)), Timeline(clock))


# --- an FX rate -----------------------------------------------------------------------------------------------------
def read_parity(lab: Lab) -> Measured:
    """A euro at interest against a dollar at interest after a quarter, on paths whose rates and basis move."""
    spreads = {"eur_usd": {"over": "eur", "level": -0.0022, "vol": 0.02, "mean_reversion": REVERSION}}
    node = {"years": 0.0, "rate": 0.02, "vol": 0.04, "correlation": {"overnight": 0.5}}
    eur = {"basis": "eur_usd", "mean_reversion": REVERSION, "nodes": {"eur_on": node}}
    rates = {"vol_overnight": 0.04, "mean_reversion": REVERSION, "spreads": spreads, "currencies": {"eur": eur}}
    level = {"spot": 100.0, "vol": 0.2, "overnight": 0.043, "us2y": 0.0375, "us10y": 0.0385, "credit": 0.0}
    fx = {"eur": {"spot": SPOT, "vol": VOL, "correlation": {"eur_on": -0.4, "spot": 0.3}}}
    scenario = market(rates, level, fx=fx)
    columns = ("overnight", "eur_on", "eur_usd", "fx_eur")
    closes = lab.run(scenario).closes.filter(venue="asset").sort("path", "time").select(*columns).collect()
    overnight, euro, basis, price = closes.to_numpy().reshape(scenario.run.paths, -1, len(columns)).transpose(2, 0, 1)
    earned = ((euro + basis - overnight)[:, :-1] / 364).sum(axis=1)
    in_dollars = price[:, -1] / SPOT * np.exp(earned)
    log = np.log(in_dollars)
    found = {
        "value of a euro at interest over that of its dollars": Estimate.mean(in_dollars),
        "variance of its log, a year": _scaled(Estimate.variance(log), 364 / DAYS),
    }
    return Measured(estimates=found)


def _scaled(estimate: Estimate, by: float) -> Estimate:
    return Estimate(estimate.value * by, None if estimate.error is None else estimate.error * by)


REFERENCE = "Cash flows on the two curves by hand and by a second program, to 1e-12"
CASES = (
    Case(
        name="basis-swap-in-a-book",
        title="A basis swap in a book",
        chapter="Curves",
        source=REFERENCE,
        inputs="5Y, quarterly; zero rates of A 3.8 % + 6 bp a year, B = A + 8 bp, a spread that moves; discounted on A",
        statistic="value of the book at the start",
        expected=(
            Expected(what="spread on A that makes it worth nothing", value=0.0008083023722295, rounding=1e-15),
            Expected(what="annuity", value=4.508950340938, unit="years", rounding=1e-12),
            Expected(what="+1 bp on the zero curve of B", value=0.000455619966065, rounding=1e-15),
        ),
        measure=read_basis,
        fast=True,
    ),
    Case(
        name="cross-currency-in-a-book",
        title="Cross-currency swaps in a book",
        chapter="Curves",
        source=REFERENCE,
        inputs="100m EUR at 1.08 $, quarterly, collateral in dollars; quoted basis of 1 to 10 years; notionals "
        "constant and reset",
        statistic="value of the book at the start",
        expected=(
            Expected(what="5Y at -12 bp, EUR", value=474584.9833, unit="EUR", rounding=5e-5),
            Expected(what="5Y at -12 bp, $", value=512551.7820, unit="$", rounding=5e-5),
            Expected(what="5Y at -12 bp, reset, $", value=512551.7820, unit="$", rounding=5e-5),
            Expected(what="5Y at the market, $", value=0.0, unit="$", rounding=1e-5),
            Expected(what="par basis, 7Y", value=-0.00206950863687, rounding=1e-14),
            *(
                Expected(what=f"FX forward, {years:g}Y", value=price, unit="$", rounding=6e-12)
                for years, price in FORWARDS.items()
            ),
        ),
        measure=read_currencies,
        fast=True,
        needs=("QuantLib",),
    ),
    Case(
        name="fx-parity",
        title="An FX rate by covered parity",
        chapter="Rates",
        source="A martingale: the price of the currency at interest over the dollar at interest",
        inputs="12 % of vol; overnight rates with 4 % of vol, basis with 2 %, all correlated; 4,000 paths of 91 days",
        statistic="mean over paths, and variance of the log",
        expected=(
            Expected(what="value of a euro at interest over that of its dollars", value=1.0),
            Expected(what="variance of its log, a year", value=VOL**2),
        ),
        measure=read_parity,
        fast=True,
    ),
)
