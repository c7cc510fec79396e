"""Declarations of tables and columns: made beside the code that writes them, stored in the manifest, used for display.

Table("quotes", (Column("maker", "Maker", kind="text"), Column("depth", "Depth shown", "$")))
"""

from __future__ import annotations

from typing import Literal

from sim.dataclass import dataclass

Unit = Literal["$", "share", "multiple", "vol", "rate", "price", "gain", "count", "number"]
Kind = Literal["number", "single", "count", "flag", "text", "time"]


@dataclass(frozen=True)
class Column:
    """A column: its name, its label, its unit, and the kind of its values.

    unit: of a number; "" for other kinds, and for numbers in the unit of their venue.
    kind: number (float), single (a float of seven digits, in half the room), count (integer), flag, text, or time
    (seconds when written, shown as a datetime).
    """

    name: str
    label: str
    unit: Unit | Literal[""] = ""
    kind: Kind = "number"


@dataclass(frozen=True)
class Table:
    """Name and columns of a table. Every table has the columns time, world and path besides; `timeless` has no time.

    rows: what there is a row of, when, and on which paths; for who averages over them.
    """

    name: str
    columns: tuple[Column, ...]
    timeless: bool = False
    rows: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(column.name for column in self.columns)
