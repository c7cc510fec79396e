"""A metric along one axis of a sweep, with bands, its twin dashed beside it."""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from analysis.charts import theme
from analysis.charts.scales import axis, colours, rows
from analysis.charts.sweep_scales import DECADES, Measure, log_ticks, measure, palette, position
from analysis.charts.theme import MUTED, WIDTH, Chart
from analysis.numbers import Number
from analysis.sweeps import axes as names
from analysis.sweeps.axes import Axis
from analysis.sweeps.sensitivity import scan
from sim.metric_names import COST
from sim.sweep_dataset import SweepResult

MOST_LINES = 7
HEIGHT = 320
AMOUNTS = ("value", "low", "high")


@theme.trusted()
def line(
    sweep: SweepResult,
    *,
    metric: str = COST,
    x: str | None = None,
    by: str | None = None,
    scenario: str | None = None,
) -> Chart:
    """A metric against an axis with two standard errors either way, and the twin's dashed beside it.

    `x`: the axis along the bottom, the first that has numbers where it is not given; along an axis of names a point a
    name. `by`: the axis, or "scenario", that colours the lines: the scenarios where there are several and none is
    named, else the next axis. Any further axis rests (`axes.base`); in a sampled design it is averaged over.
    """
    known = names.axes(sweep)
    along = names.axis(sweep, x) if x else next((a for a in known if not a.category), known[0])
    rest = [a.name for a in known if a.name != along.name]
    if by is None:
        several = scenario is None and len(sweep.manifest["scenarios"]) > 1
        by = "scenario" if several else (rest[0] if rest and not _sampled(sweep) else None)
    chosen = [str(s) for s in sweep.manifest["scenarios"]] if by == "scenario" else [scenario]
    cells = names.cells(sweep, metric, scenario=chosen[0])
    at = {} if _sampled(sweep) else names.resting(sweep, cells, [along.name, *([by] if by else [])])
    curves = pl.concat([_curves(sweep, metric, along, by, at, s) for s in chosen], how="vertical_relaxed")
    series = curves["series"].unique(maintain_order=True).to_list()
    shown = measure(sweep, metric, curves, ["value"])
    colour = palette(series, ordered=by not in (None, "scenario") and not names.axis(sweep, str(by)).category)
    legend = names.axis(sweep, by).title if by and by != "scenario" else None
    frame = shown.scaled(curves, AMOUNTS)
    if along.category:
        chart = _points(frame, along, shown, colour, legend)
    else:
        chart = _lines(frame, along, shown, colour, legend, listed=not _sampled(sweep))
    return theme.finish(chart, f"{shown.label} by {along.label.lower()}", _said(sweep, metric, along, by, curves, at))


def _sampled(sweep: SweepResult) -> bool:
    return sweep.manifest["design"] in names.SAMPLED


def _curves(
    sweep: SweepResult, metric: str, along: Axis, by: str | None, at: dict[str, Any], scenario: str | None
) -> pl.DataFrame:
    """at, series, world, value, low, high: actual and, where there is one, the twin; at most MOST_LINES series."""
    second = by if by != "scenario" else None
    found = []
    for world, column in (("actual", metric), ("twin", f"twin_{metric}")):
        if world == "twin" and not has_twin(sweep, metric):
            continue
        part = scan(sweep, column, along.name, by=second, at=at, scenario=scenario)
        found.append(part.with_columns(world=pl.lit(world)))
    frame = pl.concat(found)
    if second:
        axis_by = names.axis(sweep, second)
        frame = frame.filter(pl.col(second).is_in(_spread(frame[second].unique().sort().to_list())))
        texts = [axis_by.short(value) for value in frame[second]]
    else:
        texts = [str(scenario) if by else along.label] * frame.height
    error = pl.col("error").fill_null(0.0)
    return frame.select(
        pl.col(along.name).alias("at"), pl.Series("series", texts), "world", "value",
        (pl.col("value") - 2 * error).alias("low"), (pl.col("value") + 2 * error).alias("high"),
    )  # fmt: skip


def has_twin(sweep: SweepResult, metric: str) -> bool:
    """Whether some cell gives the twin's figure."""
    column = f"twin_{metric}"
    frame = sweep.cells
    return column in frame.collect_schema() and bool(frame.select(pl.col(column).is_finite().any()).collect().item())


def _spread(values: list[Any]) -> list[Any]:
    """At most MOST_LINES of the values, the ends among them."""
    if len(values) <= MOST_LINES:
        return values
    return [values[round(i * (len(values) - 1) / (MOST_LINES - 1))] for i in range(MOST_LINES)]


def _tips(along: Axis, shown: Measure) -> list[alt.Tooltip]:
    titles = dict(zip(AMOUNTS, (shown.title, "less 2 errors", "plus 2 errors"), strict=True))
    ends = [alt.Tooltip(f"{c}:Q", format=",.4g", title=title) for c, title in titles.items()]
    at = alt.Tooltip(f"at:{'N' if along.category else 'Q'}", title=along.title)
    return [at, alt.Tooltip("series:N"), alt.Tooltip("world:N"), *ends]


def _legend(colour: dict[str, str], title: str | None) -> dict[str, Any]:
    words: dict[str, Any] = {"titleColor": MUTED, "titleFontWeight": "normal", "titleFontSize": 11.5}
    return {"legend": alt.Legend(title=title, **words) if len(colour) > 1 else None}


