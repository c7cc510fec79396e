"""A tuned policy beside others, where it was found and elsewhere: tables for a terminal and one HTML page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from analysis import page
from analysis.charts import tuned as charts
from analysis.numbers import money
from sim.figure_text import percent
from sim.screen.group import Group
from sim.screen.table import Table
from sim.screen.text import Text

HEAD = ("policy", "mean loss", "mean of worst 5 %", "deviation", "reduced", "twin: mean loss", "twin: worst 5 %")
NOTE = (
    "Loss of the desk over the run, with standard errors. Reduced: share of paths on which the lender takes a part of "
    "the book. Twin: the same noise in the market that does not answer anybody's trades. Train is the noise of the "
    "search, test is other noise. What was tuned in the twin and then loses more in the market that answers shows what "
    "such a search misses."
)


def tables_of(checks: pl.DataFrame) -> list[tuple[str, list[tuple[str, ...]]]]:
    """A title and rows under `HEAD` for each crisis and noise."""
    found = []
    for (crisis, noise), of in checks.group_by("crisis", "noise", maintain_order=True):
        rows = []
        for (policy,), both in of.group_by("policy", maintain_order=True):
            actual, twin = (both.filter(world=world).row(0, named=True) for world in ("actual", "price_taker"))
            cells = [money(actual[m], actual[f"{m}_error"]) for m in ("mean", "es_95", "sd")]
            cells += [percent(actual["reduced"], 0), *(money(twin[m], twin[f"{m}_error"]) for m in ("mean", "es_95"))]
            rows.append((str(policy), *cells))
        found.append((f"{crisis}, {noise}", rows))
    return found


def render(checks: pl.DataFrame, risk: str) -> Group:
    """The tables, for `rich.print`."""
    parts: list[Table | Text] = [Text(f"Tuned by {risk} of the loss.\n")]
    for title, rows in tables_of(checks):
        table = Table(title=title, box=False)
        for i, name in enumerate(HEAD):
            table.add_column(name, justify="right" if i else "left", no_wrap=not i)
        for row in rows:
            table.add_row(*row)
        parts += [table, Text()]
    return Group(*parts, Text(NOTE))


def write_tuned(
    path: Path,
    *,
    title: str,
    meta: str,
    checks: pl.DataFrame,
    trials: pl.DataFrame,
    risk: str,
    policies: Mapping[str, str],
) -> Path:
    """Write tables and charts as one self-contained HTML file and return its path."""
    tables = [
        page.Table(name, HEAD, rows, note=NOTE if i == 0 else "") for i, (name, rows) in enumerate(tables_of(checks))
    ]
    tables.append(page.Table("What was found", ("", "for a scenario file"), list(policies.items()), note=""))
    shown = [page.figure("against", charts.against(checks)), page.figure("search", charts.search(trials, risk))]
    return page.write_page(path, "facts.html.j2", title=title, meta=meta, charts=shown, tables=tables)
