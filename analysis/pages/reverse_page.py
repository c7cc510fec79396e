"""The mildest end of a desk and the levers against it, as tables for a terminal and as one HTML page."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from analysis import page
from analysis.charts import reverse as charts
from sim.figure_text import text_of
from sim.screen.group import Group
from sim.screen.table import Table
from sim.screen.text import Text

LEVERS = ("lever", "ends on", "ends again at")
NOTE = (
    "Each lever on the storyline that was found: the share of paths on which the desk still ends, and how far the same "
    "storyline must go, in standard deviations, until it ends as often as without the lever. One that lies lower than "
    "the storyline itself has made things worse. Easier margin can: a desk that is reduced early is out of the crisis."
)


def lever_rows(levers: pl.DataFrame) -> list[tuple[str, ...]]:
    """Rows under `LEVERS`."""
    return [
        (
            row["lever"],
            text_of(row["share"], "share", row["share_error"]),
            "not within reach" if math.isinf(row["distance"]) else f"{row['distance']:.1f} sd",
        )
        for row in levers.iter_rows(named=True)
    ]


def render(told: Mapping[str, str], levers: pl.DataFrame) -> Group:
    """The tables, for `rich.print`."""
    story = Table("", "", title="The mildest storyline", box=False, show_header=False)
    for what, how in told.items():
        story.add_row(what, how)
    table = Table(title="What would have saved it", box=False)
    for i, name in enumerate(LEVERS):
        table.add_column(name, justify="right" if i else "left", no_wrap=not i)
    for row in lever_rows(levers):
        table.add_row(*row)
    return Group(story, Text(), table, Text(NOTE))


def write_reverse(
    path: Path,
    *,
    title: str,
    meta: str,
    told: Mapping[str, str],
    along: pl.DataFrame,
    levers: pl.DataFrame,
    share: float,
) -> Path:
    """Write tables and charts as one self-contained HTML file and return its path."""
    tables = [
        page.Table("The mildest storyline", ("", ""), list(told.items()), note=""),
        page.Table("What would have saved it", LEVERS, lever_rows(levers), note=NOTE),
    ]
    shown = [page.figure("along", charts.along(along)), page.figure("levers", charts.by_lever(levers, share))]
    return page.write_page(path, "facts.html.j2", title=title, meta=meta, charts=shown, tables=tables)
