"""A tuned policy against others, and the search that found it."""

from __future__ import annotations

import altair as alt
import polars as pl

from analysis.charts import policies, theme
from analysis.charts.scales import axis, money_of, rows
from analysis.charts.theme import PARTS, WIDTH, Chart
from analysis.numbers import money

PANEL = policies.Panel(width=WIDTH, height=280, edge=24)
TUNED = ("tuned", "tuned in the twin")
RISKS = {"mean": "mean", "es_75": "mean of the worst 25 %", "es_95": "mean of the worst 5 %", "sd": "deviation"}
WORLDS = {"actual": "market that answers", "price_taker": "twin, which does not"}


def against(checks: pl.DataFrame) -> Chart:
    """Mean loss against the mean of the worst twentieth, on noise that was not searched; checks: as `tune` has them."""
    first = checks["crisis"][0]
    test = checks.filter(pl.col("crisis") == first, pl.col("noise") == "test", pl.col("world") == "actual")
    unit = money_of(test, ["mean", "es_95"])
    shown = unit.scaled(test.select("mean", "es_95", short="policy"), ["mean", "es_95"]).rename(
        {"es_95": "x", "mean": "y"}
    )
    spans = [(float(shown[name].min()), float(shown[name].max())) for name in ("x", "y")]  # type: ignore[arg-type]
    data = policies.placed(shown, PANEL, *spans, named=[True] * shown.height)
    scale = alt.Scale(zero=False, nice=False, padding=PANEL.edge)
    across = axis(f"mean of the worst 5 % of losses, {unit.unit}")
    x, x_label, x_lead = (alt.X(f"{name}:Q", axis=across, scale=scale) for name in ("x", "label_x", "lead_x"))
    up = axis(f"mean loss, {unit.unit}")
    y, y_label, y_lead = (alt.Y(f"{name}:Q", axis=up, scale=scale) for name in ("y", "label_y", "lead_y"))
    base = alt.Chart(rows(data))
    named = base.transform_filter("isValid(datum.label_x)")
    tuned = alt.condition(
        alt.FieldOneOfPredicate(field="short", oneOf=list(TUNED)), alt.value(PARTS[1]), alt.value(PARTS[0])
    )
    lead = named.transform_filter("isValid(datum.lead_x)").mark_rule(color=theme.MUTED, strokeWidth=0.6)
    layers = (
        lead.encode(x=x_lead, y=y_lead, x2="x:Q", y2="y:Q"),
        base.mark_point(filled=True, size=80, opacity=1).encode(x=x, y=y, color=tuned, tooltip=alt.Tooltip("short:N")),
        named.mark_text(align="left", baseline="middle", fontSize=10.5, color=theme.INK).encode(
            x=x_label, y=y_label, text="short:N"
        ),
    )
    told = "Down: lost less on average. Left: lost less when it was bad. Noise that the search has not seen."
    return theme.finish(
        theme.layer(*layers, width=PANEL.width, height=PANEL.height), f"The finding beside others: {first}", told
    )


def search(trials: pl.DataFrame, risk: str | None) -> Chart:
    """Least risk found so far by trial, a line a world. trials: as `tune` has them; risk: None where nothing says."""
    what = "risk" if risk is None else RISKS[risk]
    unit = money_of(trials, ["risk"])
    counted = trials.select(
        world=pl.col("world").replace(WORLDS),
        trial=pl.int_range(1, pl.len() + 1).over("world"),
        least=pl.col("risk").cum_min().over("world"),
    )
    shown = unit.scaled(counted, ["least"])
    chart = (
        alt.Chart(rows(shown))
        .mark_line(interpolate="step-after", strokeWidth=1.8)
        .encode(
            x=alt.X("trial:Q", axis=axis("trial")),
            y=alt.Y("least:Q", axis=axis(f"least {what} of losses so far, {unit.unit}"), scale=alt.Scale(zero=False)),
            color=alt.Color("world:N", scale=alt.Scale(range=list(PARTS)), legend=alt.Legend(title=None)),
        )
        .properties(width=WIDTH, height=240)
    )
    actual = trials.filter(world="actual")
    told = (
        f"Where the market answers: from {money(actual['risk'][0])} to {money(float(actual['risk'].to_numpy().min()))}."
    )
    return theme.finish(chart, "The search", told)
