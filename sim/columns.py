"""Tables and their columns as data: declared where they are written, carried in the manifest, read by whoever shows.

Table("quotes", (Column("maker", "Maker", kind="text"), Column("depth", "Depth shown", "$")))
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Unit = Literal["$", "share", "multiple", "vol", "rate", "price", "gain", "count", "number"]


@dataclass(frozen=True)
class Column:
    """A column: its name, what it is called in words, its unit, and what kind of value it holds.

    unit: of a figure; "" for what is no number, or has the unit of its venue.
    kind: number (float), count (integer), flag, text, or time (seconds when written, shown as a datetime).
    """

    name: str
    label: str
    unit: Unit | Literal[""] = ""
    kind: Literal["number", "count", "flag", "text", "time"] = "number"


@dataclass(frozen=True)
class Table:
    """Name and columns of a table. Every table has the columns time, world and path besides; `timeless` has no time."""

    name: str
    columns: tuple[Column, ...]
    timeless: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Of the columns, in their order."""
        return tuple(column.name for column in self.columns)
