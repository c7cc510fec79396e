"""A desk's book position by position: sensitivities at the start and at the worst close, and P&L."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import numpy as np
import polars as pl

from analysis import frames
from analysis.book_words import TOTAL, quantity
from analysis.columns import Columns
from analysis.numbers import FloatArray, Number, mean, money
from analysis.page import Table
from analysis.parts import schema_of
from sim.dataset import Run
from sim.ranks import quantiles
from sim.text import one_line

MOST = 8  # positions that a terminal shows one by one
# Figures of a position besides its P&L: columns of the table `book`.
FIGURES = ("value", "delta_dollars", "gamma_dollars_1pct", "vega_point", "theta_day", "dv01")
KEY = ("agent", "number")


@frames.shown
def by_position(run: Run, agent: str | None, world: str, most: int | None = None) -> pl.DataFrame:
    """position, quantity, start_* and worst_* (`FIGURES`), pnl, error, q05, q50, q95: one row a position, $.

    start_*: at the start. worst_*: the median over paths, at each path's worst close. pnl: mean over paths of the P&L
    of the whole position without hedge, with its standard error and quantiles. most: number of positions shown, those
    with the largest mean P&L; the others share one row. The last row is the sum of all, path by path: its P&L is
    `unhedged_pnl` of the marks. No rows if the run has no table `book`.
    """
    table = frames.table(run, "book", world)
    if table is None:
        return pl.DataFrame()
    names = frames.desks(run, agent)
    mine = table.filter(pl.col("agent").is_in(names))
    first = mine.filter(pl.col("at") == "start").collect()  # of path 0: of all paths alike
    if not first.height:
        return pl.DataFrame()
    if most is not None and first.select(KEY).unique().height <= most + 1:
        return by_position(run, agent, world)
    group = _group(mine, most)
    first = first.with_columns(group)
    labels = _labels(first, several=len(names) > 1)
    rows: dict[int, dict[str, Any]] = {i: {"position": name, "quantity": size} for i, (name, size) in labels.items()}
    rows[-1] = {"position": TOTAL, "quantity": float("nan")}
    for i, row in rows.items():
        told = first.filter(pl.col("group") == i) if i >= 0 else first
        row.update({f"start_{name}": float(told[name].sum()) for name in FIGURES})
    sums = _sums(run, world, pl.col("agent").is_in(names), group, max(labels) + 1)
    for i, (at, (figures, measured)) in product((*labels, -1), MEASURED.items()):
        for name in figures:
            rows[i].update(measured(name, sums[f"{at} {name} {i}"]))
    return pl.DataFrame([rows[i] for i in (*labels, -1)])


def _sums(run: Run, world: str, mine: pl.Expr, group: pl.Expr, groups: int) -> Columns:
    """Figures path by path, summed over the lines of each group, and over all as group -1: `worst value 0`, ..."""
    found = Columns(frames.paths_of(run))
    for part in frames.chunks_of(run):
        lines = part.table("book", world).filter(mine, pl.col("at").is_in(list(MEASURED))).with_columns(group)
        rows = lines.select("at", "group", "path", *FIGURES, "pnl").collect()
        if not rows.height:
            continue
        first, last = (int(path) for path in rows.select(pl.col("path").min(), last=pl.col("path").max()).row(0))
        found.add(
            {
                f"{at} {name} {i}": values
                for at, (figures, _) in MEASURED.items()
                for name, each in _by_group(rows.filter(pl.col("at") == at), figures, (groups, last - first + 1), first)
                for i, values in [*enumerate(each), (-1, each.sum(axis=0))]
            }
        )
    return found


def _by_group(
    rows: pl.DataFrame, figures: tuple[str, ...], shape: tuple[int, int], first: int
) -> Iterator[tuple[str, FloatArray]]:
    """Sums of each figure, (groups, paths)."""
    place = rows["group"].to_numpy() * shape[1] + rows["path"].to_numpy().astype(np.int64) - first
    for name in figures:
        sums = np.bincount(place, rows[name].to_numpy(), shape[0] * shape[1])
        yield name, np.asarray(sums, dtype=np.float64).reshape(shape)


def _worst(name: str, values: FloatArray) -> dict[str, float | None]:
    return {f"worst_{name}": float(np.median(values, overwrite_input=True))}


def _made_of(name: str, values: FloatArray) -> dict[str, float | None]:
    made = mean(values, "$", "")
    low, middle, high = quantiles(values, (0.05, 0.5, 0.95))
    return {name: made.value, "error": made.error, "q05": low, "q50": middle, "q95": high}


MEASURED = {"worst": (FIGURES, _worst), "end": (("pnl",), _made_of)}  # by moment: figures, and what is told of them


def _group(lines: pl.LazyFrame, most: int | None) -> pl.Expr:
    """Column `group`: the number of the row that a line of the table is counted in."""
    mean_pnl = lines.filter(pl.col("at") == "end").group_by(KEY).agg(pl.col("pnl").mean().abs().alias("size"))
    mean_pnl = mean_pnl.with_columns(pl.col("size").round_sig_figs(9))  # its last digits depend on threads
    ends = mean_pnl.collect(engine="streaming")
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


def short_table(run: Run, agent: str | None, world: str) -> Table | None:
    """The largest positions and the rest, in a terminal's width: figures at the start, and P&L."""
    found = by_position(run, agent, world, MOST)
    if not found.height:
        return None
    lines, figures = found.iter_rows(named=True), _figures_of(found, "start")
    rows = [(r["position"], *_figures(r, "start", figures), money(r["pnl"]), money(r["q05"])) for r in lines]
    header = ("position", *_headings(run, figures), "mean P&L", "5 %")
    return Table(f"The book at the start, and its P&L unhedged ({world})", header, rows, totals=(TOTAL,))


