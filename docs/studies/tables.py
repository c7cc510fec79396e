"""Puts the figures of the sweeps in `sweeps/` into this folder's page, between its markers: `make studies` runs it.

Everything on the page that is a table comes from here; each table stands between `<!-- NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl

from analysis.numbers import Number
from analysis.sweeps.appetite import best_policies
from analysis.sweeps.crowding import externality
from sim.columns import Unit
from sim.sweep_dataset import open_sweep

PAGE = Path(__file__).with_name("hedging_and_liquidity.md")
SWEEPS = Path("sweeps")
DEPTHS = (0.25, 0.5, 1.0, 2.0, 4.0)
FORCED = 0.5  # share of paths on which the lender takes part of the book
DESK_POLICIES = ("kind=every interval=tick", "kind=band width=0.02 interval=tick", "kind=never")
Row = dict[str, Any]


def phase() -> str:
    """Where the map tips, for a few depths."""
    cells = open_sweep(SWEEPS / "phase_diagram").cells.collect()
    rows = []
    for depth in DEPTHS:
        line = cells.filter(pl.col("depth") == depth).sort("gamma").to_dicts()
        preset = next(row for row in line if row["gamma"] == 1.0)
        forced, tipping = crossing(line, "reduced_rate", FORCED), crossing(line, "peak_loop_gain", 1.0)
        names = ("reduced_rate", "twin_reduced_rate", "cost_of_survival", "feedback_cost", "feedback_share")
        figures = [number(preset, name) for name in names]
        rows.append((f"{depth:g}", forced, tipping, *figures))
    head = (
        "depth, x the preset's",
        "half reduced at gamma",
        "loop gain 1 at gamma",
        "at gamma 1: reduced",
        "in the twin",
        "cost of survival",
        "due to feedback",
        "share",
    )
    return markdown(head, rows)


def loops() -> str:
    """The same lines with each loop left out."""
    cells = open_sweep(SWEEPS / "which_loop").cells.collect()
    rows = []
    for loops in cells["loops"].unique(maintain_order=True):
        line = cells.filter(pl.col("loops") == loops).sort("gamma").to_dicts()
        twice = next(row for row in line if row["gamma"] == 2.0)
        name = "all on" if loops == "impact=1" else f"without {loops.partition('=')[0]}"
        figures = [number(twice, n) for n in ("feedback_cost", "reduced_rate", "peak_loop_gain", "peak_vol")]
        forced, tipping = crossing(line, "reduced_rate", FORCED), crossing(line, "peak_loop_gain", 1.0)
        rows.append((name, forced, tipping, *figures))
    head = ("loops", "half reduced at gamma", "loop gain 1 at gamma")
    more = ("at gamma 2: cost due to feedback", "reduced", "peak loop gain", "peak vol")
    return markdown((*head, *more), rows)


def best() -> str:
    """The best policy of each crisis; appetites that choose the same one share a row."""
    frame = best_policies(open_sweep(SWEEPS / "frontier_all")).filter(pl.col("appetite") != "cost only")
    rows = []
    for (scenario, policy), same in frame.group_by("scenario", "label", maintain_order=True):
        row = same.row(0, named=True)
        figures = [number(row, "cost"), number(row, "es_95"), number(row, "liquidation_rate", "share")]
        close = ", ".join(str(len(others)) for others in same["runner_ups"])
        rows.append((scenario, ", ".join(same["appetite"]), policy or "makes no difference", *figures, close))
    head = ("crisis", "appetite", "policy", "mean cost of survival", "ES 95 % of the loss", "liquidated", "as good")
    return markdown(head, rows)


def crowding() -> str:
    """What one more desk puts on the others, for a few policies."""
    sweep = open_sweep(SWEEPS / "crowding_covid_crash_2020")
    twin = {(r["policy"], r["desks"]): r for r in externality(sweep, world="price_taker").iter_rows(named=True)}
    rows = []
    for row in externality(sweep).filter(pl.col("policy").is_in(DESK_POLICIES)).iter_rows(named=True):
        names = ("cost_before", "cost_after", "cost_externality")
        alone = number(twin[row["policy"], row["desks"]], "cost_externality")
        dead = number(row, "liquidation_rate_after", "share")
        rows.append(
            (row["label"], f"{row['desks']} to {row['more_desks']}", *(number(row, n) for n in names), alone, dead)
        )
    head = ("policy", "desks", "a desk loses, before", "after", "one more puts on the others", "the same in the twin")
    return markdown((*head, "a desk is liquidated, after"), rows)


def crossing(line: Sequence[Row], name: str, level: float) -> str:
    """Gamma at which a figure first reaches the level, linear in ln gamma between cells, and its standard error."""
    for low, high in pairwise(line):
        if low[name] < level <= high[name]:
            rise = (high[name] - low[name]) / math.log(high["gamma"] / low["gamma"])
            share = (level - low[name]) / (high[name] - low[name])
            at = low["gamma"] * (high["gamma"] / low["gamma"]) ** share
            error = math.hypot((1 - share) * low[f"{name}_error"], share * high[f"{name}_error"]) / rise * at
            return str(Number(value=at, unit="number", label=name, error=error))
    return "beyond the range" if line[-1][name] < level else "below the range"


UNITS: dict[str, Unit] = {
    "feedback_share": "share",
    "reduced_rate": "share",
    "twin_reduced_rate": "share",
    "peak_loop_gain": "gain",
    "peak_vol": "vol",
}


def number(row: Row, name: str, unit: Unit | None = None) -> str:
    """A figure of a row with its standard error."""
    if row[name] is None:
        return ""
    return str(Number(value=row[name], unit=unit or UNITS.get(name, "$"), label=name, error=row[f"{name}_error"]))


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


TABLES: dict[str, Callable[[], str]] = {"phase": phase, "loops": loops, "best": best, "crowding": crowding}


def fill(page: Path, tables: dict[str, Callable[[], str]], names: Sequence[str] = ()) -> None:
    """Fill a page's tables of those names, or all."""
    for name in names or tables:
        found = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        table = tables[name]()
        text, filled = found.subn(lambda match, table=table: f"{match[1]}{table}\n{match[2]}", page.read_text("utf-8"))
        assert filled == 1, f"{page} has no place for the table {name}"
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    fill(PAGE, TABLES, sys.argv[1:])
