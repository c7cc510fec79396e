"""Pieces of charts: quantile bands, lines, bars a day, rules."""

from __future__ import annotations

from typing import Literal

import polars as pl

from analysis.charts import vega
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
    frame: pl.DataFrame,
    palette: dict[str, str],
    x: vega.Part,
    y: vega.Part,
    *,
    kind: Literal["linear", "sqrt"] = "linear",
) -> list[vega.Chart]:
    """5-95 % and 25-75 % bands with the median, one colour a series, from `long_bands`.

    Layers are returned as lists, for one `vega.layer` at the end.
    """
    scale = vega.Scale(zero=False, type=kind, nice=True)
    base = vega.Chart(rows(frame)).encode(x=x, color=colours(palette))
    outer = base.mark_area(opacity=0.14).encode(y=vega.Y("q05:Q", axis=y, scale=scale), y2=vega.Y2("q95:Q"))
    inner = base.mark_area(opacity=0.22).encode(y=vega.Y("q25:Q", axis=y, scale=scale), y2=vega.Y2("q75:Q"))
    tips = [
        vega.Tooltip("time:T"),
        vega.Tooltip("series:N"),
        *[vega.Tooltip(f"{q}:Q", format=",.4g") for q in ("q05", "q50", "q95")],
    ]
    middle = base.mark_line(strokeWidth=2.2).encode(y=vega.Y("q50:Q", axis=y, scale=scale), tooltip=tips)
    return [outer, inner, middle]


def stacked_bars(
    frame: pl.DataFrame, names: dict[str, str], palette: dict[str, str], x: vega.Part, y: vega.Part, *, columns: int = 0
) -> vega.Chart:
    """One stacked bar a close: `names` maps the frame's columns to series, `palette` series to colours."""
    named = frame.select("time", *[pl.col(c).alias(series) for c, series in names.items()])
    long = named.unpivot(index="time", variable_name="series", value_name="amount")
    order = pl.DataFrame({"series": list(names.values()), "rank": range(len(names))})
    legend = {"legend": vega.Legend(columns=columns)} if columns else {}
    tips = [vega.Tooltip("time:T"), vega.Tooltip("series:N"), vega.Tooltip("amount:Q", format=",.4g")]
    bars = vega.Chart(rows(long.join(order, on="series"))).mark_bar(size=bar_width(frame))
    height = vega.Y("amount:Q", axis=y, stack="zero")
    found: vega.Chart = bars.encode(
        x=x, y=height, color=colours(palette, **legend), order=vega.Order("rank:Q"), tooltip=tips
    )
    return found


def level(value: float, text: str, colour: str = MUTED) -> list[vega.Chart]:
    """A dashed horizontal rule with its name at the left."""
    base = vega.Chart(vega.InlineData(values=[{"level": value}])).encode(y=vega.Y("level:Q"))
    rule = base.mark_rule(strokeDash=[5, 4], color=colour)
    name = base.mark_text(align="left", baseline="bottom", dx=4, dy=-2, color=colour, fontSize=11, text=text)
    return [rule, name.encode(x=vega.XValue(0))]


def zero() -> vega.Chart:
    """A thin line at zero."""
    line = vega.Chart(vega.InlineData(values=[{"zero": 0}])).mark_rule(color="#9aa5b1", strokeWidth=0.8)
    found: vega.Chart = line.encode(y=vega.Y("zero:Q"))
    return found
