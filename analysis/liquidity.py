"""The cost of survival and its parts, the market's worst levels, and margin calls."""

from __future__ import annotations

import math
from collections.abc import Container, Iterator
from typing import Any

import numpy as np
import polars as pl

from analysis import frames, numbers, parts
from analysis.exact_sum import pieces
from analysis.numbers import FloatArray, Number
from analysis.pnl import cost
from sim.dataset import Run
from sim.figure_text import percent
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


@frames.told
def costs(run: Run, *, agent: str | None = None, world: str = "actual") -> dict[str, Number]:
    """The desk's loss part by part, its sub-totals and the whole (`analysis.parts`), means over paths; costs positive.

    The parts add up to `cost_of_survival`, which comes also with its 5, 50 and 95 % quantiles, standard deviation and
    the mean of the costliest 5 %. A run without attribution has the total, frictions and funding only.
    """
    labels = parts.labels(parts.loss_of(run))
    found = {name: numbers.mean(cost(run, agent, world, name), "$", label) for name, label in labels.items()}
    for name in ("liquidity_tax", COST):
        for share in (0.05, 0.50, 0.95):
            label = f"{labels[name]}, {percent(share, 0)} quantile"
            figure = numbers.quantile(cost(run, agent, world, name), share, "$", label)
            found[f"{name}_q{share * 100:02.0f}"] = figure
    return found


def peaks(run: Run, world: str) -> pl.DataFrame:
    """Worst level of the market on each path, one row a path, sorted by path."""
    return frames.whole(run, _peaks, world) if "peaks" in run.tables else pl.DataFrame()


def _peaks(run: Run, world: str) -> pl.LazyFrame:
    return run.table("peaks", world)


@frames.told
def stress(run: Run, *, world: str = "actual") -> dict[str, Number]:
    """Worst levels of the market: median (for the loop gain also 95 %) over paths of each path's worst level."""
    known, schema = _peaks(run, world).collect_schema() if "peaks" in run.tables else (), parts.schema_of(run)
    found = {}
    for name, source, share in STRESS:
        column = schema.column("peaks", source)
        label, unit = f"{column.label}, {numbers.quantile_name(share)}", column.unit or "number"
        found[name] = numbers.quantile(_levels(run, world, source, known), share, unit, label)
    low = found.pop("lowest_depth")
    loss = Number(value=1 - low.value, unit="share", label="Depth loss at the worst, median", error=low.error)
    return {**found, "depth_loss": loss}


def _levels(run: Run, world: str, name: str, known: Container[str]) -> FloatArray:
    """(paths,) a column of the table `peaks`, without paths that have no such level."""
    return numbers.known(frames.path_column(run, _peaks, name, world)) if name in known else np.empty(0)


def median_drawdown(run: Run, *, world: str = "actual") -> Number:
    """Largest fall of the median close of the asset from its running peak, as a share of the peak."""
    median = frames.closes(run, world)["mid_q50"].to_numpy()
    deepest = float((1 - median / np.maximum.accumulate(median)).max()) if median.size else math.nan
    return Number(value=deepest, unit="share", label="Drawdown of the median path")


@frames.told
def margin(run: Run, *, agent: str | None = None, world: str = "actual") -> dict[str, Number]:
    """Margin calls of the desk: calls and $ called per path, share of paths with any, share of the calls unmet."""
    paths = frames.paths_of(run)
    called, counted, unmet = np.zeros(paths), np.zeros(paths), 0
    for calls in _call_chunks(run, agent, world):
        path = calls["path"].to_numpy()
        first, last = int(path.min()), int(path.max())
        called[first : last + 1] += np.bincount(path - first, calls["called"].to_numpy())
        counted[first : last + 1] += np.bincount(path - first)
        unmet += int((calls["outcome"] != "met").sum())
    many = int(counted.sum())
    unmet_share = unmet / many if many else math.nan
    return {
        "margin_called": numbers.mean(called, "$", "Margin called per path, proceeds and book debt included"),
        "margin_calls": numbers.mean(counted, "count", "Margin calls per path"),
        "margin_call_rate": numbers.share(int(np.count_nonzero(counted)), paths, "Paths with a margin call"),
        "margin_unmet": Number(value=unmet_share, unit="share", label="Margin calls not met"),
    }


def desk_calls(run: Run, agent: str | None, world: str) -> pl.DataFrame:
    """The desk's margin calls in one world: time, path, agent, required, called, met, outcome."""
    found = [calls.select(*CALLS) for calls in _call_chunks(run, agent, world)]
    return pl.concat(found).sort("time", "path") if found else pl.DataFrame(schema=CALLS)


@frames.shown
def calls_by_day(run: Run, agent: str | None, world: str) -> pl.DataFrame:
    """date, outcome, called ($), met ($), paths: the desk's margin calls of a day by how they ended, over all paths."""
    sums: dict[tuple[Any, ...], dict[str, list[float]]] = {}
    paths: dict[tuple[Any, ...], int] = {}
    for calls in _call_chunks(run, agent, world):
        for key, of in calls.group_by(pl.col("time").dt.date(), "outcome"):
            paths[key] = paths.get(key, 0) + of["path"].n_unique()
            for name, found in sums.setdefault(key, {"called": [], "met": []}).items():
                found += pieces(of[name].to_list())
    if not sums:
        return pl.DataFrame(schema={"date": pl.Date, "outcome": pl.String})
    rows = [(*key, *map(math.fsum, sums[key].values()), paths[key]) for key in sorted(sums)]
    return pl.DataFrame(rows, ["date", "outcome", "called", "met", "paths"], orient="row")


def _call_chunks(run: Run, agent: str | None, world: str) -> Iterator[pl.DataFrame]:
    """The desk's calls, chunk by chunk of paths; none without a lender, or where no call was made."""
    if "margin_calls" not in run.tables:
        return
    mine = pl.col("agent").is_in(frames.desks(run, agent))
    for rows in run.chunks("margin_calls", world):
        calls = rows.filter(mine).collect()
        if calls.height:
            yield calls
