"""`spiral keys`: every key of a scenario file, explained in the terminal.

The rows are the same until the sources change: they are stored, and the classes that they come from need not be
imported.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from scenarios.commands.screen import screen
from scenarios.house import stamp
from sim.errors import UserError
from sim.kept_text import kept_text
from sim.nearest import nearest
from sim.screen.table import Table

Row = list[str]  # key, default, unit, allowed, meaning, of


def print_keys(prefix: str) -> None:
    """The reference of every key that begins with `prefix`, a concrete agent's name allowed. Raises UserError."""
    rows: list[Row] = json.loads(kept_text("keys", (stamp(),), _rows))
    chosen = [row for row in rows if _matches(row[0], prefix)]
    if not chosen:
        raise UserError("no such key", value=prefix, remedy=nearest(prefix, sorted({row[0] for row in rows})))
    screen().print(_table(chosen))


def _rows() -> str:
    from scenarios.describing.reference import all_keys

    return json.dumps([[k.path, k.default or "-", k.unit, k.limits, k.help, k.owner] for k in all_keys()])


def _matches(path: str, prefix: str) -> bool:
    asked = [part for part in prefix.replace("[]", "").split(".") if part]
    parts = path.replace("[]", "").split(".")
    fits = all(p == "NAME" or p.startswith(a) for a, p in zip(asked, parts, strict=False))
    return fits and len(asked) <= len(parts)


def _table(rows: Sequence[Row]) -> Table:
    table = Table("key", "default", "unit", "allowed", "meaning", "of")
    table.columns[0].no_wrap = True  # never wrapped, however narrow the others get
    for row in rows:
        table.add_row(*row)
    return table
