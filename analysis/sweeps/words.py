"""A sweep in sentences, written from its cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from analysis.numbers import MINUS, Number
from analysis.sweeps import axes as names
from analysis.sweeps import gain, paired
from analysis.sweeps.axes import Axis
from analysis.sweeps.sensitivity import sobol_indices, tornado
from sim.errors import UserError
from sim.figure_text import interval, percent
from sim.metric_names import COST
from sim.sweep_dataset import SweepResult

FEEDBACK, LIQUIDATED = "feedback_cost", "liquidation_rate"
OFTEN = 0.1  # share of paths liquidated above which it is mentioned
NAMED = 3  # failed cells whose error is shown
SECONDS = ((86400.0, "days"), (3600.0, "hours"), (60.0, "minutes"))


def paragraphs(sweep: SweepResult, metric: str = COST) -> list[str]:
    """The cells run, the metric and its main axis, the cells with loop gain 1 and more, the effect of feedback."""
    told = [ran(sweep)]
    present = set(sweep.cells.filter(pl.col("status") == "done").select("scenario").collect()["scenario"])
    for scenario in (str(s) for s in sweep.manifest["scenarios"] if s in present):
        try:
            cells = names.cells(sweep, metric, scenario=scenario)
        except UserError:
            continue
        about = [
            f"{_range(sweep, metric, cells)} {_mover(sweep, metric, scenario, cells)}",
            _tips(sweep, cells),
            f"{_feedback(sweep, cells)} {_deaths(sweep, cells)}",
        ]
        about = [text.strip() for text in about if text.strip()]
        told += [f"{scenario}: {' '.join(about)}"] if len(sweep.manifest["scenarios"]) > 1 else about
    return told


def ran(sweep: SweepResult) -> str:
    """How many cells have finished and failed, on how many paths, with which noise, in what time."""
    cells = sweep.cells.select("cell", "status", "error", "seconds").collect()
    planned, manifest = int(sweep.manifest["cells"]), sweep.manifest
    many = f"All {planned:,}" if cells.height >= planned else f"{cells.height:,} of {planned:,}"
    common = manifest.get("noise") == "common"
    noise = "the same random numbers in every cell" if common else "other random numbers in each"
    spent = duration(float(cells["seconds"].sum()))
    text = f"{many} cells have finished{_failed(cells)}, in {spent} of computing"
    return f"{text}: {manifest['paths']:,} paths a cell, {noise}."


def _failed(cells: pl.DataFrame) -> str:
    failed = cells.filter(pl.col("status") == "failed").select("cell", "error")
    if not failed.height:
        return ""
    told = "; ".join(f"cell {cell}: {error}" for cell, error in failed.head(NAMED).iter_rows())
    more = f" and {failed.height - NAMED:,} more" if failed.height > NAMED else ""
    return f", {failed.height:,} of them failed ({told}{more})"


def duration(seconds: float) -> str:
    """Seconds as "42 s", "3.5 minutes", "2.1 hours"."""
    for length, name in SECONDS:
        if seconds >= 2 * length:
            return f"{seconds / length:,.1f} {name}"
    return f"{seconds:,.0f} s"


def place(sweep: SweepResult, row: Mapping[str, Any]) -> str:
    """Where a cell is: "hedging gamma 2 x base book, market depth 0.5 x base"."""
    return ", ".join(f"{_lower(a.label)} {a.text(row[a.name])}" for a in names.axes(sweep))


def _lower(label: str) -> str:
    """A label within a sentence: its first letter small, unless the next is not."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def _range(sweep: SweepResult, metric: str, cells: pl.DataFrame) -> str:
    ordered = cells.sort(metric)
    low, high = ordered.row(0, named=True), ordered.row(-1, named=True)
    label = names.metric(sweep, metric)[0]
    least, most = names.figure(sweep, low, metric), names.figure(sweep, high, metric)
    if cells.height == 1:
        return f"{label} is {most} at {place(sweep, high)}."
    return f"{label} is least, {least}, at {place(sweep, low)}, and largest, {most}, at {place(sweep, high)}."


def _mover(sweep: SweepResult, metric: str, scenario: str, cells: pl.DataFrame) -> str:
    """Which axis moves the metric most: by Sobol indices where the design gives them, else one at a time."""
    if len(sweep.axes) < 2:
        return ""
    try:
        if sweep.manifest["design"] == "saltelli":
            return _by_variance(sweep, metric, scenario)
    except UserError:
        pass
    try:
        found = tornado(sweep, metric, scenario=scenario)
    except UserError:
        return ""
    unit = names.metric(sweep, metric)[1]
    rows = list(found.iter_rows(named=True))
    swings = [Number(value=r["swing"], unit=unit, label=r["label"], error=r["swing_error"]) for r in rows]
    first = rows[0]
    text = (
        f"It moves most with {_lower(first['label'])}: by {swings[0]} between {first['low_at']} and {first['high_at']}"
    )
    sampled = sweep.manifest["design"] in names.SAMPLED
    rest = "" if sampled else f", with {_held(sweep, names.resting(sweep, cells, [first['axis']]))}"
    others = ", ".join(f"with {_lower(s.label)} by {s}" for s in swings[1:])
    text = f"{text}{rest}" + (f"; {others}." if others else ".")
    turns = [] if sampled else [_turn(sweep, metric, cells, r["axis"]) for r in rows]
    return " ".join(filter(None, [text, *turns, paired.told(found["unpaired"].to_list())]))


