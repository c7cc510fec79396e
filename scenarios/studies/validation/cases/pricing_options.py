"""Options of compiled books and of a run's accounts against QuantLib, and their Greeks against 40-digit derivatives."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from agents.hedging.hedger import Hedger
from markets.factors.key import OVERNIGHT, SPOT, US2Y, US10Y, VOL
from markets.factors.snapshot import Snapshot
from markets.products.book import Book, CompiledBook
from markets.products.option import Option
from markets.products.risk import Risk
from markets.products.start import Start
from scenarios.scenario import Scenario
from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.lab import Lab
from scenarios.studies.validation.textbook import textbook
from scenarios.worlds.books import instruments, starting_market
from scenarios.worlds.clock import make_clock
from sim.clock import Clock
from sim.estimate import Estimate

Floats = NDArray[np.float64]
START = date(2020, 1, 1)
OPTIONS, STATES = 100, 100  # 10,000 pairs
SMILE = {"skew": 0.4, "term_reversion": 1.2, "dividend_yield": 0.015}
GREEKS = ("value", "delta", "gamma", "vega", "dv overnight", "dv 2Y", "dv 10Y")
MOST = 1e-12
PRECISE, DIGITS = 60, 40  # options against derivatives at so many digits


def options_scenario() -> Scenario:
    """A year of twelve steps in which spot, vol and curve all move; a book of 24 options that nobody hedges."""
    book = [
        {"kind": kind, "strike": strike, "months": months, "quantity": quantity}
        for kind, quantity in (("call", 1.0), ("put", -2.0))
        for strike in (60.0, 90.0, 110.0, 160.0)
        for months in (4, 14, 60)
    ]
    market = {**SMILE, "xi": 0.8, "rho": -0.5, "rates": {"vol_overnight": 0.01, "vol_us2y": 0.01, "vol_us10y": 0.01}}
    level = {"spot": 100.0, "vol": 0.2, "overnight": 0.02, "us2y": 0.017, "us10y": 0.019, "credit": 0.0}
    anchors = [{"date": day, **level} for day in ("2020-01-01", "2020-12-30")]
    run = {"paths": 32, "seed": 11}
    return textbook(book=book, steps=12, anchors=anchors, market=market, policy={"kind": "never"}, run=run)


def random_options(rng: np.random.Generator, start: date) -> list[Option]:
    """Strikes around and far from spot, lives from a day to twelve years."""
    found = []
    for number in range(OPTIONS):
        wide = 0.5 if number % 5 else 4.0
        found.append(
            Option(
                kind="call" if rng.random() < 0.5 else "put",
                strike=float(100 * np.exp(wide * rng.standard_normal())),
                expiry=start + timedelta(days=int(math.exp(rng.uniform(0, math.log(4368))))),
                quantity=1.0,
            )
        )
    return found


def random_states(rng: np.random.Generator, paths: int) -> Snapshot:
    """Spots, vols from a few percent to several hundred, and curves that may be negative."""
    spot, vol = 100 * np.exp(0.4 * rng.standard_normal(paths)), 0.25 * np.exp(0.9 * rng.standard_normal(paths))
    overnight, us2y, us10y = (rng.normal(0.02, 0.03, paths) for _ in range(3))
    return Snapshot.named(spot=spot, vol=vol, overnight=overnight, us2y=us2y, us10y=us10y)


def one(instrument: Option, scenario: Scenario) -> CompiledBook:
    """A book of one on a scenario's clock and terms."""
    return Book((instrument,)).compile(make_clock(scenario), starting_market(scenario))


def greeks_of(risk: Risk) -> Floats:
    """(len(GREEKS), paths), in the order of GREEKS."""
    return np.array([risk.value, risk.delta, risk.gamma, *(risk.first(key) for key in (VOL, OVERNIGHT, US2Y, US10Y))])


def relative(got: Floats, expected: Floats, scale: Floats) -> Floats:
    """Errors over the larger of the scale of the quantity (value: spot, gamma: 1/spot) and its own size."""
    return np.abs(got - expected) / np.maximum(scale, np.abs(expected))


def scales(now: Snapshot) -> list[Floats]:
    """Of value, delta, gamma, vega and the three node sensitivities."""
    spot = now.row(SPOT)
    ones = np.ones_like(spot)
    return [spot, ones, ones / spot, *([spot] * 4)]


