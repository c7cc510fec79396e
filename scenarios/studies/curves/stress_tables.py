"""What stresses do to swaps and to the curves, swap by swap, as frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from markets.curves.flows import DISCOUNT, PROJECTION
from scenarios.studies.curves.tables import BEYOND

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    from markets.curves.curve_set import CurveSet
    from markets.curves.stress import Stress
    from markets.curves.swap_book import SwapBook

DRAWN = 200  # points of a line
BEFORE = ""  # of a curve that has not moved


def stress_by_swap(book: SwapBook, moves: Sequence[Stress]) -> pl.DataFrame:
    """swap, currency, npv, and a column a stress: its change of value, revalued in full."""
    import polars as pl

    changes = {stress.name: book.stressed(stress) for stress in moves}
    return pl.DataFrame({"swap": book.names, "currency": book.currencies, "npv": book.npv, **changes})


def after_stress(book: SwapBook, moves: Sequence[Stress]) -> pl.DataFrame:
    """currency, stress, npv, change, pv01, zero_dv01: of the swaps of a currency, after the move; "" is before any."""
    import polars as pl

    held, rows = np.array(book.currencies), []
    for currency in dict.fromkeys(book.currencies):
        own = held == currency
        before = float(book.npv[own].sum())
        for stress in (None, *moves):
            then = book if stress is None else book.after(stress)
            figures = (float(each[own].sum()) for each in (then.npv, then.pv01, then.zero_dv01()))
            npv, pv01, dv01 = figures
            name = BEFORE if stress is None else stress.name
            rows.append((str(currency), name, npv, npv - before, pv01, dv01))
    columns = ["currency", "stress", "npv", "change", "pv01", "zero_dv01"]
    return pl.DataFrame(rows, schema=columns, orient="row")


def moved_lines(curves: CurveSet, stress: Stress) -> pl.DataFrame:
    """series, years, zero, node: each curve as it is, and where the stress moves it, after it.

    A curve that moves apart where it discounts and where it projects has a series of each.
    """
    import polars as pl

    frames = []
    for name, curve in curves.curves.items():
        t = np.unique(np.concatenate([np.linspace(1 / 12, BEYOND * curve.years[-1], DRAWN), curve.years]))
        node, zero = np.isin(t, curve.years), curve.zero(t)
        moves = {role: _shift(stress, name, role, t) for role in (DISCOUNT, PROJECTION)}
        series = {name: zero}
        if np.array_equal(moves[DISCOUNT], moves[PROJECTION]):
            series |= {f"{name} after": zero + moves[DISCOUNT]} if moves[DISCOUNT].any() else {}
        else:
            words = {DISCOUNT: "discounting", PROJECTION: "projecting"}
            series |= {f"{name} after, {words[role]}": zero + by for role, by in moves.items() if by.any()}
        for each, level in series.items():
            frames.append(pl.DataFrame({"series": each, "years": t, "zero": level, "node": node}))
    return pl.concat(frames)


def _shift(stress: Stress, curve: str, role: str, years: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of the zero rates of a curve in a role, decimal."""
    found = np.zeros(years.size)
    for each in stress.all:
        if each.curve in ("", curve) and each.role in ("", role):
            found = found + each.move(years)
    return found
