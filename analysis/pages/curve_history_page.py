"""How zero rates moved over many days, as a table for a terminal and as one HTML page."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from analysis import page
from analysis.charts.curves import history as drawn
from sim.figure_text import fixed, percent, significant
from sim.screen.group import Group
from sim.screen.table import Table
from sim.screen.text import Text

HEADER = ("curve", "years", "first", "last", "change, bp", "vol, bp a year", "largest day, bp", "on")
NOTE = "Continuous zero rates. Vol: standard deviation of daily moves, times the root of 252."


def move_rows(moves: pl.DataFrame) -> list[tuple[str, ...]]:
    """Rows under `HEADER`."""
    return [
        (
            row["curve"],
            significant(row["years"]),
            percent(row["first"], 4),
            percent(row["last"], 4),
            fixed(row["change"], 1),
            "n/a" if row["vol"] is None else fixed(row["vol"], 1),
            "n/a" if row["largest"] is None else fixed(row["largest"], 1),
            "" if row["largest"] is None else str(row["on"]),
        )
        for row in moves.iter_rows(named=True)
    ]


def head(history: pl.DataFrame) -> str:
    """How many days, and which."""
    days = history["date"].unique().sort().to_list()
    return f"{len(days)} days, {days[0]} to {days[-1]}"


def render(moves: pl.DataFrame, history: pl.DataFrame) -> Group:
    """The table for `rich.print`."""
    table = Table(title=f"Zero rates over {head(history)}", box=False)
    for i, name in enumerate(HEADER):
        table.add_column(name, justify="right" if i else "left", no_wrap=True)
    for row in move_rows(moves):
        table.add_row(*row)
    return Group(table, Text(NOTE))


def write_history(path: Path, moves: pl.DataFrame, history: pl.DataFrame) -> Path:
    """Write chart and table as one self-contained HTML file and return its path. Raises UserError."""
    figures = [
        page.figure(f"history_{name}", drawn(history, name), NOTE)
        for name in history["curve"].unique(maintain_order=True)
    ]
    tables = [page.Table("Moves", HEADER, move_rows(moves), note=NOTE)]
    return page.write_page(
        path, "facts.html.j2", title="Curves over time", meta=head(history), charts=figures, tables=tables
    )
