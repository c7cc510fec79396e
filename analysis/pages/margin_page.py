"""Rules of margin, and a book by the short rate, as tables for a terminal and as one HTML page."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from analysis import page
from analysis.charts import margin as charts
from analysis.margin import LABELS
from analysis.numbers import Number, money
from sim.figure_text import percent
from sim.screen.group import Group
from sim.screen.table import Table
from sim.screen.text import Text

RULES = (
    "rule",
    "first close",
    "largest",
    "over first",
    "largest rise",
    "called",
    "covers",
    "alone, largest",
    "reduced",
)
STATES = ("day", "short rate", "value", "margin", "monotone map", "delta", "delta and gamma", "turns at")
RULES_NOTE = (
    "Initial margin of the whole book, means over the paths with standard errors. Largest rise: within the days of the "
    "margin period. Called: the sum of all rises from close to close. Covers: closes whose margin is not exceeded by "
    "what the desk, hedging, loses in the margin period. Alone: the largest where nobody's trades move prices; what is "
    "beyond it is feedback. Reduced: paths on which the lender takes a part of the book."
)
STATES_NOTE = (
    "At the mean of the short rate. Margin: the exact quantile of the loss over the margin period. The monotone map "
    "takes the value at a quantile of the rate; it is right only where the book does not turn near it. Delta, and "
    "delta with gamma, are the same from derivatives alone."
)


def rule_rows(figures: pl.DataFrame) -> list[tuple[str, ...]]:
    """Rows under `RULES`."""

    def cell(row: dict[str, float], name: str) -> str:
        unit = LABELS.get(name, ("$", ""))[0]
        return str(Number(value=row[name], unit=unit, label="", error=row[f"{name}_error"]))  # type: ignore[arg-type]

    names = ("first", "peak", "peak_over_first", "largest_rise", "called", "coverage", "alone_peak")
    return [
        (row["rule"], *(cell(row, name) for name in names), percent(row["reduced"], 0))
        for row in figures.iter_rows(named=True)
    ]


def state_rows(days: pl.DataFrame) -> list[tuple[str, ...]]:
    """Rows under `STATES`."""
    names = ("value", "margin", "monotone", "delta", "delta_gamma")
    return [
        (str(row["date"]), percent(row["rate"], 3), *(money(row[name]) for name in names), row["turns"])
        for row in days.iter_rows(named=True)
    ]


def render(figures: pl.DataFrame | None, days: pl.DataFrame | None) -> Group:
    """The tables, for `rich.print`."""
    parts: list[Table | Text] = []
    if days is not None:
        parts += [_table("The book by the short rate", STATES, state_rows(days)), Text(f"{STATES_NOTE}\n")]
    if figures is not None:
        parts += [_table("Rules of margin", RULES, rule_rows(figures)), Text(RULES_NOTE)]
    return Group(*parts)


def write_margin(
    path: Path,
    *,
    title: str,
    meta: str,
    figures: pl.DataFrame | None = None,
    margin_days: pl.DataFrame | None = None,
    states: pl.DataFrame | None = None,
    values: pl.DataFrame | None = None,
) -> Path:
    """Write the tables and charts that there are as one self-contained HTML file and return its path."""
    tables, shown = [], []
    if figures is not None and margin_days is not None:
        tables.append(page.Table("Rules of margin", RULES, rule_rows(figures), note=RULES_NOTE))
        shown += [page.figure("rules", charts.by_rule(margin_days)), page.figure("apart", charts.rules_apart(figures))]
    if states is not None and values is not None:
        tables.append(page.Table("The book by the short rate", STATES, state_rows(states), note=STATES_NOTE))
        shown += [page.figure("rate", charts.by_rate(values)), page.figure("quantile", charts.by_quantile(values))]
    return page.write_page(path, "facts.html.j2", title=title, meta=meta, charts=shown, tables=tables)


def _table(title: str, head: tuple[str, ...], cells: list[tuple[str, ...]]) -> Table:
    table = Table(title=title, box=False)
    for i, name in enumerate(head):
        table.add_column(name, justify="right" if i else "left", no_wrap=not i)
    for row in cells:
        table.add_row(*row)
    return table
