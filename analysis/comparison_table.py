"""A comparison for a terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from analysis.sides import differences, names_of
from sim.figure_text import apart_text_of, bare_text_of
from sim.screen.group import Group
from sim.screen.table import Table
from sim.screen.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analysis.side_figures import Compared
    from sim.dataset import Run

NARROW = 12  # characters of a heading, before it is broken
NOTE = "Difference: second less first; averages and ES path by path where the noise is the same. *: beyond two errors."


def comparison_table(a: Run, b: Run, found: Iterable[Compared]) -> Group:
    """Where the runs differ, then their figures; differences beyond two standard errors are bold."""
    first, second = names_of(a, b)
    shown = [_cells(row) for row in found]
    table = Table(box=False, pad_edge=False)
    table.add_column("", fold=True)
    for i, name in enumerate((first, second, "difference"), 1):  # labels are shortened before figures
        width = max((len(str(row[i])) for row in shown), default=0)
        head = "\n".join(textwrap.wrap(name, max(width, NARROW), break_on_hyphens=False))
        least = max(width, *map(len, head.split("\n")))
        table.add_column(Text(head, justify="right"), justify="right", no_wrap=True, min_width=least)
    for label, mine, other, apart, clear in shown:
        table.add_row(label, mine, other, Text(apart, "bold" if clear else "dim"))
    lines = [f"{first} against {second}:", *(f"  {line}" for line in differences(a, b)), ""]
    return Group(Text("\n".join(lines)), table, Text(NOTE, "dim"))


def _cells(row: Compared) -> tuple[str, str, str, str, bool]:
    """Label, both figures, their difference, and whether it is beyond two standard errors."""
    mine, other = bare_text_of(row.a, row.unit, row.a_error), bare_text_of(row.b, row.unit, row.b_error)
    apart = apart_text_of(row.difference, row.unit, row.error)
    return row.label, mine, other, f"{apart}{' *' if row.clear else ''}", row.clear
