"""`spiral keys`: every key of a scenario file, explained in the terminal.

The rows, and the table as the terminal has it, are the same until the sources change: they are stored, and the classes
that they come from need not be imported.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import rich
from rich.console import Console

from scenarios.commands.output import pass_on
from scenarios.commands.terminal import console
from scenarios.house import stamp
from sim.errors import UserError
from sim.kept_text import kept_text
from sim.nearest import nearest

Row = list[str]  # key, default, unit, allowed, meaning, of


def print_keys(prefix: str) -> None:
    """The reference of every key that begins with `prefix`, a concrete agent's name allowed. Raises UserError."""
    sources = stamp()
    rows: list[Row] = json.loads(kept_text("keys", (sources,), _rows))
    chosen = [row for row in rows if _matches(row[0], prefix)]
    if not chosen:
        raise UserError("no such key", value=prefix, remedy=nearest(prefix, sorted({row[0] for row in rows})))
    out = console()
    if out.legacy_windows:  # its colours are no text
        out.print(_table(chosen))
    else:
        of_rich = Path(rich.__file__).stat().st_mtime_ns
        seen = (out.width, out.encoding, out.color_system, out.no_color, out.is_terminal, of_rich)
        pass_on(kept_text(f"keys {prefix}", (sources, *seen), lambda: _rendered(out, chosen)))


def _rows() -> str:
    from scenarios.describing.reference import all_keys

    return json.dumps([[k.path, k.default or "-", k.unit, k.limits, k.help, k.owner] for k in all_keys()])


def _matches(path: str, prefix: str) -> bool:
    asked = [part for part in prefix.replace("[]", "").split(".") if part]
    parts = path.replace("[]", "").split(".")
    fits = all(p == "NAME" or p.startswith(a) for a, p in zip(asked, parts, strict=False))
    return fits and len(asked) <= len(parts)


def _rendered(out: Console, rows: Sequence[Row]) -> str:
    with out.capture() as captured:
        out.print(_table(rows))
    return captured.get()


def _table(rows: Sequence[Row]) -> object:
    from rich.markup import escape
    from rich.table import Table

    table = Table("key", "default", "unit", "allowed", "meaning", "of", show_lines=False)
    table.columns[0].no_wrap = True  # never wrapped, however narrow the others get
    for row in rows:
        table.add_row(*map(escape, row))
    return table
