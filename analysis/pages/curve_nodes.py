"""Tables of curves for a terminal and a page, and the one of their nodes: no frame is needed for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from analysis import page
from sim.figure_text import fixed, percent
from sim.screen.group import Group, Shown
from sim.screen.table import Table
from sim.screen.text import Text

Cell = Callable[[Any], str]
NOTE = "Forward: continuous, from the node before. Times are days over 365."


def nodes_table(head: str, beyond: Sequence[str], columns: Mapping[str, Sequence[Any]]) -> page.Table:
    """The nodes, from their columns as `scenarios.studies.curves.nodes` makes them. beyond: sentences about the end."""
    return text_table("Curves", columns, NODES, f"{head}. {NOTE} {'. '.join(beyond)}.")


def text_table(
    title: str, columns: Mapping[str, Sequence[Any]], forms: dict[str, tuple[str, Cell]], note: str
) -> page.Table:
    """Columns as text cells, those that have a heading and a form."""
    there = [name for name in forms if name in columns]
    rows = [
        tuple("" if value is None else forms[name][1](value) for name, value in zip(there, row, strict=True))
        for row in zip(*(columns[name] for name in there), strict=True)
    ]
    return page.Table(title, tuple(forms[name][0] for name in there), rows, note=note)


def rendered(tables: Sequence[page.Table]) -> Group:
    """Tables for a screen."""
    parts: list[Shown] = []
    for each in tables:
        table = Table(title=each.title, box=False)
        for i, name in enumerate(each.header):
            table.add_column(name, justify="left" if i < _words(each) else "right", no_wrap=True)
        for row in each.rows:
            table.add_row(*row)
        parts += [table, Text(f"{each.note}\n")]
    return Group(*parts)


def _words(table: page.Table) -> int:
    """How many of a table's first columns are words."""
    return {"Curves": 2, "Fair quotes": 2, "Swaps": 2, "Risk by quote": 3, "Risk by key rate": 1, "Static stresses": 2}[
        table.title
    ]


def rate(value: float) -> str:
    return percent(value, 5)


def _quoted(value: float) -> str:
    """A price of a bond is per 100, everything else a rate."""
    return fixed(value, 4) if value > 2 else rate(value)


NODES: dict[str, tuple[str, Cell]] = {
    "curve": ("curve", str),
    "quote": ("quote", str),
    "value": ("quoted", _quoted),
    "date": ("node", str),
    "discount": ("discount factor", lambda x: f"{x:.12f}"),
    "zero": ("zero rate", rate),
    "forward": ("forward", rate),
    "fx_forward": ("FX forward", lambda x: fixed(x, 6)),
}
