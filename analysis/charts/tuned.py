"""A tuned policy against others, and the search that found it."""

from __future__ import annotations

import altair as alt
import polars as pl

from analysis.charts import theme
from analysis.charts.scales import axis, money_of, rows
from analysis.charts.theme import PARTS, WIDTH, Chart
from analysis.numbers import money

WORLDS = {"actual": "market that answers", "price_taker": "twin, which does not"}


def against(checks: pl.DataFrame) -> Chart:
    """Mean loss against the mean of the worst twentieth, on noise that was not searched; checks: as `tune` has them."""
    first = checks["crisis"][0]
    test = checks.filter(pl.col("crisis") == first, pl.col("noise") == "test", pl.col("world") == "actual")
    unit = money_of(test, ["mean", "es_95"])
    shown = unit.scaled(test.select("policy", "mean", "es_95"), ["mean", "es_95"])
    base = alt.Chart(rows(shown)).encode(
        x=alt.X("es_95:Q", axis=axis(f"mean of the worst 5 % of losses, {unit.unit}"), scale=alt.Scale(zero=False)),
        y=alt.Y("mean:Q", axis=axis(f"mean loss, {unit.unit}"), scale=alt.Scale(zero=False)),
    )
    tuned = alt.condition(
        alt.FieldOneOfPredicate(field="policy", oneOf=["tuned", "tuned in the twin"]),
        alt.value(PARTS[1]),
        alt.value(PARTS[0]),
    )
    layers = (
        base.mark_point(filled=True, size=80, opacity=1).encode(color=tuned),
        base.mark_text(align="left", dx=8, fontSize=11).encode(text="policy:N"),
    )
    told = "Down: lost less on average. Left: lost less when it was bad. Noise that the search has not seen."
    return theme.finish(theme.layer(*layers, width=WIDTH, height=280), f"The finding beside others: {first}", told)


def search(trials: pl.DataFrame, risk: str) -> Chart:
    """Least risk found so far by trial, a line a world. trials: as `tune` has them."""
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
            y=alt.Y("least:Q", axis=axis(f"least {risk} of the loss so far, {unit.unit}"), scale=alt.Scale(zero=False)),
            color=alt.Color("world:N", scale=alt.Scale(range=list(PARTS)), legend=alt.Legend(title=None)),
        )
        .properties(width=WIDTH, height=240)
    )
    actual = trials.filter(world="actual")
    told = (
        f"Where the market answers: from {money(actual['risk'][0])} to {money(float(actual['risk'].to_numpy().min()))}."
    )
    return theme.finish(chart, "The search", told)
