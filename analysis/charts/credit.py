"""Survival and hazard rates of names."""

from __future__ import annotations

import altair as alt
import polars as pl

from analysis.charts import theme
from analysis.charts.scales import axis, rows
from analysis.charts.theme import PARTS, WIDTH, Chart
from sim.figure_text import percent


def survival(lines: pl.DataFrame, quotes: pl.DataFrame) -> Chart:
    """Probability to survive, a line a name with a dot a quote. lines, quotes: name, years, survival."""
    base = _base(lines.with_columns(pl.col("survival") * 100))
    y = alt.Y("survival:Q", axis=axis("% alive"), scale=alt.Scale(zero=False))
    kept = quotes.select("name", "years", pl.col("survival") * 100)
    dots = alt.Chart(rows(kept)).encode(x="years:Q", y=y, color=_colour(lines))
    layers = [base.mark_line(strokeWidth=2.2).encode(y=y), dots.mark_point(filled=True, size=32, opacity=1)]
    last = quotes.group_by("name", maintain_order=True).last()
    told = [f"{r['name']} {percent(r['survival'], 2)} after {r['years']:.1f} years" for r in last.iter_rows(named=True)]
    return theme.finish(theme.layer(*layers, width=WIDTH, height=280), "Survival", f"Alive: {', '.join(told)}.")


def hazards(lines: pl.DataFrame) -> Chart:
    """Hazard rates, flat between the maturities quoted. lines: name, years, hazard (1/year)."""
    y = alt.Y("hazard:Q", axis=axis("defaults a year, %"), scale=alt.Scale(zero=True))
    line = _base(lines.with_columns(pl.col("hazard") * 100)).mark_line(strokeWidth=1.6, interpolate="step-after")
    top = lines.sort("hazard").tail(1).row(0, named=True)
    told = f"Highest: {top['name']}, {percent(top['hazard'], 2)} a year."
    return theme.finish(line.encode(y=y).properties(width=WIDTH, height=240), "Hazard rates", told)


def _base(lines: pl.DataFrame) -> alt.Chart:
    x = alt.X("years:Q", axis=axis("years"), scale=alt.Scale(nice=False))
    return alt.Chart(rows(lines)).encode(x=x, color=_colour(lines))


def _colour(lines: pl.DataFrame) -> alt.Color:
    names = lines["name"].unique(maintain_order=True).to_list()
    palette = alt.Scale(domain=names, range=[PARTS[(2 + i) % len(PARTS)] for i in range(len(names))])
    return alt.Color("name:N", scale=palette, legend=alt.Legend(title=None))
