"""The effect of feedback: the actual world less its twin, path by path, on the same random numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import polars as pl

from analysis import frames, numbers, parts
from analysis.by_close import Closes
from analysis.numbers import FloatArray, Number
from analysis.pnl import cost
from analysis.spread import SHARES, at_shares
from sim.blockwise import deviation
from sim.dataset import Run
from sim.metric_names import COST
from sim.names import PRICE_TAKER


@frames.told
def feedback(run: Run, *, agent: str | None = None) -> dict[str, Number]:
    """What feedback cost the desk: loss in the actual world less that in the twin, and its share of the actual loss.

    Means over paths; as both worlds share their noise, the error is that of the path-by-path difference.
    NaN if the run has no twin; the share also where the cost is not clearly above zero.
    """
    labels = {
        "feedback_cost": "Cost due to feedback",
        "feedback_share": "Share of the cost due to feedback",
    }
    twin = frames.twin_name(run)
    if twin is None:
        return {
            name: Number(value=math.nan, unit="share" if name.endswith("share") else "$", label=label)
            for name, label in labels.items()
        }
    extra, mine = _extra(run, agent, twin, COST), cost(run, agent, "actual", COST)
    return {
        "feedback_cost": numbers.mean(extra, "$", labels["feedback_cost"]),
        "feedback_share": numbers.ratio(extra, mine, labels["feedback_share"]),
    }


@frames.told
def feedback_parts(run: Run, *, agent: str | None = None) -> dict[str, Number]:
    """The cost due to feedback, part by part with the sub-totals (costs positive); the parts add up to `feedback_cost`.

    Needs a twin.
    """
    twin = frames.check_world(run, frames.twin_name(run) or PRICE_TAKER)
    labels = parts.labels(parts.loss_of(run))
    return {name: numbers.mean(_extra(run, agent, twin, name), "$", label) for name, label in labels.items()}


def _extra(run: Run, agent: str | None, twin: str, name: str) -> FloatArray:
    """(paths,) $: what a cost is more than in the twin."""
    other = cost(run, agent, twin, name)
    found = cost(run, agent, "actual", name)
    found -= other
    return found


@frames.shown
def difference(run: Run, agent: str | None) -> pl.DataFrame:
    """Actual - twin day by day: mean, error and quantiles of the desk's P&L ($), of vol (decimal) and of spot (share).

    Columns `<name>`, `<name>_error`, `<name>_q05` ... `<name>_q95` for name in pnl, vol, spot.
    """
    worlds = ("actual", frames.check_world(run, frames.twin_name(run) or PRICE_TAKER))
    mine, other = (frames.closes_by_close(run, world, "vol", "mid") for world in worlds)
    found = _apart(mine, other, {"vol": ("vol", _less), "spot": ("mid", _gain)})
    if not frames.desks(run, agent):
        return found
    mine, other = (frames.marks_by_close(run, agent, world, "pnl") for world in worlds)
    money = _apart(mine, other, {"pnl": ("pnl", _less)})
    return found.join(money, on="time", how="full", coalesce=True).sort("time")


Less = Callable[[FloatArray, FloatArray], FloatArray]  # the answer takes the place of the first


def _less(mine: FloatArray, other: FloatArray) -> FloatArray:
    mine -= other
    return mine


def _gain(mine: FloatArray, other: FloatArray) -> FloatArray:
    mine /= other
    mine -= 1
    return mine


def _apart(mine: Closes, other: Closes, wanted: dict[str, tuple[str, Less]]) -> pl.DataFrame:
    """Mean, error and quantiles over paths of what sets two worlds apart, close by close.

    wanted: by name, the column, and what is taken of its values in both.
    """
    rows: list[dict[str, Any]] = []
    for close, time in enumerate(mine.times):
        rows.append({"time": time})
        for name, (column, less) in wanted.items():
            rows[-1] |= _figures(name, less(mine.at(close, column), other.at(close, column)))
    return pl.DataFrame(rows)


def _figures(name: str, apart: FloatArray) -> dict[str, float | None]:
    """Mean over paths, its error and quantiles."""
    n = apart.size
    error = deviation(n, apart.__getitem__, ddof=1) / math.sqrt(n) if n > 1 else None
    return {
        name: float(apart.mean()),
        f"{name}_error": error,
        **dict(zip((f"{name}_{s}" for s in SHARES), at_shares(apart), strict=True)),
    }
