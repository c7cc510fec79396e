"""The record against the ensemble: one band per figure, in units of the ensemble's own spread, and the record's dot."""

from __future__ import annotations

import math
from collections.abc import Sequence

import altair as alt
import polars as pl

from analysis.against_record import Comparison
from analysis.charts import theme
from analysis.charts.scales import axis, colours, rows
from analysis.charts.theme import ACTUAL, INK, UNHEDGED, Chart
from analysis.numbers import Number

ROW, PLOT = 26, 400  # px: height of a row, width of the plot
FURTHEST = 4.0  # half-bands from the median; points beyond are drawn at the edge
INSIDE, OUTSIDE = "inside the 5-95 % band", "outside"


def against(found: Sequence[Comparison], title: str) -> Chart:
    """A row for each comparison: the ensemble's 5-95 % band as -1 to 1 around its median, the known value as a dot.

    Each side of the median has its own unit, the distance to that end of the band. Numbers beside the dots carry units.
    """
    shown = [_row(comparison) for comparison in found if comparison.compared]
    if not shown:
        return theme.note(title, "The run and the record have nothing in common.")
    frame = pl.DataFrame(shown)
    order = [str(row["figure"]) for row in shown]
    y = alt.Y("figure:N", sort=order, axis=alt.Axis(title=None, labelLimit=480, grid=False, domain=False, ticks=False))
    x = alt.Scale(domain=[-FURTHEST, FURTHEST])
    data = rows(frame)
    base = alt.Chart(data).encode(y=y)
    band = base.mark_bar(height=12, opacity=0.22, color=ACTUAL).encode(
        x=alt.X("low:Q", scale=x, axis=axis("distance from the median, in half-widths of the 5-95 % band")),
        x2="high:Q",
    )
    middle = base.mark_tick(color=ACTUAL, thickness=2.5, size=16).encode(x=alt.X("middle:Q", scale=x))
    span = base.mark_rule(strokeWidth=2, color=INK).encode(x=alt.X("first:Q", scale=x), x2="last:Q")
    tips = [alt.Tooltip(f"{name}:N") for name in ("figure", "known", "ensemble", "verdict")]
    palette = {INSIDE: INK, OUTSIDE: UNHEDGED}
    dot = base.mark_point(filled=True, size=75, opacity=1).encode(
        x=alt.X("at:Q", scale=x), color=colours(palette), tooltip=tips
    )
    said = base.mark_text(align="left", dx=6, fontSize=10.5, color=theme.MUTED).encode(x=alt.value(PLOT), text="said:N")
    chart = theme.layer(band, middle, span, dot, said, width=PLOT, height=ROW * len(order))
    compared = [c for c in found if c.compared]
    head = f"{sum(c.inside for c in compared)} of {len(compared)} known values lie inside the ensemble's 5-95 % band."
    return theme.finish(chart, title, [head, "At the right: the known value | the ensemble's median (5 % to 95 %)."])


def _row(c: Comparison) -> dict[str, object]:
    place = [min(max(_scaled(v, c), -FURTHEST), FURTHEST) for v in (c.low, (c.low + c.high) / 2, c.high)]
    text = [Number(value=v, unit=c.figure.unit, label="").text() for v in c.band]
    ensemble = f"{c.median.brief()} ({text[0]} to {text[1]})"
    name = c.figure.label if c.source == "record" else f"{c.figure.label} ({c.source})"
    return {
        "figure": name,
        "low": -1.0,
        "high": 1.0,
        "middle": 0.0,
        "first": place[0],
        "at": place[1] if c.low == c.high else min(max(0.0, place[0]), place[2]),
        "last": place[2],
        "known": c.known,
        "ensemble": ensemble,
        "said": f"{c.known} | {ensemble}",
        "verdict": INSIDE if c.inside else OUTSIDE,
        "series": INSIDE if c.inside else OUTSIDE,
    }


def _scaled(value: float, c: Comparison) -> float:
    """Distance from the median in half-bands of that side."""
    apart = value - c.median.value
    half = c.band[1] - c.median.value if apart > 0 else c.median.value - c.band[0]
    if half > 0:
        return apart / half
    return 0.0 if apart == 0 else math.copysign(FURTHEST, apart)
