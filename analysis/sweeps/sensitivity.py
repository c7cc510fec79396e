"""Sensitivity of a metric: Sobol indices, a tornado of one-at-a-time changes, and scans along one axis."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis.given import A_SWEEP
from analysis.sweeps import axes as names
from analysis.sweeps.axes import Axis
from analysis.sweeps.paired import POINTS, Apart, apart
from sim.arguments import maybe, number, takes, text, whole
from sim.errors import UserError
from sim.sweep_dataset import SweepResult

FloatArray = NDArray[np.float64]
TAIL = 0.1  # share of the points that are an end of an axis in a sampled design
BINS = 10  # groups of points along an axis of a sampled design
FEWEST = 4  # points in a group whose mean is to have a standard error worth showing
INDICES = ("first", "first_low", "first_high", "total", "total_low", "total_high")
BLOCK_OF_NUMBERS = 4_000_000  # of the bootstrap at a time: 32 MB


@takes(
    sweep=A_SWEEP,
    metric=text,
    scenario=maybe(text),
    level=number,
    resamples=whole(1),
    seed=whole(0),
)
def sobol_indices(
    sweep: SweepResult,
    metric: str,
    *,
    scenario: str | None = None,
    level: float = 0.95,
    resamples: int = 1000,
    seed: int = 1,
) -> pl.DataFrame:
    """First-order and total Sobol indices of a metric, a row an axis, of a sweep with design "saltelli".

    Columns axis, first, first_low, first_high, total, total_low, total_high. The estimators are those of Saltelli et
    al. (2010), Computer Physics Communications 181, in `scipy.stats.sobol_indices`. Intervals hold `level` of a
    percentile bootstrap over the design's rows with a fixed seed (SciPy's own draws from the global generator).
    Indices of a metric that does not vary are 0. With fresh noise in every cell, what the noise adds to the variance
    counts towards every total.
    `scenario`: the first of the sweep where none is named.
    Raises UserError for another design, and where cells are missing or failed.
    """
    f_a, f_b, f_ab = _blocks(sweep, metric, scenario)
    n = len(f_a)
    rng = np.random.Generator(np.random.Philox(seed))
    draws = np.vstack([np.arange(n), rng.integers(n, size=(resamples, n))])
    first, total = _indices(f_a, f_b, f_ab, draws)
    tails = [(1 - level) / 2, (1 + level) / 2]
    found = [
        [a.name, *_interval(first[:, i], tails), *_interval(total[:, i], tails)]
        for i, a in enumerate(names.axes(sweep))
    ]
    return pl.DataFrame(found, schema={"axis": pl.String, **dict.fromkeys(INDICES, pl.Float64)}, orient="row")


def _indices(f_a: FloatArray, f_b: FloatArray, f_ab: FloatArray, draws: NDArray[np.int64]) -> tuple[FloatArray, ...]:
    """(draws, axes) first-order and total indices, one row a resample: SciPy takes them as so many outputs."""
    from scipy import stats

    n, d = len(f_a), len(f_ab)
    step = max(2, BLOCK_OF_NUMBERS // (n * d))
    parts = []
    for at in range(0, len(draws), step):
        rows = draws[at : at + step]
        given: Any = {"f_A": f_a[rows], "f_B": f_b[rows], "f_AB": f_ab[:, rows]}
        found = stats.sobol_indices(func=given, n=n)
        parts.append([np.reshape(x, (len(rows), d)) for x in (found.first_order, found.total_order)])
    return tuple(np.concatenate(part) for part in zip(*parts, strict=True))


def _interval(values: FloatArray, tails: list[float]) -> tuple[float, float, float]:
    """The estimate, which is the first of the values, and the quantiles of the others."""
    low, high = np.quantile(values[1:], tails)
    return float(values[0]), float(low), float(high)


def _blocks(sweep: SweepResult, metric: str, scenario: str | None) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The metric in blocks A and B, (rows,), and AB, (axes, rows)."""
    if sweep.manifest["design"] != "saltelli":
        raise UserError(
            "Sobol indices need the blocks of design saltelli",
            value=sweep.manifest["design"],
            place=str(sweep.path),
            remedy='sweep with design = "saltelli"',
        )
    names.metric(sweep, metric)
    chosen = sweep.cells.filter(pl.col("scenario") == names.scenario_of(sweep, scenario)).collect()
    _check_whole(sweep, chosen, metric)
    d = len(sweep.axes)
    parts = chosen.sort("row").partition_by("block", as_dict=True)
    f_a, f_b, *f_ab = (parts[(block,)][metric].to_numpy() for block in ("A", "B", *[f"AB{i + 1}" for i in range(d)]))
    return f_a, f_b, np.stack(f_ab)


