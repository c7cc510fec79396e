"""Vol and credit that the laws make of a price path, beside the record's."""

from __future__ import annotations

import altair as alt
import polars as pl

from analysis.charts import theme
from analysis.charts.scales import axis, colours, rows
from analysis.charts.theme import ACTUAL, HEDGED, UNHEDGED, Chart

SERIES = {"record": UNHEDGED, "law of the path": ACTUAL, "one-factor law": HEDGED}
NAMES = {"path_dependent": "law of the path", "one_factor": "one-factor law"}
LABELS = {"vol": "implied vol, %", "credit": "credit spread, %"}
WIDE = (theme.WIDTH - 70) // 2


def predicted(daily: pl.DataFrame, title: str, told: str) -> Chart:
    """daily: date, law, level, record, low, median, high (decimals), as a prediction has them."""
    panels = [_panel(daily.filter(pl.col("level") == level), label) for level, label in LABELS.items()]
    chart = alt.hconcat(*panels, spacing=34, resolve=theme.own_scale("y"))
    return theme.finish(chart, title, told)


def _panel(daily: pl.DataFrame, label: str) -> alt.LayerChart:
    percent = daily.with_columns(pl.col("record", "low", "median", "high") * 100)
    laws = percent.with_columns(series=pl.col("law").replace(NAMES))
    record = percent.unique("date").sort("date").filter(pl.col("record").is_not_null())
    x, y = alt.X("date:T", axis=alt.Axis(title=None, format="%d %b %y")), alt.Y("median:Q", axis=axis(label))
    tips = [alt.Tooltip("date:T"), *(alt.Tooltip(f"{name}:Q", format=".2f") for name in ("record", "median"))]
    base = alt.Chart(rows(laws)).encode(x=x, color=colours(SERIES))
    band = alt.Chart(rows(laws.filter(pl.col("law") == "path_dependent"))).mark_area(opacity=0.18, color=ACTUAL)
    layers = [
        band.encode(x=x, y=alt.Y("low:Q", axis=axis(label)), y2="high:Q"),
        base.mark_line(strokeWidth=2).encode(y=y, tooltip=tips),
    ]
    if record.height:
        line = alt.Chart(rows(record.with_columns(series=pl.lit("record"))))
        layers.append(line.mark_line(strokeWidth=1.4).encode(x=x, y=alt.Y("record:Q"), color=colours(SERIES)))
    return theme.layer(*layers, width=WIDE, height=260)
