"""Curves and swaps on them as frames: for the terminal, the page and CSV files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from markets.curves.curve_set import CurveSet
from markets.curves.dates import DAYS_A_YEAR
from markets.curves.flows import DISCOUNT, PROJECTION
from markets.curves.stress import Stress
from markets.curves.swap_book import SwapBook
from markets.curves.tents import KEYS, coverage, fixed_widths, partition
from scenarios.studies.curves.nodes import node_columns
from scenarios.studies.curves.quote_text import parse_quote

if TYPE_CHECKING:
    import polars as pl

DRAWN = 500  # points of a curve's line
BEYOND = 1.15  # of the last node's time, to which it is drawn


def nodes(curves: CurveSet, fx: Mapping[str, float] | None = None) -> pl.DataFrame:
    """The columns of `node_columns` as a frame."""
    import polars as pl

    return pl.DataFrame(node_columns(curves, fx))


def lines(curves: CurveSet) -> pl.DataFrame:
    """curve, years, zero, forward (of the day from there): a row a point of a drawn line."""
    import polars as pl

    frames = []
    for name, curve in curves.curves.items():
        t = np.linspace(1 / DAYS_A_YEAR, BEYOND * curve.years[-1], DRAWN)
        rates = {"zero": curve.zero(t), "forward": curve.forward(t, t + 1 / DAYS_A_YEAR)}
        frames.append(pl.DataFrame({"curve": name, "years": t, **rates}))
    return pl.concat(frames)


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
