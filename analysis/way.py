"""Risk during the run: worst close and drawdown."""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from analysis import by_close, frames, numbers
from analysis.columns import Columns
from analysis.numbers import FloatArray, Number
from analysis.pnl import expected_shortfall
from sim.dataset import Run

QUANTILE = 0.95


def worst(run: Run, agent: str | None, world: str) -> pl.DataFrame:
    """path, lowest, day, drawdown, one row a path: $ and dates at closes.

    `lowest`: the lowest P&L of any close (at most 0, the start), on `day`. `drawdown`: the largest fall of the P&L
    below its highest close before (the start included), >= 0. As capital is constant, equity falls by as much.
    """
    found = _aside(run, agent, world)
    days = frames.mark_times(run, world).dt.date()
    return pl.DataFrame(
        {
            "path": pl.Series(found["path"].astype(np.int32)),
            "lowest": found["lowest"],
            "day": days.gather(found["day"].astype(np.int64)),
            "drawdown": found["drawdown"],
        }
    )


def drawdown(run: Run, agent: str | None, world: str) -> FloatArray:
    """(paths,) $: the column of `worst` of that name."""
    return _aside(run, agent, world)["drawdown"]


@frames.once
def _aside(run: Run, agent: str | None, world: str) -> Columns:
    """The columns of `worst`, the day as the number of the close."""
    times, found = frames.mark_times(run, world), Columns(frames.paths_of(run))
    for rows in frames.mark_chunks(run, agent, world):
        found.add(_worst(rows, times))
    return found


def _worst(rows: pl.LazyFrame, times: pl.Series) -> dict[str, FloatArray]:
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
    path = np.arange(first, first + lowest.size, dtype=np.float64)
    return {"path": path, "lowest": np.minimum(lowest, 0.0), "day": day.astype(np.float64), "drawdown": fall}


@frames.told
def on_the_way(run: Run, *, agent: str | None = None, world: str = "actual") -> dict[str, Number]:
    """Worst close and drawdown of the P&L over paths: median, mean, 95 % quantile, ES 95 %; losses > 0, $."""
    found = _aside(run, agent, world)
    return {
        **_figures("worst_close", _negative(found["lowest"]), "Loss at the worst close"),
        **_figures("drawdown", found["drawdown"], "Drawdown of P&L and equity"),
    }


def _negative(values: FloatArray) -> FloatArray:
    """The values with the other sign, in their place."""
    return np.negative(values, out=values)


@frames.shown
def usual_day(run: Run, *, agent: str | None = None, world: str = "actual") -> str:
    """The date that is most often a path's worst close, as YYYY-MM-DD; the first where several are."""
    closes = np.bincount(_aside(run, agent, world)["day"].astype(np.int32))  # paths by the number of the close
    if not closes.size:
        return ""
    days = frames.mark_times(run, world).dt.date()
    often = np.bincount(days.rank("dense").to_numpy().astype(np.int64)[: closes.size] - 1, closes).argmax()
    return str(days.unique().sort()[int(often)])


def _figures(name: str, losses: FloatArray, label: str) -> dict[str, Number]:
    losses = numbers.known(losses)
    if not losses.size:
        nothing = {f"{name}{end}": label for end in ("", "_mean", "_q95", "_es_95")}
        return {key: Number(value=math.nan, unit="$", label=text) for key, text in nothing.items()}
    return {
        name: numbers.quantile(losses, 0.5, "$", f"{label}, median"),
        f"{name}_mean": numbers.mean(losses, "$", f"{label}, mean"),
        f"{name}_q95": numbers.quantile(losses, QUANTILE, "$", f"{label}, 95 % quantile"),
        f"{name}_es_95": expected_shortfall(_negative(losses), QUANTILE, f"{label}, mean of the worst 5 %"),
    }
