"""A metric over two axes of a sweep, with the line where the loop gain is 1: the phase diagram of the spiral."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import polars as pl

from analysis.charts import contours, theme
from analysis.charts.contours import Line
from analysis.charts.scales import rows
from analysis.charts.sweep_scales import DECADES, MOST_TICKS, Measure, edges, gradient, measure, position, ramp
from analysis.charts.theme import INK, WIDTH, Chart
from analysis.numbers import Number
from analysis.sweeps import axes as names
from analysis.sweeps import gain
from analysis.sweeps.axes import Axis
from sim.errors import UserError
from sim.figure_text import fixed, significant
from sim.metric_names import COST
from sim.sweep_dataset import SweepResult

HEIGHT = 380
MOST_LABELS = 64  # cells on which their value is still written
LINES = (contours.DEATH, contours.GAIN)


@dataclass(frozen=True)
class Map:
    """The cells of a map as layers: `marks` are what a reader points at, `above` what is drawn over them."""

    marks: alt.Chart
    above: list[alt.Chart]
    cells: pl.DataFrame
    shown: Measure
    x: Axis
    y: Axis
    held: Mapping[str, Any]
    lines: Sequence[Line]  # that cross it


@theme.trusted()
def heat_map(
    sweep: SweepResult, *, metric: str = COST, x: str | None = None, y: str | None = None, scenario: str | None = None
) -> Chart:
    """A metric over two axes, a filled cell each, with the line where the median peak loop gain is 1.

    `x`, `y`: the first two axes where they are not given; further axes rest (`axes.base`). Axes are logarithmic where
    the sweep says so. Cells that failed are grey, with the reason in the tooltip. In a sampled design cells are points,
    ringed where the gain is at least 1. Raises UserError for a sweep with one axis.
    """
    drawn = layers(sweep, metric, x, y, scenario)
    chart = theme.layer(drawn.marks, *drawn.above, width=WIDTH, height=HEIGHT)
    title = f"{drawn.shown.label} by {drawn.x.label.lower()} and {drawn.y.label.lower()}"
    several = len(sweep.manifest["scenarios"]) > 1
    title += f", {names.scenario_of(sweep, scenario)}" if several else ""
    return theme.finish(chart, title, said(sweep, metric, drawn))


def layers(sweep: SweepResult, metric: str, x: str | None, y: str | None, scenario: str | None) -> Map:
    """The layers of a map."""
    first, second = _pair(sweep, x, y)
    good = names.cells(sweep, metric, scenario=scenario)
    sampled = sweep.manifest["design"] in names.SAMPLED
    held = {} if sampled else names.resting(sweep, good, [first.name, second.name])
    chosen = pl.col("scenario") == names.scenario_of(sweep, scenario)
    cells = names.held(sweep.cells.filter(chosen).collect(), held)
    shown = measure(sweep, metric, cells, [metric])
    marks = (_points if sampled else _tiles)(cells, first, second, metric, shown)
    above = [] if sampled else _labels(cells, first, second, metric, shown)
    lines = [] if sampled else [line for line in LINES if contours.crosses(line, cells, first, second)]
    above += [layer for line in lines for layer in contours.draw(line, cells, first, second)]
    return Map(marks, above, cells, shown, first, second, held, lines)


def _pair(sweep: SweepResult, x: str | None, y: str | None) -> tuple[Axis, Axis]:
    known = [a.name for a in names.axes(sweep)]
    first = x or next((name for name in known if name != y), known[0])
    second = y or next((name for name in known if name != first), None)
    if second is None or first == second:
        raise UserError(
            "a map has two axes",
            value=", ".join(known),
            place=str(sweep.path),
            remedy="draw a line, or sweep over a second axis",
        )
    return names.axis(sweep, first), names.axis(sweep, second)


def _drawn(cells: pl.DataFrame, x: Axis, y: Axis, metric: str, shown: Measure) -> pl.DataFrame:
    """cell, x, y, value, text, gain, why: what tiles and points are drawn from."""
    number = [value_text(row, metric, shown) for row in cells.iter_rows(named=True)]
    frame = cells.select(
        "cell", pl.col(x.name).alias("x"), pl.col(y.name).alias("y"), (pl.col(metric) * shown.factor).alias("value"),
        pl.col("status"), pl.col("error").fill_null("").alias("why"),
        (pl.col(gain.GAIN) if gain.GAIN in cells.columns else pl.lit(None, pl.Float64)).alias("gain"),
    )  # fmt: skip
    return frame.with_columns(pl.Series("text", number, dtype=pl.String))


def value_text(row: Mapping[str, Any], metric: str, shown: Measure) -> str:
    """Value and standard error of a cell in the chart's unit, or what became of it."""
    if row["status"] != "done" or row[metric] is None:
        return str(row["error"] or row["status"])
    error = row[f"{metric}_error"]
    tail = "" if error is None else f" ± {significant(error * shown.factor, 2)}"
    return f"{significant(row[metric] * shown.factor, 4)}{tail} {shown.unit}".strip()


