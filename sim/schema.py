"""The schema of a run: columns and rows of every table, and how a desk's loss is split. The manifest carries it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from functools import cache
from typing import TYPE_CHECKING, Any, get_args

from sim.columns import Column, Kind, Table, Unit
from sim.dataclass import dataclass
from sim.plainly import by_name, flag, listed, made, maybe, plainly, text, whole, word
from sim.split import Group, Part, Split

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
    if not has_schema(manifest):
        return None
    return _plain(manifest) or _adapter().validate_python(dict(manifest))


def has_schema(manifest: Mapping[str, Any]) -> bool:
    """Whether a manifest describes its tables."""
    return manifest.keys() >= {"tables", "loss"}


def is_right(manifest: Mapping[str, Any]) -> bool:
    """Whether a manifest has no schema, or one that is plainly right."""
    return not has_schema(manifest) or _plain(manifest) is not None


def _plain(manifest: Mapping[str, Any]) -> Schema | None:
    found: Schema | None = plainly(SCHEMA, {key: manifest[key] for key in KEYS if key in manifest})
    return found


def _group(value: Any) -> Any:
    return made(Group, {"name": text, "label": text, "within": maybe(_group)}, "name", "label")(value)


UNITS = ("", *get_args(Unit))
COLUMN = made(
    Column, {"name": text, "label": text, "unit": word(*UNITS), "kind": word(*get_args(Kind))}, "name", "label"
)
PART = made(
    Part,
    {
        **dict.fromkeys(("name", "label", "short", "said"), text),
        "columns": listed(COLUMN),
        "within": maybe(_group),
        "rare": flag,
        "passing": flag,
        "colour": maybe(whole(-(2**53))),
    },
    *("name", "columns", "label", "short", "said"),
)
SPLIT = made(
    Split,
    {
        **dict.fromkeys(("name", "label", "column"), text),
        "lasting": _group,
        "parts": listed(PART),
        "sign": whole(-(2**53)),
    },
    *("name", "label", "column", "lasting", "parts"),
)
KEYS = {"tables": by_name(listed(COLUMN)), "loss": SPLIT, "rows": by_name(text)}
SCHEMA = made(Schema, KEYS, "tables", "loss")
