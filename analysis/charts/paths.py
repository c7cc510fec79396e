"""The paths of a run as points: one figure against another, coloured by how the desk ended."""

from __future__ import annotations

import altair as alt
import polars as pl

from analysis import frames
from analysis.charts import theme
from analysis.charts.scales import axis, colours, money_of, rows, titled
from analysis.charts.theme import WIDTH, Chart
from analysis.numbers import money_scale
from analysis.paths import every as paths
from sim.columns import Column
from sim.dataset import Run

COLOURS = dict(zip(paths.ENDS, ("#0077BB", "#DDAA33", "#CC3311", "#882255"), strict=True))
HEIGHT = 300
PLAIN = "path"  # of a run without a desk


def scatter(
    run: Run, *, agent: str | None = None, world: str = "actual", x: str | None = None, y: str | None = None
) -> Chart:
    """Every path as a point. `x`, `y`: figures of `analysis.paths.every`; P&L against the worst close by default.

    Ringed: witnesses, of which every tick is kept. Raises UserError for an unknown figure.
    """
    world = frames.check_world(run, world)
    found = paths.every(run, agent, world)
    known = [column.name for column in paths.figures(found)]
    if len(known) < 2:
        return theme.note("Every path", "This run keeps no figures path by path.")
    across = paths.figure(found, x or known[0])
    up = paths.figure(found, y or ("lowest" if "lowest" in known else known[1]))
    drawn, titles = _drawn(found, across, up)
    points = alt.Chart(rows(drawn)).mark_point(size=34, strokeWidth=0.9, opacity=0.75, filled=False, cursor="pointer")
    tips = [alt.Tooltip("path:Q"), alt.Tooltip("series:N", title="the desk")]
    tips += [alt.Tooltip(f"{c}:Q", format=",.4g", title=title) for c, title in zip("xy", titles, strict=True)]
    palette = {end: COLOURS[end] for end in paths.ENDS if end in set(drawn["series"])} or {PLAIN: theme.HEDGED}
    scale = alt.Scale(domain=list(palette), range=list(palette.values()))
    inside = {
        "fill": alt.Fill("series:N", scale=scale),
        "fillOpacity": alt.FillOpacity("inside:Q", scale=None),
    }
    shown = points.encode(
        x=alt.X("x:Q", axis=axis(titles[0]), scale=alt.Scale(zero=False)),
        y=alt.Y("y:Q", axis=axis(titles[1]), scale=alt.Scale(zero=False)),
        color=colours(palette),
        tooltip=tips,
        **inside,
    )
    count = int(found["witness"].sum())
    said = f"Each point is a path: click one to open it. Filled: every tick was kept of these {count} paths."
    return theme.finish(shown.properties(width=WIDTH, height=HEIGHT), f"{up.label} against {across.label}", said)


def _drawn(found: pl.DataFrame, across: Column, up: Column) -> tuple[pl.DataFrame, list[str]]:
    """path, x, y, series, inside; and the titles of the axes with their units."""
    columns, titles = [], []
    for name, column in (("x", across), ("y", up)):
        scale, title = _scaled(found, column)
        columns.append((pl.col(column.name) * scale).alias(name))
        titles.append(title)
    series = pl.col("end") if "end" in found.columns else pl.lit(PLAIN)
    inside = pl.when("witness").then(0.75).otherwise(0.0)
    drawn = found.select("path", *columns, series=series, inside=inside)
    return drawn.sort("inside", maintain_order=True), titles  # witnesses on top


def _scaled(found: pl.DataFrame, column: Column) -> tuple[float, str]:
    if column.unit == "$":
        finite = found.filter(pl.col(column.name).is_finite())
        unit = money_of(finite, [column.name]) if finite.height else None
        divisor, name = (unit.divisor, unit.unit) if unit else money_scale(0.0)
        return 1 / divisor, f"{column.label}, {name}"
    return titled(column)
