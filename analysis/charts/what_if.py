"""What changes of a scenario did to a figure, relative to its base."""

from __future__ import annotations

import altair as alt
import polars as pl

from analysis.charts import theme
from analysis.charts.scales import axis, rows
from analysis.charts.theme import INK, TWIN, WIDTH, Chart
from analysis.numbers import money_scale, scale_of

ROW = 34  # px of a variation


def what_if(frame: pl.DataFrame, label: str, unit: str, base: str) -> Chart:
    """A bar a variation, with two standard errors either way. frame: variation, difference, error (in `unit`)."""
    factor, suffix = scale_of(unit)  # type: ignore[arg-type]
    if unit == "$":
        divisor, suffix = money_scale(float(frame.select(pl.col("difference").abs().max()).item() or 0.0))
        factor = 1 / divisor
    error = pl.col("error").fill_null(0.0)
    shown = frame.with_columns(
        (pl.col("difference") * factor).alias("by"),
        ((pl.col("difference") - 2 * error) * factor).alias("low"),
        ((pl.col("difference") + 2 * error) * factor).alias("high"),
    )
    y = alt.Y("variation:N", sort=frame["variation"].to_list(), axis=alt.Axis(title=None, labelLimit=300))
    base_chart = alt.Chart(rows(shown)).encode(y=y)
    apart = "points" if suffix == " %" else suffix.strip() or unit
    said = f"difference to {base}, {apart}"
    tips = ["variation:N", alt.Tooltip("by:Q", format=",.4g"), alt.Tooltip("low:Q", format=",.4g"),
            alt.Tooltip("high:Q", format=",.4g")]  # fmt: skip
    bars = base_chart.mark_bar(color=TWIN, height=ROW * 0.5).encode(x=alt.X("by:Q", axis=axis(said)), tooltip=tips)
    whiskers = base_chart.mark_rule(color=INK, strokeWidth=1.5).encode(x="low:Q", x2="high:Q")
    chart = theme.layer(bars, whiskers, width=WIDTH, height=ROW * max(frame.height, 1))
    return theme.finish(chart, f"{label}: what the changes did", "Rules: two standard errors of the difference.")
