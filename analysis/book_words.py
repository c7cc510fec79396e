"""What tables of a book call its sum, and how they write a position's size."""

from __future__ import annotations

from analysis.numbers import MINUS

TOTAL = "the book"


def quantity(units: float) -> str:
    """A signed size; empty for a row of several kinds, which have no common size."""
    if units != units:
        return ""
    return (f"{units:,.0f}" if abs(units) >= 1000 else f"{units:.6g}").replace("-", MINUS)
