"""The cost of survival and its parts, the market's worst levels, and margin calls."""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from analysis import frames, numbers, parts
from analysis.numbers import Number
from analysis.pnl import cost
from sim.dataset import Run
from sim.metric_names import COST

CALLS: dict[str, pl.DataType | type[pl.DataType]] = {
    "time": pl.Datetime("us"),
    "path": pl.Int64,
    "agent": pl.String,
    "required": pl.Float64,
    "called": pl.Float64,
    "met": pl.Float64,
    "outcome": pl.String,
}

STRESS = (  # figure, column of `peaks`, quantile over paths
    ("peak_vol", "peak_vol", 0.5),
    ("peak_spread_multiple", "peak_half_spread_multiple", 0.5),
    ("lowest_depth", "low_depth_multiple", 0.5),
    ("peak_loop_gain", "peak_loop_gain", 0.5),
    ("peak_loop_gain_q95", "peak_loop_gain", 0.95),
    ("peak_credit", "peak_credit", 0.5),
    ("lowest_spot", "low_mid", 0.5),
)


def costs(run: Run, *, agent: str | None = None, world: str = "actual") -> dict[str, Number]:
    """The desk's loss part by part, its sub-totals and the whole (`analysis.parts`), means over paths; costs positive.

    The parts add up to `cost_of_survival`, which comes also with its 5, 50 and 95 % quantiles, standard deviation and
    the mean of the costliest 5 %. A run without attribution has the total, frictions and funding only.
    """
    labels = parts.labels(parts.loss_of(run))
    found = {name: numbers.mean(cost(run, agent, world, name), "$", label) for name, label in labels.items()}
    for name in ("liquidity_tax", COST):
        for share in (0.05, 0.50, 0.95):
            label = f"{labels[name]}, {share * 100:.0f} % quantile"
            values = cost(run, agent, world, name)
            found[f"{name}_q{share * 100:02.0f}"] = numbers.quantile(values, share, "$", label)
    return found


@frames.once
def peaks(run: Run, world: str) -> pl.DataFrame:
    """Worst level of the market on each path, one row a path."""
    frame = frames.table(run, "peaks")
    return pl.DataFrame() if frame is None else frame.filter(pl.col("world") == world).collect()


def stress(run: Run, *, world: str = "actual") -> dict[str, Number]:
    """Worst levels of the market: median (for the loop gain also 95 %) over paths of each path's worst level."""
    frame, schema = peaks(run, world), parts.schema_of(run)
    found = {}
    for name, source, share in STRESS:
        column = schema.column("peaks", source)
        values = frame[source].to_numpy() if source in frame.columns else np.empty(0)
        label = f"{column.label}, {numbers.quantile_name(share)}"
        found[name] = numbers.quantile(values[~np.isnan(values)], share, column.unit or "number", label)
    low = found.pop("lowest_depth")
    loss = Number(value=1 - low.value, unit="share", label="Depth loss at the worst, median", error=low.error)
    return {**found, "depth_loss": loss}


def median_drawdown(run: Run, *, world: str = "actual") -> Number:
    """Largest fall of the median close of the asset from its running peak, as a share of the peak."""
    median = frames.closes(run, world)["mid_q50"].to_numpy()
    deepest = float((1 - median / np.maximum.accumulate(median)).max()) if median.size else math.nan
    return Number(value=deepest, unit="share", label="Drawdown of the median path")


def margin(run: Run, *, agent: str | None = None, world: str = "actual") -> dict[str, Number]:
    """Margin calls of the desk: calls and $ called per path, share of paths with any, share of the calls unmet."""
    paths = int(run.manifest["paths"])
    calls = desk_calls(run, agent, world)
    per_path = calls.group_by("path", maintain_order=True).agg(pl.col("called").sum(), pl.len().alias("calls"))
    called, counted = np.zeros(paths), np.zeros(paths)
    index = np.arange(
        per_path.height
    )  # the sum does not care which path is which; the zeros are the paths without a call
    called[index], counted[index] = per_path["called"].to_numpy(), per_path["calls"].to_numpy()
    unmet = calls.filter(pl.col("outcome") != "met").height
    unmet_share = unmet / calls.height if calls.height else math.nan
    return {
        "margin_called": numbers.mean(called, "$", "Margin called per path, proceeds and book debt included"),
        "margin_calls": numbers.mean(counted, "count", "Margin calls per path"),
        "margin_call_rate": numbers.share(per_path.height, paths, "Paths with a margin call"),
        "margin_unmet": Number(value=unmet_share, unit="share", label="Margin calls not met"),
    }


@frames.once
def desk_calls(run: Run, agent: str | None, world: str) -> pl.DataFrame:
    """The desk's margin calls in one world: time, path, agent, required, called, met, outcome."""
    frame = frames.table(run, "margin_calls")
    if frame is None:
        return pl.DataFrame(schema=CALLS)
    chosen = (pl.col("world") == world) & pl.col("agent").is_in(frames.desks(run, agent))
    return frame.filter(chosen).select(*CALLS).sort("time", "path").collect()