def _check_whole(sweep: SweepResult, chosen: pl.DataFrame, metric: str) -> None:
    wanted = int(sweep.manifest["cells"]) // len(sweep.manifest["scenarios"])
    lacking = chosen.filter(pl.col("status") == "failed")["cell"].to_list()
    mute = chosen.filter((pl.col("status") == "done") & ~pl.col(metric).is_finite().fill_null(False))["cell"].to_list()
    told = [f"cells {_some(lacking)} failed"] if lacking else []
    told += [f"cells {_some(mute)} do not give it"] if mute else []
    told += [f"{wanted - chosen.height} of {wanted} cells have not finished"] if chosen.height < wanted else []
    if told:
        raise UserError(
            f"Sobol indices of {metric} need every cell of the design",
            value=", ".join(told),
            place=str(sweep.path),
            remedy="sweep again, with --retry-failed" if lacking else "let the sweep finish, or take another metric",
        )


def _some(cells: list[int]) -> str:
    return ", ".join(map(str, cells[:8])) + (f" and {len(cells) - 8} more" if len(cells) > 8 else "")


@takes(sweep=A_SWEEP, metric=text, scenario=maybe(text))
def tornado(sweep: SweepResult, metric: str, *, scenario: str | None = None) -> pl.DataFrame:
    """How far each axis alone moves a metric, the furthest first.

    Columns axis, label, low_at, high_at, unpaired (text), low, low_error, high, high_error, swing (|high - low|),
    swing_error.
    On a grid or list: the metric at the axis' lowest and highest value in the cells where every other axis rests (see
    `axes.base`); for an axis of names, where the metric is least and greatest. In a sampled design: its mean over
    the tenth of the points with the lowest and with the highest value of the axis, all others as they fall, with the
    standard error of that mean.
    The error of a swing is that of the path-by-path difference where `unpaired` is empty, and none where it is exactly
    zero on all paths. Else both ends are taken as independent and `unpaired` says why (see `sweeps.paired`): with
    common noise an upper bound. An axis with one value is left out. `scenario`: the first of the sweep where none is
    named. Raises UserError if no axis has two.
    """
    frame = names.cells(sweep, metric, scenario=scenario)
    sampled = sweep.manifest["design"] in names.SAMPLED
    ends = [(a, _tails(frame, a, metric) if sampled else _ends(sweep, frame, a, metric)) for a in names.axes(sweep)]
    found = [_bar(a, *three) for a, three in ends if three is not None]
    if not found:
        raise UserError(
            "a tornado needs cells that differ in one axis only",
            place=str(sweep.path),
            value=f"{frame.height} finished cells",
            remedy="let the sweep go on",
        )
    text = dict.fromkeys(("axis", "label", "low_at", "high_at", "unpaired"), pl.String)
    number = dict.fromkeys(("low", "low_error", "high", "high_error", "swing", "swing_error"), pl.Float64)
    return pl.DataFrame(found, schema={**text, **number}, orient="row").sort("swing", descending=True)


End = tuple[Any, float, float | None]  # where, metric, its standard error


def _bar(a: Axis, low: End, high: End, swing: Apart) -> tuple[Any, ...]:
    at = low[0], high[0], swing.unpaired
    return (a.name, a.label, *at, *low[1:], *high[1:], abs(high[1] - low[1]), swing.error)


def _ends(sweep: SweepResult, frame: pl.DataFrame, a: Axis, metric: str) -> tuple[End, End, Apart] | None:
    mine = names.held(frame, names.resting(sweep, frame, [a.name])).sort(metric if a.category else a.name)
    if mine[a.name].n_unique() < 2:
        return None
    low, high = mine.row(0, named=True), mine.row(-1, named=True)
    return _end(low, a, metric), _end(high, a, metric), apart(sweep, metric, low, high)


