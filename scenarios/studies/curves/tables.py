"""Curves and swaps on them as frames: for the terminal, the page and CSV files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from markets.curves.curve_set import CurveSet
from markets.curves.dates import DAYS_A_YEAR
from markets.curves.flows import DISCOUNT, PROJECTION
from markets.curves.quoted_curve import QuotedCurve
from markets.curves.stress import Stress
from markets.curves.swap_book import SwapBook
from markets.curves.tents import KEYS, coverage, fixed_widths, partition
from scenarios.studies.curves.quote_text import parse_quote

if TYPE_CHECKING:
    import polars as pl

DRAWN = 500  # points of a curve's line
BEYOND = 1.15  # of the last node's time, to which it is drawn


def nodes(curves: CurveSet, fx: Mapping[str, float] | None = None) -> pl.DataFrame:
    """curve, quote, value, step, date, years, discount, zero, forward (continuous, from the node before).

    fx: spot prices by cross-currency curve; then `fx_forward` too, null of other curves.
    """
    import polars as pl

    frames = []
    for name, curve in curves.curves.items():
        quotes = [quote for quote in curves.quotes if quote.curve == name]
        before = np.concatenate([[0.0], curve.years[:-1]])
        frames.append(
            pl.DataFrame(
                {
                    "curve": name,
                    "quote": [quote.name.removeprefix(f"{name} ") for quote in quotes],
                    "value": [quote.value for quote in quotes],
                    "step": [quote.step for quote in quotes],
                    "date": curve.dates,
                    "years": curve.years,
                    "discount": np.exp(-curve.y),
                    "zero": curve.zero(curve.years),
                    "forward": curve.forward(before, curve.years),
                }
            )
        )
        if fx and name in fx:
            frames[-1] = frames[-1].with_columns(fx_forward=curves.fx_forward(name, fx[name], curve.years))
    return pl.concat(frames, how="diagonal")


def lines(curves: CurveSet) -> pl.DataFrame:
    """curve, years, zero, forward (of the day from there): a row a point of a drawn line."""
    import polars as pl

    frames = []
    for name, curve in curves.curves.items():
        t = np.linspace(1 / DAYS_A_YEAR, BEYOND * curve.years[-1], DRAWN)
        rates = {"zero": curve.zero(t), "forward": curve.forward(t, t + 1 / DAYS_A_YEAR)}
        frames.append(pl.DataFrame({"curve": name, "years": t, **rates}))
    return pl.concat(frames)


def beyond(curve: QuotedCurve) -> str:
    """What is assumed beyond the last quote."""
    last, shape = curve.years[-1], curve.shape
    held = f"{float(curve.forward(last, last + 1e-6)) * 100:.4f} %"
    where = f"{curve.name}: beyond {curve.dates[-1]} the forward rate"
    if shape.ultimate is None:
        return f"{where} stays at {held}"
    towards = f"{shape.ultimate * 100:.4g} %, its distance shrinking by exp(-{shape.speed:g}) a year"
    return f"{where} goes from {held} to {towards}"


def shaped(curves: CurveSet) -> list[str]:
    """What the curves have besides quotes, in words: turns of the year and meetings; empty without."""
    out = []
    for name, spec in curves.specs.items():
        for turn in spec.turns:
            size, last = f"{turn.rate * 1e4:+g} bp", turn.end - timedelta(days=1)
            out.append(f"{name}: the overnight rate has {size} from {turn.start} to {last}")
        if spec.meetings:
            days = ", ".join(str(day) for day in sorted(spec.meetings))
            out.append(f"{name}: nodes stand at meetings, and the forward rate is flat between them: {days}")
    return out


def fair(curves: CurveSet, texts: Iterable[str]) -> pl.DataFrame:
    """curve, quote, fair (decimal), annuity: a row an instrument in words. Raises UserError."""
    import polars as pl

    rows = []
    for text in texts:
        name, spec = parse_quote(text, curves)
        found = curves.fair(name, spec, "--fair")
        rows.append((name, f"{spec.kind} {spec.tenor}", found.value, found.annuity))
    return pl.DataFrame(rows, schema=["curve", "quote", "fair", "annuity"], orient="row")


def swaps(book: SwapBook) -> pl.DataFrame:
    """swap, currency, rate, par, npv, annuity, pv01, dv01 by quotes and by zero rates, gamma of both, theta of both."""
    import polars as pl

    columns = {
        "rate": book.rate,
        "par": book.par,
        "npv": book.npv,
        "annuity": book.annuity,
        "pv01": book.pv01,
        "dv01": book.par_dv01,
        "zero_dv01": book.zero_dv01(),
        "gamma": book.par_gamma,
        "zero_gamma": book.gamma,
        "theta": book.theta(),
        "theta_same_zeros": book.theta_same_zeros(),
    }
    return pl.DataFrame({"swap": book.names, "currency": book.currencies, **columns})


def ladder(book: SwapBook) -> pl.DataFrame:
    """currency, curve, quote, years, by_quote (a step of the quote), by_node (+1 bp on the node's zero rate)."""
    import polars as pl

    quotes = book.curves.quotes
    frames = []
    for currency, own in _by_currency(book):
        columns = {
            "currency": currency,
            "curve": [quote.curve for quote in quotes],
            "quote": [quote.name.removeprefix(f"{quote.curve} ") for quote in quotes],
            "years": book.curves.nodes.years,
            "by_quote": own @ book.ladder,
            "by_node": own @ book.zero_ladder,
        }
        frames.append(pl.DataFrame(columns))
    return pl.concat(frames)


def key_rates(book: SwapBook, *, fixed: bool = False, keys: Sequence[float] = KEYS) -> pl.DataFrame:
    """currency, key (years), dv01, discount, projection: +1 bp in the tent of each key; the roles apart.

    fixed: tents of fixed widths, with `coverage` (sum of all tents at the key) beside them.
    """
    import polars as pl

    years = book.flows.years
    tents = fixed_widths(years, keys) if fixed else partition(years, keys)
    parts = {role: book.key_rates(tents * book.flows.mask(role=role)) for role in (DISCOUNT, PROJECTION)}
    frames = []
    for currency, own in _by_currency(book):
        roles = {role: own @ part for role, part in parts.items()}
        frame = pl.DataFrame({"currency": currency, "key": list(keys), "dv01": sum(roles.values()), **roles})
        frames.append(frame.with_columns(coverage=coverage(keys, keys)) if fixed else frame)
    return pl.concat(frames)


def stresses(book: SwapBook, moves: Iterable[Stress]) -> pl.DataFrame:
    """currency, stress, change: of the swaps of each currency, revalued."""
    import polars as pl

    each = [(stress.name, book.stressed(stress)) for stress in moves]
    rows = [(currency, name, float(own @ change)) for currency, own in _by_currency(book) for name, change in each]
    return pl.DataFrame(rows, schema=["currency", "stress", "change"], orient="row")


def cross_gammas(book: SwapBook) -> pl.DataFrame:
    """currency, a, b, gamma: second derivative by the zero rates of two nodes, per bp squared, where it is not zero."""
    import polars as pl

    names = [quote.name for quote in book.curves.quotes]
    rows = []
    for currency, own in _by_currency(book):
        found = book.cross_gamma(own)
        rows += [
            (currency, names[i], names[j], float(found[i, j]))
            for i in range(len(names))
            for j in range(i, len(names))
            if found[i, j] != 0
        ]
    return pl.DataFrame(rows, schema=["currency", "a", "b", "gamma"], orient="row")


def _by_currency(book: SwapBook) -> list[tuple[str, np.ndarray]]:
    """Each currency with 1 for its swaps and 0 for others, (swaps,)."""
    held = np.array(book.currencies)
    return [(str(each), (held == each).astype(np.float64)) for each in dict.fromkeys(book.currencies)]