def _tips(x: Axis, y: Axis, shown: Measure) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("cell:Q", title="cell"),
        *[_place(channel, a) for channel, a in (("x", x), ("y", y))],
        alt.Tooltip("text:N", title=shown.label),
        alt.Tooltip("gain:Q", title="peak loop gain", format=",.3g"),
    ]


def _place(channel: str, a: Axis) -> alt.Tooltip:
    if a.category:
        return alt.Tooltip(f"{channel}:N", title=a.title)
    return alt.Tooltip(f"{channel}:Q", title=a.title, format=",.4~g")


def _colour(frame: pl.DataFrame, shown: Measure) -> alt.Color:
    return alt.Color("value:Q", scale=ramp(frame, "value"), legend=gradient(shown.title))


def _tiles(cells: pl.DataFrame, x: Axis, y: Axis, metric: str, shown: Measure) -> alt.Chart:
    """A filled cell each; grey where there is no value."""
    frame = _drawn(cells, x, y, metric, shown)
    places: dict[str, Any] = {}
    for name, a in (("x", x), ("y", y)):
        values = frame[name].to_list()
        channel, ends = (alt.X, alt.X2) if name == "x" else (alt.Y, alt.Y2)
        if a.category:
            places[name] = channel(f"{name}:N", **position(a, values))
            continue
        reach = edges(a, values)
        low, high = ([reach[float(v)][i] for v in values] for i in (0, 1))
        frame = frame.with_columns(pl.Series(f"{name}_low", low), pl.Series(f"{name}_high", high))
        places[name] = channel(f"{name}_low:Q", **position(a, values, span=(min(low), max(high))))
        places[f"{name}2"] = ends(f"{name}_high:Q")
    marks = alt.Chart(rows(frame)).mark_rect(stroke="white", strokeWidth=0.6, invalid="show")
    found: alt.Chart = marks.encode(**places, color=_colour(frame, shown), tooltip=_tips(x, y, shown))
    return found


def _points(cells: pl.DataFrame, x: Axis, y: Axis, metric: str, shown: Measure) -> alt.Chart:
    """A point a cell; ringed where the gain is at least 1, grey where there is no value."""
    frame = _drawn(cells, x, y, metric, shown)
    kinds = ["N" if a.category else "Q" for a in (x, y)]
    ring = alt.condition(f"datum.gain >= {gain.TIPPING}", alt.value(INK), alt.value("#b8c0c8"))
    marks = alt.Chart(rows(frame)).mark_circle(size=110, opacity=1, strokeWidth=1.4, invalid="show")
    found: alt.Chart = marks.encode(
        x=alt.X(f"x:{kinds[0]}", **position(x, frame["x"], listed=False)),
        y=alt.Y(f"y:{kinds[1]}", **position(y, frame["y"], listed=False)),
        color=_colour(frame, shown),
        stroke=ring,
        tooltip=_tips(x, y, shown),
    )
    return found


