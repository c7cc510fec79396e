"""The share of paths that are never reduced by force, against the desk's capital."""

from __future__ import annotations

import altair as alt
import numpy as np
import polars as pl

from analysis.charts import theme
from analysis.charts.scales import axis, colours, money_of, rows
from analysis.charts.theme import ACTUAL, HEDGED, WIDTH, Chart
from analysis.numbers import FloatArray, Number, money
from sim.figure_text import significant

RUN, FIRST = "a run with that capital", "first order, from the run with today's"
STEPS = 200  # points of the first-order line


def curve(answers: pl.DataFrame, trials: pl.DataFrame, needed: FloatArray, today: float) -> Chart:
    """Trials with two standard errors, the first-order line, the levels asked for, and today's capital.

    answers: level, capital, error. trials: capital ($), never_reduced, error. needed: (paths,) $, first order.
    """
    wide = 2 * pl.col("error").fill_null(0.0)
    shown = trials.select(
        "capital",
        share=pl.col("never_reduced") * 100,
        low=(pl.col("never_reduced") - wide).clip(0.0) * 100,
        high=(pl.col("never_reduced") + wide).clip(upper_bound=1.0) * 100,
        series=pl.lit(RUN),
    )
    unit = money_of(trials, ["capital"])
    line = unit.scaled(_first_order(needed, trials), ["capital"])
    palette = {RUN: HEDGED, FIRST: ACTUAL}
    x = alt.X("capital:Q", axis=axis(f"capital of the desk, {unit.unit}"), scale=alt.Scale(zero=False))
    base = alt.Chart(rows(unit.scaled(shown, ["capital"]))).encode(x=x, color=colours(palette))
    y = alt.Y("share:Q", axis=axis("paths never reduced by force, %"), scale=alt.Scale(domain=[0, 100]))
    tips = [alt.Tooltip(f"{name}:Q", format=",.4g") for name in ("capital", "share")]
    wanted = pl.DataFrame({"level": answers["level"] * 100, "capital": answers["capital"] / unit.divisor})
    mark = alt.Chart(rows(pl.DataFrame({"capital": [today / unit.divisor]}))).encode(x="capital:Q")
    charts = [
        alt.Chart(rows(wanted)).mark_rule(color=theme.MUTED, strokeWidth=0.8).encode(y="level:Q"),
        alt.Chart(rows(wanted)).mark_rule(color=theme.MUTED, strokeWidth=0.8).encode(x="capital:Q"),
        mark.mark_rule(color=theme.INK, strokeDash=[4, 3]),
        mark.mark_text(text="today", align="left", dx=4, color=theme.INK, fontSize=11).encode(y=alt.value(10)),
        alt.Chart(rows(line))
        .mark_line(strokeDash=[6, 4], strokeWidth=2, interpolate="step-after")
        .encode(x=x, y=y, color=colours(palette)),
        base.mark_rule(strokeWidth=1.4).encode(y="low:Q", y2="high:Q"),
        base.mark_point(filled=True, size=48, opacity=1).encode(y=y, tooltip=tips),
    ]
    told = []
    for row in answers.iter_rows(named=True):
        capital = Number(value=row["capital"], unit="$", label="", error=row["error"])
        told.append(f"{significant(row['level'] * 100)} % of the paths with {capital}")
    text = f"Never reduced are {', '.join(told)}; today's capital is {money(today)}."
    return theme.finish(theme.layer(*charts, width=WIDTH, height=300), "Survival capital", text)


def _first_order(needed: FloatArray, trials: pl.DataFrame) -> pl.DataFrame:
    """capital, share (%): of paths that need no more, over the capitals that were tried."""
    tried = trials["capital"].to_numpy()
    low, high = float(np.min(tried)), float(np.max(tried))
    at = np.linspace(low, high, STEPS)
    share = np.searchsorted(np.sort(needed), at, side="right") / needed.size
    return pl.DataFrame({"capital": at, "share": share * 100, "series": FIRST})