def tables(run: Run, agent: str | None, worlds: list[str]) -> list[Table]:
    """The book of a report: at the start; at the worst close and its P&L, world by world."""
    frames_of = {world: by_position(run, agent, world) for world in worlds}
    if not all(frame.height for frame in frames_of.values()):
        return []
    first = list(frames_of[worlds[0]].iter_rows(named=True))
    units = "Per 1 % of spot, per point of implied vol, per average trading day, per basis point of the whole curve."
    figures = _figures_of(frames_of[worlds[0]], "start")
    rows = [(r["position"], quantity(r["quantity"]), *_figures(r, "start", figures)) for r in first]
    header = ("position", "quantity", *_headings(run, figures))
    found = [Table("The book at the start", header, rows, note=units, totals=(TOTAL,))]
    for world, frame in frames_of.items():
        lines = list(frame.iter_rows(named=True))
        note = f"Medians over paths, of what the desk then still has; they do not add up. {units}"
        figures = _figures_of(frame, "worst")
        rows = [(r["position"], *_figures(r, "worst", figures)) for r in lines]
        head = ("position", *_headings(run, figures))
        found.append(Table(f"The book at each path's worst close, {world} world", head, rows, note, (TOTAL,)))
        rows = [(r["position"], str(_made(r)), money(r["q05"]), money(r["q50"]), money(r["q95"])) for r in lines]
        note = "Of the whole position, unhedged: the means add up to the unhedged P&L; quantiles do not."
        header = ("position", "mean ± standard error", "5 %", "median", "95 %")
        found.append(Table(f"P&L by position, {world} world", header, rows, note, (TOTAL,)))
    return found


def _figures_of(positions: pl.DataFrame, at: str) -> tuple[str, ...]:
    """The value, and those of `FIGURES` that some position has: a book of swaps has no delta in the asset."""
    return tuple(name for name in FIGURES if name == "value" or (positions[f"{at}_{name}"] != 0).any())


def _headings(run: Run, figures: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(schema_of(run).column("book", name).label for name in figures)


def _figures(row: Mapping[str, Any], at: str, figures: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(money(row[f"{at}_{name}"]) for name in figures)


def _made(row: Mapping[str, Any]) -> Number:
    return Number(value=row["pnl"], unit="$", label=row["position"], error=row["error"])
