"""Which axis moves a metric most: a tornado, and Sobol indices with their intervals."""

from __future__ import annotations

import altair as alt
import polars as pl

from analysis.charts import theme
from analysis.charts.scales import axis, colours, rows
from analysis.charts.sweep_scales import measure
from analysis.charts.theme import HEDGED, INK, UNHEDGED, WIDTH, Chart
from analysis.numbers import Number
from analysis.sweeps import axes as names
from analysis.sweeps import paired
from analysis.sweeps.sensitivity import sobol_indices, tornado
from sim.figure_text import interval, percent
from sim.metric_names import COST
from sim.sweep_dataset import SweepResult

ENDS = {"low end": HEDGED, "high end": UNHEDGED}
ORDERS = {"first order": HEDGED, "total": UNHEDGED}
TOGETHER = 0.95  # if first-order indices sum to less, axes acting together matter
SIDE = 170  # px for the axes' names


@theme.trusted()
def tornado_chart(sweep: SweepResult, *, metric: str = COST, scenario: str | None = None) -> Chart:
    """A bar an axis: from the metric at the axis' low end to that at its high end, the longest on top."""
    found = tornado(sweep, metric, scenario=scenario)
    shown = measure(sweep, metric, found, ["low", "high"])
    order = found["label"].to_list()
    y = alt.Y("label:N", sort=order, axis=alt.Axis(title=None, labelLimit=SIDE, grid=False, labelFontSize=12))
    scale = alt.Scale(zero=False, nice=False, padding=120)
    bars = alt.Chart(rows(shown.scaled(found, ["low", "high"]))).mark_bar(color="#d5dae0", height=14)
    bar = bars.encode(y=y, x=alt.X("low:Q", axis=axis(shown.title), scale=scale), x2="high:Q")
    ends = shown.scaled(_ends(found), ["value", "low", "high"])
    base = alt.Chart(rows(ends)).encode(y=y, color=colours(ENDS))
    whisker = base.mark_rule(strokeWidth=1.6).encode(x=alt.X("low:Q", scale=scale), x2="high:Q")
    tips = ["label:N", "series:N", "where:N", alt.Tooltip("value:Q", format=",.4g", title=shown.title)]
    dots = base.mark_circle(size=80, opacity=1).encode(x=alt.X("value:Q", scale=scale), tooltip=tips)
    texts = [
        base.transform_filter(f"datum.right == {str(right).lower()}")
        .mark_text(align="left" if right else "right", dx=8 if right else -8, fontSize=11)
        .encode(x=alt.X("high:Q" if right else "low:Q", scale=scale), text="where:N")
        for right in (True, False)
    ]
    chart = theme.layer(bar, whisker, dots, *texts, width=WIDTH - SIDE, height=44 * len(order) + 10)
    return theme.finish(chart, f"{shown.label}: what moves it", _tornado_said(sweep, metric, found))


def _ends(found: pl.DataFrame) -> pl.DataFrame:
    """label, series, where, value, low, high, right: both ends of each bar with two standard errors either way."""
    parts = []
    for end, other in (("low", "high"), ("high", "low")):
        value, error = pl.col(end), 2 * pl.col(f"{end}_error").fill_null(0.0)
        columns = {"where": pl.col(f"{end}_at"), "value": value, "low": value - error, "high": value + error}
        parts.append(
            found.select("label", pl.lit(f"{end} end").alias("series"), right=value > pl.col(other), **columns)
        )
    return pl.concat(parts)


def _tornado_said(sweep: SweepResult, metric: str, found: pl.DataFrame) -> list[str]:
    first = found.row(0, named=True)
    label, unit = names.metric(sweep, metric)
    swing = Number(value=first["swing"], unit=unit, label=label, error=first["swing_error"])
    text = f"It moves most with {first['label'].lower()}: by {swing} between {first['low_at']} and {first['high_at']}."
    sampled = sweep.manifest["design"] in names.SAMPLED
    how = (
        "Ends: mean over the lowest and highest tenth of the points."
        if sampled
        else "Each axis alone, the others at rest."
    )
    rules = "Rules: two standard errors of each end alone, either way."
    return [text, " ".join(filter(None, [how, rules, paired.told(found["unpaired"].to_list())]))]


@theme.trusted()
def sobol_chart(sweep: SweepResult, *, metric: str = COST, scenario: str | None = None) -> Chart:
    """First-order and total Sobol indices of a metric by axis, with 95 % intervals, the largest total on top."""
    found = sobol_indices(sweep, metric, scenario=scenario).sort("total", descending=True)
    labels = {a.name: a.label for a in names.axes(sweep)}
    label = pl.col("axis").replace_strict(labels).alias("label")
    parts = [
        found.select(label, pl.lit(series).alias("series"), value=kind, low=f"{kind}_low", high=f"{kind}_high")
        for kind, series in (("first", "first order"), ("total", "total"))
    ]
    order = [labels[name] for name in found["axis"]]
    y = alt.Y("label:N", sort=order, axis=alt.Axis(title=None, labelLimit=SIDE, grid=False, labelFontSize=12))
    base = alt.Chart(rows(pl.concat(parts))).encode(y=y, yOffset=alt.YOffset("series:N", sort=list(ORDERS)))
    tips = ["label:N", "series:N", *[alt.Tooltip(f"{c}:Q", format=",.3f") for c in ("value", "low", "high")]]
    share = alt.X("value:Q", axis=axis("Sobol index, share of the variance across cells"))
    bars = base.mark_bar().encode(x=share, color=colours(ORDERS), tooltip=tips)
    whiskers = base.mark_rule(color=INK).encode(x="low:Q", x2="high:Q")
    chart = theme.layer(bars, whiskers, width=WIDTH - SIDE, height=52 * len(order) + 10)
    title = f"{names.metric(sweep, metric)[0]}: where its variance across cells comes from"
    return theme.finish(chart, title, _sobol_said(found, labels))


def _sobol_said(found: pl.DataFrame, labels: dict[str, str]) -> list[str]:
    top = found.row(0, named=True)
    alone = float(found["first"].sum())
    text = (
        f"{labels[top['axis']]} has a hand in {percent(top['total'], 0)} of the variance "
        f"({interval(100 * top['total_low'], 100 * top['total_high'], 0, ' %')}), {percent(top['first'], 0)} of it "
        f"alone. One by one all axes explain {percent(alone, 0)}"
    )
    rest = "; the rest is axes acting together." if alone < TOGETHER else ": they hardly act on each other."
    return [text + rest, "Rules: 95 % bootstrap intervals."]
