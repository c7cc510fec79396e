"""Tables as columns of lists, of which frames are made where they are asked for.

polars takes 0.1 s of CPU to import; a table in a terminal needs none of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

Columns = dict[str, list[Any]]


def framed(columns: Columns) -> pl.DataFrame:
    """The same as a frame; a column without any value is of numbers."""
    import polars as pl

    empty = {name: pl.Float64 for name, values in columns.items() if all(value is None for value in values)}
    return pl.DataFrame(columns, schema_overrides=empty)


def stacked(parts: Iterable[Mapping[str, Any]]) -> Columns:
    """Tables one below the other: columns are lists, or one text for all rows; what a part lacks is None."""
    found: Columns = {}
    height = 0
    for part in parts:
        rows = max(len(column) for column in part.values() if isinstance(column, list))
        for name in {**found, **part}:
            column = part.get(name)
            above = found.setdefault(name, [None] * height)
            above += column if isinstance(column, list) else [column] * rows
        height += rows
    return found
