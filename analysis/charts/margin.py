"""Margin by rule through a run, rules against one another, and a book's value by the short rate."""

from __future__ import annotations

import altair as alt
import polars as pl

from analysis.charts import theme
from analysis.charts.scales import axis, dates, money_of, rows
from analysis.charts.theme import PARTS, WIDTH, Chart
from analysis.numbers import money


def by_rule(days: pl.DataFrame) -> Chart:
    """Mean initial margin by day, a line a rule. days: rule, time, margin, error ($)."""
    unit = money_of(days, ["margin"])
    shown = unit.scaled(days.select("rule", "time", "margin"), ["margin"])
    y = alt.Y("margin:Q", axis=axis(f"initial margin, {unit.unit}"))
    line = alt.Chart(rows(shown)).mark_line(strokeWidth=1.8)
    chart = line.encode(x=dates(shown), y=y, color=_colour(days)).properties(width=WIDTH, height=280)
    highest = days.sort("margin").row(-1, named=True)
    told = f"Mean over the paths. Highest: {highest['rule']}, {money(highest['margin'])} on {highest['time']:%-d %B}."
    return theme.finish(chart, "Initial margin by rule", told)


def rules_apart(figures: pl.DataFrame) -> Chart:
    """Coverage against the margin that is called, a point a rule. figures: rule, coverage, called ($), `*_error`."""
    unit = money_of(figures, ["called"])
    shown = unit.scaled(figures.select("rule", "called", coverage=pl.col("coverage") * 100), ["called"])
    base = alt.Chart(rows(shown)).encode(
        x=alt.X("called:Q", axis=axis(f"margin called over the run, {unit.unit}")),
        y=alt.Y("coverage:Q", axis=axis("closes whose margin covers, %"), scale=alt.Scale(zero=False)),
    )
    layers = (
        base.mark_point(filled=True, size=70, opacity=1).encode(color=_colour(figures, legend=False)),
        base.mark_text(align="left", dx=8, fontSize=11).encode(text="rule:N"),
    )
    told = "Up: fewer losses exceed margin. Left: less is called while cash is dear."
    return theme.finish(theme.layer(*layers, width=WIDTH, height=280), "Rules of margin", told)


def by_rate(values: pl.DataFrame) -> Chart:
    """u(t, r) as a line a day, with the density of the short rate as an area. values: as `rate_map` has them."""
    unit = money_of(values, ["value"])
    shown = unit.scaled(values.select("date", "rate", "value", "density"), ["value"]).with_columns(
        date=pl.col("date").cast(pl.String), rate=pl.col("rate") * 100
    )
    colour = alt.Color("date:N", scale=alt.Scale(range=list(PARTS)), legend=alt.Legend(title=None))
    x = alt.X("rate:Q", axis=axis("short rate, %"), scale=alt.Scale(zero=False, nice=False))
    line = alt.Chart(rows(shown.select("date", "rate", "value"))).mark_line(strokeWidth=1.8)
    likely = alt.Chart(rows(shown.filter(pl.col("density").is_finite()).select("date", "rate", "density")))
    area = likely.mark_area(opacity=0.18, line=True).encode(
        x=x, y=alt.Y("density:Q", axis=None, stack=None), color=colour
    )
    value = line.encode(x=x, y=alt.Y("value:Q", axis=axis(f"value of the book, {unit.unit}")), color=colour)
    both = theme.layer(area, value, width=WIDTH, height=300).resolve_scale(y="independent")
    return theme.finish(both, "Value by the short rate", "Lines: the book by day. Areas: how likely the rate is then.")


def by_quantile(values: pl.DataFrame) -> Chart:
    """Margin by the short rate on the last day, exact and by the monotone map. values: as `rate_map` has them."""
    last = values.filter(pl.col("date") == values["date"].max())
    unit = money_of(last, ["margin", "monotone"])
    both = last.select("rate", exact="margin", **{"monotone map": "monotone"}).unpivot(
        index="rate", variable_name="rule", value_name="margin"
    )
    shown = unit.scaled(both.with_columns(rate=pl.col("rate") * 100), ["margin"])
    chart = (
        alt.Chart(rows(shown))
        .mark_line(strokeWidth=1.8)
        .encode(
            x=alt.X("rate:Q", axis=axis("short rate, %"), scale=alt.Scale(zero=False, nice=False)),
            y=alt.Y("margin:Q", axis=axis(f"margin, {unit.unit}")),
            color=_colour(shown),
        )
        .properties(width=WIDTH, height=240)
    )
    told = (
        "The map takes the book for one that only rises or falls in the rate: where it turns, the map asks too little."
    )
    return theme.finish(chart, "Margin by the short rate, last day", told)


def _colour(frame: pl.DataFrame, *, legend: bool = True) -> alt.Color:
    names = frame["rule"].unique(maintain_order=True).to_list()
    palette = alt.Scale(domain=names, range=[PARTS[i % len(PARTS)] for i in range(len(names))])
    return alt.Color("rule:N", scale=palette, sort=names, legend=alt.Legend(title=None) if legend else None)
