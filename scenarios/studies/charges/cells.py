"""Cells of a table that must be there, or be one of a few words."""

from __future__ import annotations

from collections.abc import Sequence

from scenarios.files.csv_table import Row
from scenarios.files.layout import plain
from sim.nearest import nearest


def needed(row: Row, column: str, remedy: str) -> float:
    """The cell as a number. Raises UserError if it is empty."""
    value = row.number(column)
    if value is None:
        raise row.place.at(column).error("a number is needed", remedy=remedy)
    return value


def years(row: Row, column: str, remedy: str) -> float:
    """A time, at least 0. Raises UserError."""
    value = needed(row, column, remedy)
    if not 0 <= value <= 100:
        raise row.place.at(column).error("must be years, 0 to 100", value=value, remedy=remedy)
    return value


def word(row: Row, column: str, known: Sequence[str], usual: str | None = None) -> str:
    """One of the words, whatever its case and signs; `usual` where the cell is empty. Raises UserError."""
    text = row.text(column)
    if text is None and usual is not None:
        return usual
    found = {plain(each): each for each in known}.get(plain(text or ""))
    if found is None:
        raise row.place.at(column).error(f"no such {column}", value=text or "", remedy=nearest(text or "", [*known]))
    return found