def read_options(lab: Lab) -> Measured:
    """10,000 pairs of option and state, and a run's book at its closes."""
    from scenarios.studies.validation.quantlib_prices import option_greeks

    scenario = options_scenario()
    terms, clock = starting_market(scenario), make_clock(scenario)
    rng = lab.generator(20200219)
    now = random_states(rng, STATES)
    worst, dots = np.zeros(len(GREEKS)), []
    for option in random_options(rng, scenario.start):
        years = clock.variance_years_to(option.expiry)
        book = one(option, scenario)
        got = greeks_of(book.risk(0, now, book.new_fixings(STATES)))
        rows = [
            option_greeks(option, terms, state, total=years, left=years, calendar=years)
            for state in np.array(now.stamp(now.keys)).T
        ]
        errors = [relative(g, e, s) for g, e, s in zip(got, np.array(rows).T, scales(now), strict=True)]
        worst = np.maximum(worst, [e.max() for e in errors])
        dots.append(np.array([np.log(option.strike / now.row(SPOT)), *errors[:4]]))
    estimates = {f"{name}, worst relative error": Estimate(float(w)) for name, w in zip(GREEKS, worst, strict=True)}
    estimates["book_value of a run, worst relative error"] = Estimate(book_error(lab, scenario))
    return Measured(estimates=estimates, picture=error_cloud(np.concatenate(dots, axis=1)))


def book_error(lab: Lab, scenario: Scenario) -> float:
    """Worst difference of `book_value` in marks and QuantLib's sum over the book, over the book's gross value."""
    run, clock = lab.run(scenario), make_clock(scenario)
    state = ("mid", "vol", "overnight", "us2y", "us10y")
    closes = run.closes.filter(venue="asset").sort("path", "time").select("path", "time", *state)
    marks = run.marks.filter(agent="hedger").select("path", "time", "book_value")
    frame = closes.join(marks, on=("path", "time")).sort("path", "time").collect()
    ticks = np.searchsorted(clock.timestamps(clock.ticks), frame["time"].to_numpy())
    worst = 0.0
    for tick, row, value in zip(ticks, frame.select(state).iter_rows(), frame["book_value"], strict=True):
        theirs, gross = book_value(scenario, clock, int(tick), row)
        worst = max(worst, abs(value - theirs) / gross)
    return worst


def book_value(scenario: Scenario, clock: Clock, tick: int, state: Sequence[float]) -> tuple[float, float]:
    """By QuantLib, $: the book of what is alive after a tick, and the same without regard to sign."""
    from scenarios.studies.validation.quantlib_prices import option_greeks

    terms, (hedger,) = starting_market(scenario), (a for a in scenario.agents if isinstance(a, Hedger))
    net = gross = 0.0
    for option in instruments(hedger, terms):
        assert isinstance(option, Option)
        total = clock.variance_years_to(option.expiry)
        left = total - float(clock.variance_years[tick])
        if left > 1e-9:
            price = option_greeks(option, terms, state, total=total, left=left, calendar=left)[0]
            net, gross = net + option.quantity * price, gross + abs(option.quantity) * price
    return net, gross


def error_cloud(dots: Floats) -> Any:
    """Errors over moneyness on a log scale; what is exactly right is drawn at the bottom."""
    from analysis.charts.validation import scatter

    parts = [
        pl.DataFrame({"x": dots[0], "y": np.log10(np.maximum(dots[1 + i], 1e-18)), "series": name})
        for i, name in enumerate(GREEKS[:4])
    ]
    said = "No pair of option and market is further from QuantLib than rounding; -18 stands for no difference at all."
    x, y = "ln(strike / spot)", "log10 of the relative error"
    return scatter(pl.concat(parts), title="Options against QuantLib", said=said, x=x, y=y, points=1500)


