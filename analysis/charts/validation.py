"""Pictures of known answers. Each is a function of a frame and returns an Altair chart; the titles carry the units.

Every function takes `title` and `said` (one sentence with the result), and the axis titles, with their units, as
`x` and `y`. A column `series` (text) splits a frame into colours, in the order of first appearance; without it there is
one series.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import altair as alt
import numpy as np
import polars as pl

from analysis.charts import theme
from analysis.charts.scales import axis, colours, rows
from analysis.charts.theme import Chart
from sim.figure_text import significant

COLOURS = ("#0077BB", "#EE7733", "#882255", "#44AA99", "#332288", "#999933", "#CC6677", "#88CCEE")
POINTS = 2000  # at most, of a cloud
HEIGHT = 280  # px
BARS = 2.0  # standard errors either way
DOT = 62  # px²
GOT, EXPECTED, WRONG, BAND = "#0077BB", theme.INK, "#CC3311", "#e9eef2"
Kind = Literal["linear", "log", "sqrt"]


@theme.trusted()
def scatter(
    frame: pl.DataFrame,
    *,
    title: str,
    said: str,
    x: str,
    y: str,
    curve: pl.DataFrame | None = None,
    panels: bool = False,
    rule: float | None = None,
    points: int = POINTS,
) -> Chart:
    """A cloud of paths: the funnel of hedging errors over the terminal spot, or errors over realised vol.

    frame: x, y (and series), a row a path; at most `points` of a series are drawn, evenly spaced down the frame.
    curve: x, y (and series): a line through the cloud, such as what theory says.
    panels: a panel a series, side by side on common scales, in place of colours on one. rule: a vertical line there.
    """
    frame, palette = _series(frame)
    thin = pl.concat([_thinned(part, points) for part in frame.partition_by("series", maintain_order=True)])
    lines = None if curve is None else _series(curve)[0]
    names = [[name] for name in palette] if panels else [list(palette)]
    width = (theme.WIDTH - 22 * (len(names) - 1)) // len(names)
    over = (_domain(thin, lines, "x"), _domain(thin, lines, "y"))
    charts = []
    for i, shown in enumerate(names):
        here = None if lines is None else lines.filter(pl.col("series").is_in([*shown, ""]))
        cloud = _cloud(thin.filter(pl.col("series").is_in(shown)), here, palette, over, (x, y if i == 0 else ""), rule)
        head: dict[str, Any] = {"title": _head(shown[0])} if panels and len(palette) > 1 else {}
        charts.append(theme.layer(*cloud, width=width, height=HEIGHT, **head))
    return theme.finish(charts[0] if len(charts) == 1 else alt.hconcat(*charts, spacing=22), title, said)


@theme.trusted()
def lines(
    frame: pl.DataFrame,
    *,
    title: str,
    said: str,
    x: str,
    y: str,
    curve: pl.DataFrame | None = None,
    x_kind: Kind = "linear",
    y_kind: Kind = "linear",
    rule: float | None = None,
) -> Chart:
    """Measured values against a parameter: points joined by a line, in a band of two standard errors either way.

    frame: x, y and, where there is one, se (and series): certainty equivalent over the band's multiplier, realised vol
    over the strike. curve: x, y (and series): what theory says, dashed, in the colour of its series. rule: a vertical
    line there. x_kind, y_kind: scales; log wants positive values.
    """
    frame, palette = _series(frame)
    frame = _with_band(frame)
    base = alt.Chart(rows(frame)).encode(
        x=alt.X("x:Q", axis=axis(x, grid=False), scale=_scale(x_kind, padding=12)),
        color=colours(palette, **_legend(palette)),
    )
    up = alt.Y("low:Q", axis=axis(y), scale=_scale(y_kind, padding=10 if y_kind == "log" else 0))
    tips = ["series:N", *(alt.Tooltip(f"{c}:Q", format=",.5g") for c in ("x", "y", "se"))]
    layers = [base.mark_area(opacity=0.2).encode(y=up, y2="high:Q")]
    layers += [base.mark_line(strokeWidth=1.6).encode(y="y:Q"), base.mark_rule().encode(y=up, y2="high:Q")]
    layers.append(base.mark_point(filled=True, size=46, opacity=1).encode(y="y:Q", tooltip=tips))
    if curve is not None:
        layers.append(_dashed(_series(curve)[0], palette))
    if rule is not None:
        layers.append(_upright(rule))
    return theme.finish(theme.layer(*layers, width=theme.WIDTH, height=HEIGHT), title, said)


@theme.trusted()
def convergence(
    frame: pl.DataFrame, *, title: str, said: str, x: str, y: str, slope: float, reference: str = ""
) -> Chart:
    """How fast an error falls with the step: log-log, with a dashed line of the reference slope from each first point.

    frame: x (steps, or step length), y (variance, or size of the error), se where there is one (and series), positive.
    slope: d ln y / d ln x that theory gives. reference: what the dashed line is called, by default "slope -1".
    """
    frame, _ = _series(frame)
    whole = []
    for part in frame.partition_by("series", maintain_order=True):
        part = part.sort("x")
        first = part.row(0, named=True)
        whole.append(part.select("series", "x", y=first["y"] * (pl.col("x") / first["x"]) ** slope))
    name = reference or f"slope {significant(slope)}"
    return lines(
        frame,
        title=title,
        said=f"{said} Dashed: {name}.",
        x=x,
        y=y,
        curve=pl.concat(whole),
        x_kind="log",
        y_kind="log",
    )


@theme.trusted()
def bars(frame: pl.DataFrame, *, title: str, said: str, x: str, y: str) -> Chart:
    """An ordering: a bar a setting with two standard errors either way, left to right in the frame's order.

    frame: name (text), y and, where there is one, se; and, where something is expected of each, expected (black tick).
    """
    frame = _with_band(frame)
    order = frame["name"].to_list()
    across = alt.X("name:N", sort=order, axis=alt.Axis(title=x, labelAngle=0, grid=False))
    base = alt.Chart(rows(frame)).encode(x=across)
    tips = ["name:N", *(alt.Tooltip(f"{c}:Q", format=",.5g") for c in ("y", "se"))]
    up = alt.Y("y:Q", axis=axis(y))
    layers = [base.mark_bar(color=GOT, opacity=0.75, size=min(70, 500 // frame.height)).encode(y=up, tooltip=tips)]
    layers.append(base.mark_rule(color=theme.INK, strokeWidth=1.4).encode(y="low:Q", y2="high:Q"))
    if "expected" in frame.columns:
        layers.append(base.mark_tick(color=theme.INK, opacity=1, thickness=2.5, width=40).encode(y="expected:Q"))
    return theme.finish(theme.layer(*layers, width=theme.WIDTH, height=HEIGHT), title, said)


@theme.trusted()
def readings(frame: pl.DataFrame, *, title: str, said: str, standard_errors: float = 3.5) -> Chart:
    """Expected against got, a row a reading: how far apart, and both in their own unit where they share one.

    frame: what, unit, expected, got, se (of what was got), z, allowed (how far apart they may lie, in the unit) and
    verdict. Left: z with the band of `standard_errors` where there are standard errors, else the difference as a part
    of what is allowed with its band of 1. Right, where the unit is one: the expected value (black tick) and what was
    got with two standard errors either way.
    """
    noisy = frame["z"].is_not_null().any()
    apart = pl.col("z") if noisy else (pl.col("got") - pl.col("expected")) / pl.col("allowed")
    reach = standard_errors if noisy else 1.0
    frame = _with_band(frame.with_columns(y=pl.col("got"))).with_columns(apart=apart)
    side = theme.WIDTH // 2 - 130 if (shared := frame["unit"].n_unique() == 1) else theme.WIDTH - 200
    height = max(24 * frame.height, 60)
    what = alt.Y("what:N", sort=frame["what"].to_list(), axis=alt.Axis(title=None, labelLimit=250, grid=False))
    head = "z: got less expected, in standard errors" if noisy else "got less expected, share of what is allowed"
    left = theme.layer(*_distance(frame, what, head, reach), width=side, height=height)
    if not shared:
        return theme.finish(left, title, said)
    unit = frame["unit"][0]
    bare = alt.Y("what:N", sort=frame["what"].to_list(), axis=None)
    values = _values(frame, bare, f"got and expected, {unit}" if unit else "got and expected")
    right = theme.layer(*values, width=side, height=height)
    return theme.finish(alt.hconcat(left, right, spacing=26), title, said)


def _distance(frame: pl.DataFrame, what: alt.Y, head: str, reach: float) -> list[alt.Chart]:
    """The band that is allowed, and a dot a reading with one standard error either way."""
    bar = pl.when(pl.col("z").is_not_null()).then(1.0).otherwise(0.0)
    frame = frame.with_columns(left=pl.col("apart") - bar, right=pl.col("apart") + bar)
    largest = max([abs(v) + 1 for v in frame["apart"] if v is not None and math.isfinite(v)] + [0.0])
    wide = max(1.15 * reach, 1.05 * largest)
    scale = alt.Scale(domain=[-wide, wide], nice=False)
    allowed = alt.Chart(alt.InlineData(values=[{"from": -reach, "to": reach}]))
    inside = allowed.mark_rect(color=BAND).encode(x=alt.X("from:Q", axis=axis(head), scale=scale), x2="to:Q")
    middle = alt.Chart(alt.InlineData(values=[{"at": 0}])).mark_rule(color="#9aa5b1").encode(x="at:Q")
    base = alt.Chart(rows(frame)).encode(y=what)
    error = base.mark_rule(strokeWidth=1.6).encode(x="left:Q", x2="right:Q", color=_marked()["color"])
    return [inside, middle, error, base.mark_point(filled=True, size=DOT, opacity=1).encode(x="apart:Q", **_marked())]


def _values(frame: pl.DataFrame, what: alt.Y, head: str) -> list[alt.Chart]:
    """A black tick for the expected value, a dot with its bar for the measured one."""
    base = alt.Chart(rows(frame)).encode(y=what)
    across = alt.X("low:Q", axis=axis(head), scale=alt.Scale(zero=False, padding=14, nice=False))
    tick = base.mark_tick(color=EXPECTED, opacity=1, thickness=2.5, height=17).encode(x="expected:Q")
    bar = base.mark_rule(strokeWidth=1.6).encode(x=across, x2="high:Q", color=_marked()["color"])
    return [tick, bar, base.mark_point(filled=True, size=DOT, opacity=1).encode(x="got:Q", **_marked())]


def _marked() -> dict[str, Any]:
    """Colour by verdict, and the tooltip."""
    scale = alt.Scale(domain=["passed", "failed"], range=[GOT, WRONG])
    tips = ["what:N", *(alt.Tooltip(f"{c}:Q", format=",.6g") for c in ("expected", "got", "se", "z"))]
    return {"color": alt.Color("verdict:N", scale=scale, legend=None), "tooltip": tips}


def _cloud(
    frame: pl.DataFrame,
    curve: pl.DataFrame | None,
    palette: dict[str, str],
    over: tuple[list[float], list[float]],
    titles: tuple[str, str],
    rule: float | None,
) -> list[alt.Chart]:
    """The points of one panel, the line through them, the vertical rule and zero."""
    one = len(set(frame["series"])) == 1
    across, up = (alt.Scale(domain=domain, nice=False) for domain in over)
    base = alt.Chart(rows(frame.select("series", "x", "y"))).mark_point(size=12, opacity=0.35, filled=True)
    layers = [
        base.encode(
            x=alt.X("x:Q", axis=axis(titles[0], grid=False), scale=across),
            y=alt.Y("y:Q", axis=axis(titles[1]), scale=up),
            color=colours(palette, legend=None) if one else colours(palette),
        )
    ]
    if over[1][0] < 0 < over[1][1]:
        layers.append(alt.Chart(alt.InlineData(values=[{"y": 0}])).mark_rule(color="#9aa5b1").encode(y="y:Q"))
    if curve is not None and curve.height:
        told = alt.Chart(rows(curve.select("series", "x", "y"))).mark_line(strokeWidth=2, color=theme.INK, clip=True)
        layers.append(told.encode(x="x:Q", y="y:Q", detail="series:N"))
    if rule is not None:
        layers.append(_upright(rule))
    return layers


def _series(frame: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, str]]:
    """The frame with a column `series`, and the colour of each."""
    if "series" not in frame.columns:
        frame = frame.with_columns(series=pl.lit(""))
    frame = frame.with_columns(pl.col("series").cast(pl.String))
    names = frame["series"].unique(maintain_order=True).to_list()
    return frame, {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(names)}


def _legend(palette: dict[str, str]) -> dict[str, Any]:
    return {"legend": None} if len(palette) == 1 else {}


def _with_band(frame: pl.DataFrame) -> pl.DataFrame:
    """low and high: y with two standard errors either way, y itself where there is none."""
    if "se" not in frame.columns:
        frame = frame.with_columns(se=pl.lit(0.0))
    width = BARS * pl.col("se").fill_nan(0.0).fill_null(0.0)
    return frame.with_columns(low=pl.col("y") - width, high=pl.col("y") + width)


def _thinned(frame: pl.DataFrame, points: int) -> pl.DataFrame:
    """At most `points` rows, evenly spaced."""
    if frame.height <= points:
        return frame
    chosen = np.unique(np.linspace(0, frame.height - 1, points).astype(int))
    return frame.with_row_index("at").filter(pl.col("at").is_in(chosen.tolist())).drop("at")


def _domain(frame: pl.DataFrame, curve: pl.DataFrame | None, column: str) -> list[float]:
    """From the lowest to the highest, the cloud and (across) its line, with 4 % to spare."""
    values = frame[column].to_numpy()
    if curve is not None and column == "x":
        values = np.concatenate([values, curve[column].to_numpy()])
    values = values[np.isfinite(values)]
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
    spare = 0.04 * (high - low) or 1.0
    return [low - spare, high + spare]


def _scale(kind: Kind, padding: int = 0) -> alt.Scale:
    return alt.Scale(type=kind, zero=False, nice=kind != "log", padding=padding)


def _dashed(curve: pl.DataFrame, palette: dict[str, str]) -> alt.Chart:
    """What theory says: the colour of its series, black where that was not measured."""
    told = alt.Chart(rows(curve.select("series", "x", "y")))
    known = all(name in palette for name in curve["series"].unique())
    colour = {"color": colours(palette)} if known and len(palette) > 1 else {"color": alt.value(theme.INK)}
    found: alt.Chart = told.mark_line(strokeWidth=1.8, strokeDash=[5, 4]).encode(
        x="x:Q", y="y:Q", detail="series:N", **colour
    )
    return found


def _upright(at: float) -> alt.Chart:
    """A dashed vertical line."""
    mark = alt.Chart(alt.InlineData(values=[{"x": at}])).mark_rule(strokeDash=[4, 4], color=theme.MUTED)
    found: alt.Chart = mark.encode(x="x:Q")
    return found


def _head(name: str) -> alt.TitleParams:
    return alt.TitleParams(name, fontSize=12.5, anchor="start", frame="group", offset=6)
