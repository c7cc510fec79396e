"""Pieces of charts: quantile bands, lines, bars a day, rules."""

from __future__ import annotations

from typing import Literal

import altair as alt
import polars as pl

from analysis.charts.scales import bar_width, colours, rows
from analysis.charts.theme import MUTED


def long_bands(parts: dict[str, tuple[pl.DataFrame, str]]) -> pl.DataFrame:
    """series, time, q05 ... q95 from {series: (frame, column)}, stacked."""
    stacked = []
    for series, (frame, column) in parts.items():
        chosen = frame.select("time", *[pl.col(f"{column}_{q}").alias(q) for q in ("q05", "q25", "q50", "q75", "q95")])
        stacked.append(chosen.with_columns(series=pl.lit(series)))
    return pl.concat(stacked)


def band_and_median(
    frame: pl.DataFrame, palette: dict[str, str], x: alt.X, y: alt.Axis, *, kind: Literal["linear", "sqrt"] = "linear"
) -> list[alt.Chart]:
    """5-95 % and 25-75 % bands with the median, one colour a series, from `long_bands`.

    Layers are returned as lists, for one `alt.layer` at the end: Altair copies nested layers many times.
    """
    scale = alt.Scale(zero=False, type=kind, nice=True)
    base = alt.Chart(rows(frame)).encode(x=x, color=colours(palette))
    outer = base.mark_area(opacity=0.14).encode(y=alt.Y("q05:Q", axis=y, scale=scale), y2=alt.Y2("q95:Q"))
    inner = base.mark_area(opacity=0.22).encode(y=alt.Y("q25:Q", axis=y, scale=scale), y2=alt.Y2("q75:Q"))
    tips = [
        alt.Tooltip("time:T"),
        alt.Tooltip("series:N"),
        *[alt.Tooltip(f"{q}:Q", format=",.4g") for q in ("q05", "q50", "q95")],
    ]
    middle = base.mark_line(strokeWidth=2.2).encode(y=alt.Y("q50:Q", axis=y, scale=scale), tooltip=tips)
    return [outer, inner, middle]


def stacked_bars(
    frame: pl.DataFrame, names: dict[str, str], palette: dict[str, str], x: alt.X, y: alt.Axis, *, columns: int = 0
) -> alt.Chart:
    """One stacked bar a close: `names` maps the frame's columns to series, `palette` series to colours."""
    named = frame.select("time", *[pl.col(c).alias(series) for c, series in names.items()])
    long = named.unpivot(index="time", variable_name="series", value_name="amount")
    order = pl.DataFrame({"series": list(names.values()), "rank": range(len(names))})
    legend = {"legend": alt.Legend(columns=columns)} if columns else {}
    tips = [alt.Tooltip("time:T"), alt.Tooltip("series:N"), alt.Tooltip("amount:Q", format=",.4g")]
    bars = alt.Chart(rows(long.join(order, on="series"))).mark_bar(size=bar_width(frame))
    height = alt.Y("amount:Q", axis=y, stack="zero")
    found: alt.Chart = bars.encode(
        x=x, y=height, color=colours(palette, **legend), order=alt.Order("rank:Q"), tooltip=tips
    )
    return found


def level(value: float, text: str, colour: str = MUTED) -> list[alt.Chart]:
    """A dashed horizontal rule with its name at the left."""
    base = alt.Chart(alt.InlineData(values=[{"level": value}])).encode(y=alt.Y("level:Q"))
    rule = base.mark_rule(strokeDash=[5, 4], color=colour)
    name = base.mark_text(align="left", baseline="bottom", dx=4, dy=-2, color=colour, fontSize=11, text=text)
    return [rule, name.encode(x=alt.XValue(0))]  # type: ignore[no-untyped-call]


def zero() -> alt.Chart:
    """A thin line at zero."""
    line = alt.Chart(alt.InlineData(values=[{"zero": 0}])).mark_rule(color="#9aa5b1", strokeWidth=0.8)
    found: alt.Chart = line.encode(y=alt.Y("zero:Q"))
    return found
