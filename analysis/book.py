"""A desk's book position by position: sensitivities at the start and at the worst close, and P&L."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from analysis import frames
from analysis.book_words import TOTAL, quantity
from analysis.numbers import Number, mean, money
from analysis.page import Table
from analysis.parts import schema_of
from sim.dataset import Run
from sim.text import one_line

MOST = 8  # positions that a terminal shows one by one
# Figures of a position besides its P&L: columns of the table `book`.
FIGURES = ("value", "delta_dollars", "gamma_dollars_1pct", "vega_point", "theta_day", "dv01")
KEY = ("agent", "number")


@frames.once
def by_position(run: Run, agent: str | None, world: str, most: int | None = None) -> pl.DataFrame:
    """position, quantity, start_* and worst_* (`FIGURES`), pnl, error, q05, q50, q95: one row a position, $.

    start_*: at the start. worst_*: the median over paths, at each path's worst close. pnl: mean over paths of the P&L
    of the whole position without hedge, with its standard error and quantiles. most: number of positions shown, those
    with the largest mean P&L; the others share one row. The last row is the sum of all, path by path: its P&L is
    `unhedged_pnl` of the marks. No rows if the run has no table `book`.
    """
    table = frames.table(run, "book")
    if table is None:
        return pl.DataFrame()
    names = frames.desks(run, agent)
    lines = table.filter(pl.col("agent").is_in(names), pl.col("world") == world).collect()
    if not lines.height:
        return pl.DataFrame()
    lines = lines.with_columns(_group(lines, most))
    labels = _labels(lines, several=len(names) > 1)
    everything = lines.with_columns(group=pl.lit(-1, dtype=pl.Int32))
    rows = []
    for (group,), part in pl.concat([lines, everything]).group_by("group", maintain_order=True):
        label, quantity = labels.get(int(str(group)), (TOTAL, float("nan")))
        rows.append((int(str(group)), {"position": label, "quantity": quantity, **_measured(part)}))
    ordered = [row for group, row in sorted(rows, key=lambda each: each[0]) if group >= 0]
    return pl.DataFrame([*ordered, next(row for group, row in rows if group < 0)])


def _group(lines: pl.DataFrame, most: int | None) -> pl.Expr:
    """Column `group`: the number of the row that a line of the table is counted in."""
    ends = lines.filter(pl.col("at") == "end").group_by(KEY).agg(pl.col("pnl").mean().abs().alias("size"))
    alone = ends.filter(pl.col("number") > 0).sort("size", *KEY, descending=[True, False, False])
    kept = alone if most is None or ends.height <= most + 1 else alone.head(most)
    keys = sorted(kept.select(KEY).iter_rows())
    found = pl.lit(len(keys), dtype=pl.Int32)
    for i, (agent, number) in enumerate(keys):
        mine = (pl.col("agent") == agent) & (pl.col("number") == number)
        found = pl.when(mine).then(pl.lit(i, dtype=pl.Int32)).otherwise(found)
    return found.alias("group")


def _labels(lines: pl.DataFrame, *, several: bool) -> dict[int, tuple[str, float]]:
    """Name and quantity of each row, that of the sum left out."""
    found = {}
    positions = lines.select("group", *KEY, "position", "quantity").unique().sort("group", *KEY)
    for (group,), part in positions.group_by("group", maintain_order=True):
        name, quantity, owner = (part[column][0] for column in ("position", "quantity", "agent"))
        if part.height > 1:
            more = sum(
                int(str(p).split()[0]) if n == 0 else 1 for p, n in part.select("position", "number").iter_rows()
            )
            name, quantity = f"{more} others", float("nan")
        elif several:
            name = f"{owner}: {name}"
        found[int(str(group))] = one_line(str(name)), float(quantity)
    return found


def _measured(part: pl.DataFrame) -> dict[str, float | None]:
    """Figures of the lines of one row."""
    figures, sums = list(FIGURES), {}
    for at in ("start", "worst", "end"):
        sums[at] = part.filter(pl.col("at") == at).group_by("path").agg(pl.col(*figures, "pnl").sum()).sort("path")
    made = mean(sums["end"]["pnl"].to_numpy(), "$", "")
    low, middle, high = np.quantile(sums["end"]["pnl"].to_numpy(), [0.05, 0.5, 0.95]).tolist()
    return {
        **{f"start_{name}": float(sums["start"][name][0]) for name in figures},
        **{f"worst_{name}": float(np.median(sums["worst"][name].to_numpy())) for name in figures},
        "pnl": made.value,
        "error": made.error,
        "q05": low,
        "q50": middle,
        "q95": high,
    }


def short_table(run: Run, agent: str | None, world: str) -> Table | None:
    """The largest positions and the rest, in a terminal's width: figures at the start, and P&L."""
    found = by_position(run, agent, world, MOST)
    if not found.height:
        return None
    lines = found.iter_rows(named=True)
    rows = [(r["position"], *_figures(r, "start"), money(r["pnl"]), money(r["q05"])) for r in lines]
    header = ("position", *_headings(run), "mean P&L", "5 %")
    return Table(f"The book at the start, and its P&L unhedged ({world})", header, rows, totals=(TOTAL,))


def tables(run: Run, agent: str | None, worlds: list[str]) -> list[Table]:
    """The book of a report: at the start; at the worst close and its P&L, world by world."""
    frames_of = {world: by_position(run, agent, world) for world in worlds}
    if not all(frame.height for frame in frames_of.values()):
        return []
    first = list(frames_of[worlds[0]].iter_rows(named=True))
    units = "Per 1 % of spot, per point of implied vol, per average trading day, per basis point of the whole curve."
    head = ("position", *_headings(run))
    rows = [(r["position"], quantity(r["quantity"]), *_figures(r, "start")) for r in first]
    header = ("position", "quantity", *_headings(run))
    found = [Table("The book at the start", header, rows, note=units, totals=(TOTAL,))]
    for world, frame in frames_of.items():
        lines = list(frame.iter_rows(named=True))
        note = f"Medians over paths, of what the desk then still has; they do not add up. {units}"
        rows = [(r["position"], *_figures(r, "worst")) for r in lines]
        found.append(Table(f"The book at each path's worst close, {world} world", head, rows, note, (TOTAL,)))
        rows = [(r["position"], str(_made(r)), money(r["q05"]), money(r["q50"]), money(r["q95"])) for r in lines]
        note = "Of the whole position, unhedged: the means add up to the unhedged P&L; quantiles do not."
        header = ("position", "mean ± standard error", "5 %", "median", "95 %")
        found.append(Table(f"P&L by position, {world} world", header, rows, note, (TOTAL,)))
    return found


def _headings(run: Run) -> tuple[str, ...]:
    """Of the columns of `FIGURES`."""
    return tuple(schema_of(run).column("book", name).label for name in FIGURES)


def _figures(row: Mapping[str, Any], at: str) -> tuple[str, ...]:
    return tuple(money(row[f"{at}_{name}"]) for name in FIGURES)


def _made(row: Mapping[str, Any]) -> Number:
    return Number(value=row["pnl"], unit="$", label=row["position"], error=row["error"])