def _turn(sweep: SweepResult, metric: str, cells: pl.DataFrame, axis: str) -> str:
    """Said of an axis along which the metric turns: that a cell between its ends lies clearly beyond both."""
    a = names.axis(sweep, axis)
    along = names.held(cells, names.resting(sweep, cells, [a.name])).sort(metric)
    by_place = along.sort(a.name)
    ends = sorted((by_place.row(0, named=True), by_place.row(-1, named=True)), key=lambda end: float(end[metric]))
    for row, sign, where in ((along.row(-1, named=True), 1, "above"), (along.row(0, named=True), -1, "below")):
        end = ends[1 if sign > 0 else 0]
        beyond = sign * (row[metric] - end[metric])
        if beyond > 0 and beyond > 2 * (paired.apart(sweep, metric, end, row).error or 0.0):
            peak = names.figure(sweep, row, metric)
            return f"Along {_lower(a.label)} it turns: {peak} at {a.text(row[a.name])} lies {where} both ends."
    return ""


def _held(sweep: SweepResult, at: Mapping[str, Any]) -> str:
    return " and ".join(f"{_lower(a.label)} at {a.text(at[a.name])}" for a in names.axes(sweep) if a.name in at)


def _by_variance(sweep: SweepResult, metric: str, scenario: str) -> str:
    labels = {a.name: _lower(a.label) for a in names.axes(sweep)}
    first, second = sobol_indices(sweep, metric, scenario=scenario).sort("total", descending=True).head(2).to_dicts()
    text = (
        f"It moves most with {labels[first['axis']]}, which has a hand in {_total(first)} of its variance across "
        f"cells, {percent(first['first'], 0)} of it alone"
    )
    if first["total_low"] > second["total_high"]:
        return f"{text}."
    return f"{text}; but {labels[second['axis']]}, with {_total(second)}, may matter as much: the intervals overlap."


def _total(row: Mapping[str, Any]) -> str:
    found = interval(100 * row["total_low"], 100 * row["total_high"], 0, " %")
    return f"{percent(row['total'], 0)} (95 % interval {found})"


def _tips(sweep: SweepResult, cells: pl.DataFrame) -> str:
    """In how many cells the loop gain reaches 1, where these lie, and how many are too close to call."""
    found = gain.tipping(cells)
    if found is None:
        return ""
    top = f"{found.largest} at {place(sweep, found.where)}"
    if not found.above:
        return f"The loop gain stays below 1 in every cell: on the median path it peaks at {top}."
    over = cells.filter(pl.col(gain.GAIN) >= gain.TIPPING)
    bounds = [bound for a in names.axes(sweep) if (bound := _bound(a, over[a.name], cells[a.name]))]
    where = f", all with {' and '.join(bounds)}" if bounds and found.crosses else ""
    near = (pl.col(gain.GAIN) - gain.TIPPING).abs() < 2 * pl.col(f"{gain.GAIN}_error")
    close = cells.filter(near).height
    share = f"{found.above:,} of {found.cells:,} cells ({percent(found.share, 0)})"
    text = f"On the median path the loop gain reaches 1 in {share}{where}; it is largest, {top}."
    return text + (f" {close:,} cells lie within two standard errors of 1." if close else "")


def _bound(a: Axis, inside: pl.Series, everywhere: pl.Series) -> str:
    """The part of an axis that these cells keep to; nothing if they are all along it."""
    known, mine = everywhere.unique().sort().to_list(), inside.unique().sort().to_list()
    if len(mine) == len(known) or (not a.category and (mine[0], mine[-1]) == (known[0], known[-1])):
        return ""
    label = _lower(a.label)
    if a.category:
        return f"{label} {_or([a.short(v) for v in mine])}"
    if len(mine) == 1:
        return f"{label} {a.text(mine[0])}"
    if mine[-1] == known[-1]:
        return f"{label} {a.text(mine[0])} or more"
    if mine[0] == known[0]:
        return f"{label} {a.text(mine[-1])} or less"
    return f"{label} {a.short(mine[0])} to {a.text(mine[-1])}"


def _or(texts: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(texts[:-1]), texts[-1]]))


def _feedback(sweep: SweepResult, cells: pl.DataFrame) -> str:
    """What feedback added to the cost of survival at most, and in how many cells it is clear of zero."""
    if FEEDBACK not in cells.columns:
        return ""
    known = cells.filter(pl.col(FEEDBACK).is_finite()).sort(FEEDBACK)
    if not known.height:
        return "Without a twin the sweep does not say what feedback added."
    row = known.row(-1, named=True)
    most = names.figure(sweep, row, FEEDBACK)
    if most.value < 0:
        saved = Number(value=-most.value, unit=most.unit, label=most.label, error=most.error)
        return f"Feedback saves everywhere: at least {saved}, at {place(sweep, row)}."
    whole = names.figure(sweep, row, COST).brief() if row.get(COST) is not None else ""
    part = f" of the {whole}" if whole and not whole.startswith(MINUS) else ""
    clear = known.filter(pl.col(FEEDBACK) > 2 * pl.col(f"{FEEDBACK}_error")).height
    text = f"Against the twin feedback adds at most {most}{part}, at {place(sweep, row)}"
    many = f"in {clear:,} of {known.height:,} cells" if clear < known.height else "in every cell"
    return f"{text}; {many} what it adds is clear of zero by two standard errors."


def _deaths(sweep: SweepResult, cells: pl.DataFrame) -> str:
    """Number of cells in which the desk is often liquidated."""
    if LIQUIDATED not in cells.columns:
        return ""
    dying = cells.filter(pl.col(LIQUIDATED) > OFTEN)
    if not dying.height:
        return ""
    worst = dying.sort(LIQUIDATED).row(-1, named=True)
    often = f"liquidated on more than {percent(OFTEN, 0)} of paths"
    most = f"{names.figure(sweep, worst, LIQUIDATED)} ({place(sweep, worst)})"
    return f"In {dying.height:,} cells the desk is {often}, at worst on {most}."
