"""The paths of a run beside one another: one row a path."""

from __future__ import annotations

import numpy as np
import polars as pl

from analysis import cash, force, frames, liquidity, parts, way
from sim.columns import Column
from sim.dataset import Run
from sim.errors import UserError
from sim.metric_names import COST

WHOLE, REDUCED, LIQUIDATED, DEFAULTED = "kept its book", "reduced", "liquidated", "defaulted"
ENDS = (WHOLE, REDUCED, LIQUIDATED, DEFAULTED)  # mild to hard
# Columns of `every` that may be drawn against one another and sorted by; those that a run lacks are left out.
FIGURES = (
    Column("pnl", "P&L", "$"),
    Column(COST, "Cost of survival", "$"),
    Column("unhedged_pnl", "P&L of the whole book, unhedged", "$"),
    Column("lowest", "P&L at the worst close", "$"),
    Column("drawdown", "Drawdown", "$"),
    Column("book_share", "Share of the book not taken", "share"),
    Column("called", "Margin called", "$"),
    Column("low_free_cash", "Lowest free cash", "$"),
    Column("capital_needed", "Survival capital, first order", "$"),
    Column("low_mid", "Lowest price", "price"),
    Column("peak_vol", "Peak implied vol", "vol"),
    Column("peak_half_spread_multiple", "Peak spread, multiple of base", "multiple"),
    Column("low_depth_multiple", "Lowest depth, share of base", "share"),
    Column("peak_loop_gain", "Peak loop gain", "gain"),
)


@frames.once
def every(run: Run, agent: str | None, world: str) -> pl.DataFrame:
    """path, witness, end (one of `ENDS`), day (of the worst close) and the columns of `FIGURES`, sorted by path.

    A run without a hedging desk has the market's figures only.
    """
    count = int(run.manifest["paths"])
    found = pl.DataFrame({"path": np.arange(count, dtype=np.int32)}).with_columns(
        witness=pl.col("path") < int(run.manifest.get("witnesses") or 0)
    )
    peaks = liquidity.peaks(run, world)
    if frames.desks(run, agent):
        found = _with_desk(run, agent, world, found)
    if peaks.height:
        known = [column.name for column in FIGURES if column.name in peaks.columns]
        found = found.join(peaks.select("path", *known), on="path", how="left")
    return found.sort("path")


def _with_desk(run: Run, agent: str | None, world: str, found: pl.DataFrame) -> pl.DataFrame:
    loss = parts.loss_of(run)
    total = pl.col(parts.column_of(loss.name)).alias(COST)
    final = frames.final(run, agent, world).select("path", "pnl", "unhedged_pnl", total)
    found = found.join(final, on="path", how="left").join(way.worst(run, agent, world), on="path", how="left")
    calls = liquidity.desk_calls(run, agent, world).group_by("path").agg(pl.col("called").sum())
    found = found.join(calls.cast({"path": pl.Int32}), on="path", how="left").with_columns(
        pl.col("called").fill_null(0)
    )
    held = cash.worst(run, agent, world)
    if held.height:
        found = found.join(held.select("path", "low_free_cash", "capital_needed"), on="path", how="left")
    left = force.left(run, agent, world)
    found = found.join(left, on="path", how="left")
    fallen = frames.first_falls(run, agent).filter(pl.col("world") == world).select("path", "defaulted")
    end = (
        pl.when(pl.col("defaulted"))
        .then(pl.lit(DEFAULTED))
        .when(pl.col("defaulted").is_not_null())
        .then(pl.lit(LIQUIDATED))
        .when(pl.col("least") < 1.0)
        .then(pl.lit(REDUCED))
        .otherwise(pl.lit(WHOLE))
    )
    return found.join(fallen, on="path", how="left").with_columns(end=end).drop("defaulted", "least")


def figures(found: pl.DataFrame) -> list[Column]:
    """The columns of `FIGURES` that a table has."""
    return [column for column in FIGURES if column.name in found.columns]


def figure(found: pl.DataFrame, name: str) -> Column:
    """One of them. Raises UserError for an unknown one."""
    known = {column.name: column for column in figures(found)}
    if name not in known:
        raise UserError("a path has no such figure", value=name, remedy=f"figures: {', '.join(known)}")
    return known[name]


def check_path(run: Run, path: int) -> int:
    """The number of a path. Raises UserError for one that the run does not have."""
    last = int(run.manifest["paths"]) - 1
    if not 0 <= path <= last:
        raise UserError(f"the run's paths are 0 to {last}", value=path, place=str(run.path))
    return path


def is_witness(run: Run, path: int) -> bool:
    """Whether every tick of the path was kept."""
    return path < int(run.manifest.get("witnesses") or 0)