def _end(row: Mapping[str, Any], a: Axis, metric: str) -> End:
    return a.text(row[a.name]), row[metric], row[f"{metric}_error"]


def _tails(frame: pl.DataFrame, a: Axis, metric: str) -> tuple[End, End, Apart] | None:
    """The means over the lowest and the highest tenth; over the least and the greatest value where there are few."""
    mine = _independent(frame).sort(a.name)
    if mine[a.name].n_unique() <= BINS:
        groups = [_tail(part, a, metric) for part in mine.partition_by(a.name, maintain_order=True)]
        groups = sorted(groups, key=lambda end: end[1]) if a.category else groups
        return _points(groups[0], groups[-1]) if len(groups) > 1 else None
    few = max(round(TAIL * mine.height), min(FEWEST, mine.height // 2))
    if few < 2:
        return None
    return _points(_tail(mine.head(few), a, metric), _tail(mine.tail(few), a, metric))


def _points(low: End, high: End) -> tuple[End, End, Apart]:
    """Ends that are means over different points: independent."""
    errors = [end[2] for end in (low, high) if end[2] is not None]
    return low, high, Apart(math.hypot(*errors) if len(errors) == 2 else None, POINTS)


def _tail(part: pl.DataFrame, a: Axis, metric: str) -> End:
    values = part[metric].to_numpy()
    low, high = part[a.name].min(), part[a.name].max()
    where = a.text(low) if low == high else f"{a.short(low)} to {a.text(high)}"
    error = float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else None
    return where, float(values.mean()), error


def _independent(frame: pl.DataFrame) -> pl.DataFrame:
    """Of a saltelli design blocks A and B: the others repeat their values."""
    return frame.filter(pl.col("block").is_in(["A", "B"])) if "block" in frame.columns else frame


def scan(
    sweep: SweepResult,
    metric: str,
    axis: str,
    *,
    by: str | None = None,
    at: Mapping[str, Any] | None = None,
    scenario: str | None = None,
) -> pl.DataFrame:
    """A metric along one axis: columns [by,] <axis>, value, error, cells, sorted.

    `by`: a second axis, one group a value. `at`: values at which further axes are held; what is neither is averaged
    over. The error of an average over cells is that of independent cells with fresh noise, and the mean of their
    errors (an upper bound) with common noise. In a sampled design points are put into ten groups of equal size along
    the axis (one a value where it has no more than ten), the value is their mean, and the error that of this mean.
    Raises UserError for an unknown metric, axis or scenario, and where no cell is left.
    """
    for name in (axis, *([by] if by else []), *(at or {})):
        names.axis(sweep, name)
    frame = names.held(names.cells(sweep, metric, scenario=scenario), at or {})
    if not frame.height:
        raise UserError(
            "a scan needs cells", place=str(sweep.path), value=dict(at or {}), remedy="hold axes at values they have"
        )
    groups = [by] if by else []
    if sweep.manifest["design"] in names.SAMPLED:
        return _in_bins(_independent(frame), metric, axis, groups)
    errors = pl.col(f"{metric}_error")
    apart = (errors**2).sum().sqrt() / pl.len()
    error = apart if sweep.manifest.get("noise") == "fresh" else errors.mean()
    read = (pl.col(metric).mean().alias("value"), error.alias("error"), pl.len().alias("cells"))
    return frame.group_by(*groups, axis).agg(*read).sort(*groups, axis)


def _in_bins(frame: pl.DataFrame, metric: str, axis: str, groups: list[str]) -> pl.DataFrame:
    mean = pl.col(metric)
    read = (mean.mean().alias("value"), (mean.std() / pl.len().sqrt()).alias("error"), pl.len().alias("cells"))
    if frame[axis].n_unique() <= BINS:
        return frame.group_by(*groups, axis).agg(*read).sort(*groups, axis)
    bins = min(BINS, max(frame.height // FEWEST, 1))
    ranked = frame.with_columns(bin=(pl.col(axis).rank("ordinal") - 1) * bins // frame.height)
    return ranked.group_by(*groups, "bin").agg(pl.col(axis).mean(), *read).drop("bin").sort(*groups, axis)
