"""The schema of a run: columns and rows of every table, and how a desk's loss is split. The manifest carries it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from functools import cache
from typing import TYPE_CHECKING, Any

from sim.columns import Column, Table
from sim.dataclass import dataclass
from sim.split import Split

if TYPE_CHECKING:
    from pydantic import TypeAdapter


@dataclass(frozen=True)
class Schema:
    """Columns and rows by table, and the split of the loss: the keys `tables`, `rows` and `loss` of a manifest.

    rows: in words, what a table has a row of, when, and on which paths; empty for a run from before they were kept.
    """

    tables: dict[str, tuple[Column, ...]]
    loss: Split
    rows: dict[str, str] = field(default_factory=dict)

    def column(self, table: str, name: str) -> Column:
        """A column; an undeclared one has its own name as label and no unit."""
        known = (column for column in self.tables.get(table, ()) if column.name == name)
        return next(known, Column(name, name))


@cache
def _adapter() -> TypeAdapter[Schema]:
    from pydantic import TypeAdapter

    return TypeAdapter(Schema)


def described(tables: Iterable[Table], loss: Split) -> dict[str, Any]:
    """The keys of a manifest that describe its tables."""
    every = tuple(tables)
    columns, rows = {table.name: table.columns for table in every}, {table.name: table.rows for table in every}
    told: dict[str, Any] = _adapter().dump_python(Schema(columns, loss, rows))
    return told


def read(manifest: Mapping[str, Any]) -> Schema | None:
    """The schema in a manifest; None if the manifest is older than schemas. Raises pydantic's ValidationError."""
    return _adapter().validate_python(dict(manifest)) if {"tables", "loss"} <= manifest.keys() else None
