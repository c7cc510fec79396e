"""Survival capital as a table for a terminal and as one HTML page with its curve."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from analysis import page
from analysis.charts.capital import curve
from analysis.horizon import OVER_THE_RUN
from analysis.numbers import FloatArray, Number, money
from sim.figure_text import significant
from sim.screen.group import Group
from sim.screen.table import Table
from sim.screen.text import Text

HEADER = ("paths never reduced", "capital", "tried below it", "first order, today's run")
NOTE = (
    f"Capital at which so many of the paths are never reduced by force {OVER_THE_RUN}: each capital is a run of its "
    "own, all on the same random numbers. ±: the Monte Carlo standard error of the quantile. Tried below it: the "
    "largest capital at which fewer paths are spared. First order: what the run with today's capital says by itself, "
    "with the market as it was there; n/a where so many paths lost the whole book."
)
READ = (
    "Points are runs, with two standard errors either way; the dashed line is what the run with today's capital says "
    "by itself (first order). Where the two part, the desk's own forced sales had moved the market."
)


def answer_rows(answers: pl.DataFrame) -> list[tuple[str, ...]]:
    """Rows under `HEADER` of level, capital, error, below, first_order ($)."""
    found: list[tuple[str, ...]] = []
    for row in answers.iter_rows(named=True):
        capital = Number(value=row["capital"], unit="$", label="capital", error=row["error"])
        below = exact(row["below"]) if row["below"] > 0 else "none"
        found.append((f"{significant(row['level'] * 100)} %", str(capital), below, exact(row["first_order"])))
    return found


def exact(capital: float) -> str:
    """A capital to a thousandth, as far as the search goes."""
    return Number(value=capital, unit="$", label="capital", error=abs(capital) / 1000).bare()


def said(trials: pl.DataFrame) -> str:
    """The share at today's capital."""
    row = trials.row(by_predicate=pl.col("today"), named=True)
    share = Number(value=row["never_reduced"], unit="share", label="never reduced", error=row["error"])
    return f"With today's capital, {money(row['capital'])}, {share} of the paths are never reduced by force."


def render(answers: pl.DataFrame, trials: pl.DataFrame, head: str) -> Group:
    """The answers and the share at today's capital, for `rich.print`."""
    table = Table(title=f"Survival capital ({head})", box=False)
    for name in HEADER:
        table.add_column(name, justify="right")
    for row in answer_rows(answers):
        table.add_row(*row)
    return Group(table, Text(f"\n{said(trials)}\n\n{NOTE}"))


def write_capital(
    path: str | Path,
    *,
    title: str,
    meta: str,
    answers: pl.DataFrame,
    trials: pl.DataFrame,
    needed: FloatArray,
    today: float,
) -> Path:
    """Write answers, curve and trials as one self-contained HTML file and return its path.

    answers: level, capital, error, below, first_order. trials: capital, never_reduced, error, today.
    needed: (paths,) $, of the run with today's capital, first order.
    """
    rows: list[tuple[str, ...]] = []
    for row in trials.iter_rows(named=True):
        share = Number(value=row["never_reduced"], unit="share", label="", error=row["error"])
        rows.append((exact(row["capital"]), str(share), "today's" if row["today"] else ""))
    tables = [
        page.Table("Survival capital", HEADER, answer_rows(answers), note=NOTE),
        page.Table("Every run", ("capital", "paths never reduced", ""), rows, note=said(trials)),
    ]
    figures = [page.figure("curve", curve(answers, trials, needed, today), READ)]
    return page.write_page(Path(path), "facts.html.j2", title=title, meta=meta, charts=figures, tables=tables)