def _lines(
    frame: pl.DataFrame, along: Axis, shown: Measure, colour: dict[str, str], title: str | None, *, listed: bool
) -> Chart:
    x = alt.X("at:Q", **position(along, frame["at"], listed=listed))
    scale = _height(frame)
    tint = colours(colour, **_legend(colour, title))
    base = alt.Chart(rows(frame)).encode(x=x, color=tint)
    band = base.mark_area(opacity=0.18).encode(y=alt.Y("low:Q", scale=scale), y2="high:Q", detail="world:N")
    dash = alt.StrokeDash("world:N", scale=alt.Scale(domain=["actual", "twin"], range=[[1, 0], [5, 4]]), legend=None)
    title = shown.title + (" (log scale)" if scale.type == "log" else "")
    ticks = axis(title)
    if scale.type == "log":
        ticks.values = log_ticks(*_ends(frame))
    value = alt.Y("value:Q", axis=ticks, scale=scale)
    middle = base.mark_line(strokeWidth=2.2).encode(y=value, strokeDash=dash)
    points = base.mark_point(filled=True, size=34, opacity=1).encode(y=value, tooltip=_tips(along, shown))
    mine = points.transform_filter(alt.datum.world == "actual")
    return theme.layer(band, middle, mine, width=WIDTH, height=HEIGHT)


def _height(frame: pl.DataFrame) -> alt.Scale:
    """A log scale where values are positive and span decades."""
    low, high = _ends(frame)
    return alt.Scale(type="log", nice=False) if 0 < DECADES * low < high else alt.Scale(zero=False)


def _ends(frame: pl.DataFrame) -> tuple[float, float]:
    if frame.is_empty():  # no cell has the axis and the metric both
        return 0.0, 0.0
    return float(frame["low"].to_numpy().min()), float(frame["high"].to_numpy().max())


def _points(frame: pl.DataFrame, along: Axis, shown: Measure, colour: dict[str, str], title: str | None) -> Chart:
    order = frame.filter(world="actual").group_by("at").agg(pl.col("value").mean()).sort("value")["at"].to_list()
    y = alt.Y("at:N", sort=order, axis=_names(along))
    tint = colours(colour, **_legend(colour, title))
    shift: dict[str, Any] = {"yOffset": alt.YOffset("series:N", sort=list(colour))} if len(colour) > 1 else {}
    base = alt.Chart(rows(frame)).encode(y=y, color=tint, **shift)
    scale = alt.Scale(zero=False)
    whisker = base.mark_rule(strokeWidth=1.6).encode(x=alt.X("low:Q", scale=scale), x2="high:Q")
    shape = alt.Shape("world:N", scale=alt.Scale(domain=["actual", "twin"], range=["circle", "diamond"]), legend=None)
    hollow = alt.FillOpacity("world:N", scale=alt.Scale(domain=["actual", "twin"], range=[1, 0]), legend=None)
    value = alt.X("value:Q", axis=axis(shown.title), scale=scale)
    points = base.mark_point(filled=False, size=64, opacity=1)
    fill = alt.Fill("series:N", scale=alt.Scale(domain=list(colour), range=list(colour.values())), legend=None)
    dots = points.encode(x=value, shape=shape, fill=fill, fillOpacity=hollow, tooltip=_tips(along, shown))
    return theme.layer(whisker, dots, width=WIDTH - 180, height=max(13 * len(order) * max(len(colour), 2), 120))


def _names(along: Axis) -> alt.Axis:
    return alt.Axis(title=None, labelExpr=f"replace(datum.label, '{names.KIND}', '')", labelLimit=260, grid=True)


def _said(
    sweep: SweepResult, metric: str, along: Axis, by: str | None, curves: pl.DataFrame, at: dict[str, Any]
) -> list[str]:
    """Where the metric is least and greatest, and what is held."""
    mine = curves.filter(world="actual").sort("value")
    if mine.is_empty():
        return [f"No cell has both {along.label.lower()} and {names.metric(sweep, metric)[0].lower()}."]
    unit = names.metric(sweep, metric)[1]
    ends = []
    for row in (mine.row(0, named=True), mine.row(-1, named=True)):
        number = Number(value=row["value"], unit=unit, label="", error=(row["high"] - row["low"]) / 4)
        where = f"{along.label.lower()} {along.text(row['at'])}"
        which = (
            row["series"]
            if by == "scenario"
            else f"{names.axis(sweep, by).label.lower()} {row['series']}"
            if by
            else ""
        )
        ends.append(f"{number} at {where}" + (f" ({which})" if which else ""))
    text = f"{names.metric(sweep, metric)[0]} goes from {ends[0]} to {ends[1]}."
    held = names.held_text(sweep, at)
    rest = f"Held: {held}. " if held else ("Averaged over all other axes. " if _sampled(sweep) else "")
    twin = "twin" in curves["world"].to_list()
    marks = "hollow diamonds" if along.category else "dashed"
    tail = f"Twin: {marks}. " if twin else ""
    return [text, f"{rest}{'Rules' if along.category else 'Bands'}: two standard errors either way. {tail}".strip()]
