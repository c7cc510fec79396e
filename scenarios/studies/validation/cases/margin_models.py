"""Initial margin as a quantile: of a swaption in the Hull-White model, and of books that turn in the short rate."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from markets.rate_vols.hull_white import HullWhite
from markets.rate_vols.netting_set import NettingSet, SwaptionTrade
from markets.rate_vols.rate_table import NODES, WIDE, RateTable, points
from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.cases.hull_white import SWAP, falling_gap
from scenarios.studies.validation.lab import Lab
from sim.estimate import Estimate

MODEL = HullWhite(reversion=0.01, sigma=0.015, log_discount=falling_gap)
PERIOD = 1 / 24  # years
BOOKS = {"long payer": (1.0, "payer"), "short payer": (-1.0, "payer"), "long receiver": (1.0, "receiver")}
MARGINS = {  # t, r: long payer, short payer, long receiver
    (0.0, 0.02): (73.749720842, 111.51160133, 187.38450351),
    (0.5, 0.0226100492): (54.355179324, 105.96302397, 196.94157886),
    (0.5, 0.02): (37.473437139, 80.894772602, 226.22842769),
    (0.9, 0.05): (278.71854064, 274.56216514, 0.0014185970057),
}
TURNS = {0.0: (0.414246, 5161.96022), 0.5: (0.556265, 6549.56412), 0.9: (0.952727, 8650.11035)}
STATE = (0.5, 0.0226100492)  # of the cheaper rules
TURNED = 0.5 + PERIOD, 0.012  # years, and r less its mean, at which a payer and a receiver are held


def book(*trades: tuple[float, str]) -> NettingSet:
    """Swaptions on 10,000."""
    return NettingSet(MODEL, swaptions=[SwaptionTrade(SWAP, 0.04, 1e4 * sign, side) for sign, side in trades])


def read_margin(lab: Lab) -> Measured:
    """Margins by state and book, where the payer turns, and what cheaper rules say."""
    found: dict[str, float] = {}
    for now, rate in MARGINS:
        for name, trade in BOOKS.items():
            margin = book(trade).margin(now, rate, level=0.99, years=PERIOD)
            found[f"{name}, t {now:g}, r {rate:.10g}"] = float(margin[0])
    for now in TURNS:
        (turn,) = book((1.0, "payer")).turns(now, 0.1, 1.5)
        found[f"turn of the payer, t {now:g}"] = float(turn)
        found[f"value at the turn, t {now:g}"] = float(book((1.0, "payer")).value(now, turn))
    for name in ("long payer", "short payer"):
        for rule, gamma in (("delta", False), ("delta-gamma", True)):
            margin = book(BOOKS[name]).sensitive_margin(*STATE, level=0.99, years=PERIOD, gamma=gamma)
            found[f"{rule} alone, {name}"] = float(margin[0])
    return Measured(estimates={name: Estimate(value) for name, value in found.items()})


def read_turning(lab: Lab) -> Measured:
    """A payer and a receiver together: the exact quantile, and the map that takes the book for monotone."""
    both, (now, off) = book((1.0, "payer"), (1.0, "receiver")), TURNED
    rate, sd = both.mean(now) + off, float(np.sqrt(MODEL.variance(PERIOD)))
    z = points(-WIDE, WIDE, NODES)
    gains = RateTable(-WIDE, WIDE, (both.value(now, rate + sd * z) - both.value(now, rate))[:, None])
    tail = 2.3263478740408408  # N(tail) = 99 %
    found = {
        "exact": -float(gains.quantile(0.01)[0]),
        "monotone map": -float(gains.at([-tail, tail]).min()),
    }
    picture = _picture(both, now, rate, sd)
    return Measured(estimates={name: Estimate(value) for name, value in found.items()}, picture=picture)


def _picture(both: NettingSet, now: float, rate: float, sd: float) -> Any:
    from analysis.charts.validation import scatter

    rates = rate + sd * np.linspace(-4, 6, 120)
    dots = [
        {"x": float(x), "y": float(y), "series": "value"} for x, y in zip(rates, both.value(now, rates), strict=True)
    ]
    said = (
        "The book loses on either side up to its turn, then gains: its loss is no function of one quantile of the rate."
    )
    title, x, y = "A payer and a receiver by the short rate", "short rate, decimal", "$ on 10,000"
    return scatter(pl.DataFrame(dots), title=title, said=said, x=x, y=y, curve=None)


def _expected() -> tuple[Expected, ...]:
    margins = [
        Expected(what=f"{name}, t {now:g}, r {rate:.10g}", value=value, unit="$", rounding=max(2e-8 * value, 1e-9))
        for (now, rate), values in MARGINS.items()
        for name, value in zip(BOOKS, values, strict=True)
    ]
    turns = [
        one
        for now, (rate, value) in TURNS.items()
        for one in (
            Expected(what=f"turn of the payer, t {now:g}", value=rate, rounding=5e-7),
            Expected(what=f"value at the turn, t {now:g}", value=value, unit="$", rounding=5e-6),
        )
    ]
    cheap = [
        Expected(what=f"{rule} alone, {name}", value=value, unit="$", rounding=0.05, exact="three digits")
        for name, rule, value in (
            ("long payer", "delta", 81.7),
            ("short payer", "delta", 70.0),
            ("long payer", "delta-gamma", 49.2),
            ("short payer", "delta-gamma", 102.5),
        )
    ]
    return (*margins, *turns, *cheap)


CASES: tuple[Case, ...] = (
    Case(
        name="hull-white-margin",
        title="Initial margin of swaptions in the Hull-White model",
        chapter="Margin",
        source="closed form: the value at the mean of the short rate and 2.3263 standard deviations; 400,000 draws "
        "agree within 0.1 %",
        inputs="f(0, t) = 5 % - 3 % e^(-0.18 t), a 1 %, sigma 1.5 %; a swap from year 1, quarterly to 5.75, K 4 %, on "
        "10,000; 99 % over 1/24 year",
        statistic="margin by time, short rate and side; where the payer turns; margin by delta and by delta and gamma",
        expected=_expected(),
        measure=read_margin,
        fast=True,
        seconds=1.0,
    ),
    Case(
        name="turning-book",
        title="Margin of a book that turns in the short rate",
        chapter="Margin",
        source="quadrature over the short rate",
        inputs="the same model: a long payer and a long receiver at 1/2 + 1/24 years, r 1.2 % above its mean; 99 % of "
        "a move of 1/24 year, no time passing",
        statistic="the exact quantile, and the monotone map",
        expected=(
            Expected(what="exact", value=39.546, unit="$", rounding=5e-4),
            Expected(what="monotone map", value=32.339, unit="$", rounding=5e-4),
        ),
        measure=read_turning,
        fast=True,
        seconds=0.5,
    ),
)
