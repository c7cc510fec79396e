"""Zero curves before and after a move."""

from __future__ import annotations

import altair as alt
import polars as pl

from analysis.charts import theme
from analysis.charts.scales import axis, rows
from analysis.charts.theme import HEDGED, UNHEDGED, WIDTH, Chart

COLOURS = (HEDGED, UNHEDGED, *theme.PARTS[2:])


def two_curves(frame: pl.DataFrame, title: str, told: str) -> Chart:
    """Zero rates by series, and where each was quoted. frame: series, years, zero (decimal), node (flag)."""
    names = frame["series"].unique(maintain_order=True).to_list()
    palette = alt.Scale(domain=names, range=[COLOURS[i % len(COLOURS)] for i in range(len(names))])
    colour = alt.Color("series:N", scale=palette, legend=alt.Legend(title=None))
    x = alt.X("years:Q", axis=axis("years"), scale=alt.Scale(nice=False))
    y = alt.Y("zero:Q", axis=axis("zero rate, % a year, continuous"), scale=alt.Scale(zero=False))
    percent = frame.with_columns(pl.col("zero") * 100)
    tips = ["series:N", alt.Tooltip("years:Q", format=".2f"), alt.Tooltip("zero:Q", format=".4f")]
    line = alt.Chart(rows(percent)).mark_line(strokeWidth=2).encode(x=x, y=y, color=colour, tooltip=tips)
    dots = alt.Chart(rows(percent.filter(pl.col("node")))).mark_point(filled=True, size=30, opacity=1)
    return theme.finish(theme.layer(line, dots.encode(x=x, y=y, color=colour), width=WIDTH, height=280), title, told)
