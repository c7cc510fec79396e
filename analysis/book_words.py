"""What tables of a book call its sum, and how they write a position's size."""

from __future__ import annotations

from sim.figure_text import fixed, significant

TOTAL = "the book"


def quantity(units: float) -> str:
    """A signed size; empty for a row of several kinds, which have no common size."""
    if units != units:
        return ""
    return fixed(units, 0) if abs(units) >= 1000 else significant(units)