def read_greeks(lab: Lab) -> Measured:
    """Greeks of one option in one market each, against numerical derivatives of the price at 40 digits."""
    scenario = options_scenario()
    terms, clock = starting_market(scenario), make_clock(scenario)
    rng = lab.generator(20221023)
    worst = np.zeros(len(GREEKS))
    for option in random_options(rng, scenario.start)[:PRECISE]:
        now, book = random_states(rng, 1), one(option, scenario)
        got = greeks_of(book.risk(0, now, book.new_fixings(1)))[:, 0]
        expected = precise_greeks(
            option, terms, [float(x[0]) for x in now.stamp(now.keys)], clock.variance_years_to(option.expiry)
        )
        errors = [relative(g, e, s)[0] for g, e, s in zip(got, expected, scales(now), strict=True)]
        worst = np.maximum(worst, errors)
    return Measured(
        estimates={f"{name}, worst relative error": Estimate(float(w)) for name, w in zip(GREEKS, worst, strict=True)}
    )


def precise_greeks(option: Option, terms: Start, state: Sequence[float], years: float) -> Floats:
    """Value, then derivatives by differences at DIGITS digits, (7,), in the order of GREEKS."""
    import mpmath as mp

    sign = 1 if option.kind == "call" else -1
    weights = [float(np.interp(years, (0.0, 2.0, 10.0), unit)) for unit in np.eye(3)]

    def price(spot: Any, s: Any, *nodes: Any) -> Any:
        steepness = terms.skew / mp.sqrt(max(years, 1 / 12))
        multiple = min(max(1 - steepness * mp.log(mp.mpf(option.strike) / terms.spot0), mp.mpf("0.25")), mp.mpf(4))
        response = -mp.expm1(-mp.mpf(terms.term_reversion) * years) / (mp.mpf(terms.term_reversion) * years)
        sd = multiple * terms.vol_base * (s / terms.vol_base) ** response * mp.sqrt(years)
        zero = sum(w * r for w, r in zip(weights, nodes, strict=True))
        discount, growth = mp.exp(-zero * years), mp.exp((zero - terms.dividend_yield) * years)
        d1 = mp.log(spot * growth / option.strike) / sd + sd / 2
        return sign * discount * (spot * growth * mp.ncdf(sign * d1) - option.strike * mp.ncdf(sign * (d1 - sd)))

    orders = [(1, 0), (2, 0), (1, 1), (1, 2), (1, 3), (1, 4)]  # (order, argument)
    with mp.workdps(DIGITS):
        at = [mp.mpf(x) for x in state]
        found = [price(*at)]
        for order, argument in orders:
            slots = tuple(order if i == argument else 0 for i in range(len(at)))
            found.append(mp.diff(price, tuple(at), slots))
        return np.array([float(x) for x in found])


OPTION_BOUNDS = tuple(
    Expected(what=f"{name}, worst relative error", value=MOST, relation="<", exact="bound; exact prices")
    for name in GREEKS
)
CASES: tuple[Case, ...] = (
    Case(
        name="options-quantlib",
        title="Options against QuantLib",
        chapter="Pricing",
        source="Black and Scholes (1973), Black (1976), by QuantLib's BlackCalculator",
        inputs="100 options (strikes 100 exp(0.5 z), every fifth 100 exp(4 z); 1 day to 12 years) in 100 markets (spot "
        "100 exp(0.4 z), vol 25 % exp(0.9 z), rates 2 % + 3 % z); skew 0.4, term reversion 1.2, dividends 1.5 %; and a "
        "book of 24 options on 32 paths of a year in which spot, vol and curve all move",
        statistic="worst error of a compiled book, over the larger of a quantity's scale (value: spot, gamma: 1/spot) "
        "and size; worst error of `book_value` in `marks` over the book's gross value",
        expected=(
            *OPTION_BOUNDS,
            Expected(
                what="book_value of a run, worst relative error", value=MOST, relation="<", exact="bound; exact prices"
            ),
        ),
        measure=read_options,
        fast=True,
        needs=("QuantLib",),
        seconds=2.0,
    ),
    Case(
        name="greeks-precise",
        title="Greeks against derivatives at 40 digits",
        chapter="Pricing",
        source="Black and Scholes (1973); derivatives by mpmath",
        inputs="60 options and markets as against QuantLib, one market an option",
        statistic="worst error of a compiled book, over the larger of a quantity's scale and its size",
        expected=OPTION_BOUNDS,
        measure=read_greeks,
        fast=True,
        needs=("mpmath",),
        seconds=2.0,
    ),
)