def _labels(cells: pl.DataFrame, x: Axis, y: Axis, metric: str, shown: Measure) -> list[alt.Chart]:
    """Each cell's value where they are few; a cross on those that failed."""
    frame = _drawn(cells, x, y, metric, shown)
    few = frame.height <= MOST_LABELS and frame["x"].n_unique() <= 2 * MOST_TICKS
    value = pl.col("value")
    texts = ["×" if v is None else brief(v) for v in frame["value"]]
    frame = frame.with_columns(pl.Series("label", texts, dtype=pl.String), dark=value > _middle(frame))
    frame = frame if few else frame.filter(value.is_null())
    if not frame.height:
        return []
    kinds = ["N" if a.category else "Q" for a in (x, y)]
    tint = alt.condition("datum.dark", alt.value("white"), alt.value(INK))
    marks = alt.Chart(rows(frame)).mark_text(fontSize=11, dy=-12)  # above the middle, where the line may pass
    return [marks.encode(x=f"x:{kinds[0]}", y=f"y:{kinds[1]}", text="label:N", color=tint)]


def brief(value: float) -> str:
    """Three figures, two below 1."""
    return fixed(value, 0) if abs(value) >= 100 else significant(value, 3) if abs(value) >= 1 else significant(value, 2)


def _middle(frame: pl.DataFrame) -> float:
    """The value from which on the ramp is dark: its middle, the geometric one where the ramp is logarithmic."""
    low, high = frame["value"].min(), frame["value"].max()
    if not isinstance(low, float) or not isinstance(high, float) or low < 0:
        return float("inf")
    return float(np.sqrt(low * high)) if low > 0 and high > DECADES * low else (low + high) / 2


def said(sweep: SweepResult, metric: str, drawn: Map) -> list[str]:
    """Where the metric is least and greatest, where the gain crosses 1 and how large it is, what is held or failed."""
    good = drawn.cells.filter(pl.col(metric).is_finite()).sort(metric)
    low, high = (_at(sweep, row, metric, drawn) for row in (good.row(0, named=True), good.row(-1, named=True)))
    tail = [f"Held: {names.held_text(sweep, drawn.held)}."] if drawn.held else []
    failed = drawn.cells.filter(pl.col("status") == "failed").height
    tail += [f"Grey: {failed} cell{'s' if failed > 1 else ''} failed."] if failed else []
    text = f"{drawn.shown.label} goes from {low} to {high}."
    return [text, " ".join([_gain_said(drawn), *_deaths_said(drawn), *tail]).strip()]


def _at(sweep: SweepResult, row: Mapping[str, Any], metric: str, drawn: Map) -> str:
    return f"{names.figure(sweep, row, metric)} at {_where(row, drawn)}"


def _where(row: Mapping[str, Any], drawn: Map) -> str:
    return ", ".join(f"{a.label.lower()} {a.text(row[a.name])}" for a in (drawn.x, drawn.y))


def _gain_said(drawn: Map) -> str:
    found = gain.tipping(drawn.cells)
    if found is None:
        return "The cells keep no loop gain."
    top = Number(value=found.largest.value, unit="gain", label="", error=found.largest.error)
    most = f"it is largest, {top}, at {_where(found.where, drawn)}"
    if found.crosses:
        what = (
            " (beyond the solid line)"
            if contours.GAIN in drawn.lines
            else " (ringed)"
            if drawn.marks.mark.type == "circle"
            else ""
        )
        return f"The median peak loop gain is at least 1 in {found.above} of {found.cells} cells{what}; {most}."
    return f"The loop gain is {'above 1 everywhere' if found.above else 'nowhere above 1'}: {most}."


def _deaths_said(drawn: Map) -> list[str]:
    if contours.DEATH not in drawn.lines:
        return []
    rate = drawn.cells[contours.DEATH.metric].drop_nulls()
    over = f"in {(rate >= contours.DEATH.level).sum()} cells"
    return [f"Beyond the dashed line, {over}, the desk is liquidated on half of the paths or more."]
