"""How often a desk ends as a storyline gets harsher, and which lever keeps it alive."""

from __future__ import annotations

import altair as alt
import polars as pl

from analysis.charts import theme
from analysis.charts.scales import axis, rows
from analysis.charts.theme import PARTS, WIDTH, Chart


def along(shares: pl.DataFrame) -> Chart:
    """Share of paths on which it ends by distance, with one standard error. shares: distance, share, share_error."""
    shown = shares.with_columns(
        share=100 * pl.col("share"),
        low=100 * (pl.col("share") - pl.col("share_error")).clip(0, 1),
        high=100 * (pl.col("share") + pl.col("share_error")).clip(0, 1),
    )
    base = alt.Chart(rows(shown)).encode(x=alt.X("distance:Q", axis=axis("standard deviations of the record's moves")))
    y = axis("paths on which the desk ends, %")
    layers = (
        base.mark_area(opacity=0.2, color=PARTS[0]).encode(y=alt.Y("low:Q", axis=y), y2="high:Q"),
        base.mark_line(color=PARTS[0], strokeWidth=1.8, point=True).encode(y=alt.Y("share:Q", axis=y)),
    )
    chart = theme.layer(*layers, width=WIDTH, height=260)
    return theme.finish(chart, "Milder and harsher in the same direction", "Band: one standard error.")


def by_lever(levers: pl.DataFrame, share: float) -> Chart:
    """Share of paths on which it still ends, a bar a lever, beside that without any. levers: lever, share."""
    shown = levers.select("lever", share=100 * pl.col("share"))
    base = alt.Chart(rows(shown)).encode(y=alt.Y("lever:N", sort=None, axis=alt.Axis(title=None, labelLimit=260)))
    x = alt.X("share:Q", axis=axis("paths on which the desk still ends, %"), scale=alt.Scale(domain=[0, 100]))
    without = alt.Chart(rows(pl.DataFrame({"share": [100 * share]}))).mark_rule(color=PARTS[1], strokeDash=[4, 3])
    layers = (base.mark_bar(color=PARTS[0]).encode(x=x), without.encode(x=x))
    chart = theme.layer(*layers, width=WIDTH, height=26 * max(shown.height, 1))
    return theme.finish(chart, "What would have saved it", "Dashed: without any lever.")
