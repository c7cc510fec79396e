"""Risk during the run: worst close and drawdown."""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from analysis import by_close, frames, numbers
from analysis.numbers import FloatArray, Number
from analysis.pnl import expected_shortfall
from sim.dataset import Run

QUANTILE = 0.95


@frames.lately
def worst(run: Run, agent: str | None, world: str) -> pl.DataFrame:
    """path, lowest, day, drawdown, one row a path: $ and dates at closes.

    `lowest`: the lowest P&L of any close (at most 0, the start), on `day`. `drawdown`: the largest fall of the P&L
    below its highest close before (the start included), >= 0. As capital is constant, equity falls by as much.
    """
    times = frames.mark_times(run, world)
    found = [_worst(rows, times) for rows in frames.mark_chunks(run, agent, world)]
    return pl.concat(found).sort("path")


def _worst(rows: pl.LazyFrame, times: pl.Series) -> pl.DataFrame:
    """The same of a chunk of paths."""
    marks = rows.select("time", "path", "pnl").collect()
    closes = by_close.vectors(marks.lazy(), times, marks.height // max(len(times), 1), "pnl")
    lowest = high = fall = day = np.empty(0)
    for i, (_, (pnl,)) in enumerate(closes):
        if not i:
            lowest, high, fall, day = pnl.copy(), np.zeros(pnl.size), np.zeros(pnl.size), np.zeros(pnl.size, np.int32)
        deeper = pnl < lowest
        lowest[deeper], day[deeper] = pnl[deeper], i
        np.maximum(high, pnl, out=high)
        np.maximum(fall, high - pnl, out=fall)
    first = marks.select(pl.col("path").min()).item() or 0
    return pl.DataFrame(
        {
            "path": pl.Series(np.arange(first, first + lowest.size), dtype=pl.Int32),
            "lowest": np.minimum(lowest, 0.0),
            "day": times.gather(day).dt.date(),
            "drawdown": fall,
        }
    )


@frames.told
def on_the_way(run: Run, *, agent: str | None = None, world: str = "actual") -> dict[str, Number]:
    """Worst close and drawdown of the P&L over paths: median, mean, 95 % quantile, ES 95 %; losses > 0, $."""
    found = worst(run, agent, world)
    return {
        **_figures("worst_close", -found["lowest"].to_numpy(), "Loss at the worst close"),
        **_figures("drawdown", found["drawdown"].to_numpy(), "Drawdown of P&L and equity"),
    }


@frames.shown
def usual_day(run: Run, *, agent: str | None = None, world: str = "actual") -> str:
    """The date that is most often a path's worst close, as YYYY-MM-DD; the first where several are."""
    days = worst(run, agent, world)["day"].drop_nulls()
    return str(days.mode().sort()[0]) if len(days) else ""


def _figures(name: str, losses: FloatArray, label: str) -> dict[str, Number]:
    losses = losses[~np.isnan(losses)]
    if not losses.size:
        nothing = {f"{name}{end}": label for end in ("", "_mean", "_q95", "_es_95")}
        return {key: Number(value=math.nan, unit="$", label=text) for key, text in nothing.items()}
    return {
        name: numbers.quantile(losses, 0.5, "$", f"{label}, median"),
        f"{name}_mean": numbers.mean(losses, "$", f"{label}, mean"),
        f"{name}_q95": numbers.quantile(losses, QUANTILE, "$", f"{label}, 95 % quantile"),
        f"{name}_es_95": expected_shortfall(-losses, QUANTILE, f"{label}, mean of the worst 5 %"),
    }
