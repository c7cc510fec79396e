"""The effect of feedback: the actual world less its twin, path by path, on the same random numbers."""

from __future__ import annotations

import math

import polars as pl

from analysis import frames, numbers, parts
from analysis.numbers import Number
from analysis.pnl import cost
from analysis.spread import spread
from sim.dataset import Run
from sim.metric_names import COST
from sim.names import PRICE_TAKER


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
    mine = cost(run, agent, "actual", COST)
    extra = mine - cost(run, agent, twin, COST)
    return {
        "feedback_cost": numbers.mean(extra, "$", labels["feedback_cost"]),
        "feedback_share": numbers.ratio(extra, mine, labels["feedback_share"]),
    }


def feedback_parts(run: Run, *, agent: str | None = None) -> dict[str, Number]:
    """The cost due to feedback, part by part with the sub-totals (costs positive); the parts add up to `feedback_cost`.

    Needs a twin.
    """
    twin = frames.check_world(run, frames.twin_name(run) or PRICE_TAKER)
    labels = parts.labels(parts.loss_of(run))
    differ = {name: cost(run, agent, "actual", name) - cost(run, agent, twin, name) for name in labels}
    return {name: numbers.mean(values, "$", labels[name]) for name, values in differ.items()}


@frames.once
def difference(run: Run, agent: str | None) -> pl.DataFrame:
    """Actual - twin day by day: mean, error and quantiles of the desk's P&L ($), of vol (decimal) and of spot (share).

    Columns `<name>`, `<name>_error`, `<name>_q05` ... `<name>_q95` for name in pnl, vol, spot.
    """
    twin = frames.check_world(run, frames.twin_name(run) or PRICE_TAKER)
    market = _paired(frames.asset_closes(run).select("time", "world", "path", "mid", "vol"), twin).select(
        "time", vol=pl.col("vol") - pl.col("vol_twin"), spot=pl.col("mid") / pl.col("mid_twin") - 1
    )
    found = _by_day(market, ("vol", "spot"))
    if frames.desks(run, agent):
        marks = _paired(frames.desk_marks(run, agent).select("time", "world", "path", "pnl"), twin)
        money = _by_day(marks.select("time", pnl=pl.col("pnl") - pl.col("pnl_twin")), ("pnl",))
        found = found.join(money, on="time", how="full", coalesce=True)
    return found.sort("time")


def _paired(frame: pl.LazyFrame, twin: str) -> pl.LazyFrame:
    mine = frame.filter(pl.col("world") == "actual").drop("world")
    other = frame.filter(pl.col("world") == twin).drop("world")
    return mine.join(other, on=["time", "path"], suffix="_twin")


def _by_day(frame: pl.LazyFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    rows = frame.collect()
    errors = [(pl.col(c).std() / pl.len().sqrt()).alias(f"{c}_error") for c in columns]
    figures = rows.group_by("time").agg(*(pl.col(c).mean() for c in columns), *errors)
    return figures.join(spread(rows, columns), on="time")
