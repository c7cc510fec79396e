"""Crowding: frontiers by number of desks, and the externality of one more desk; the best policies by appetite."""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from analysis.charts import policies, theme
from analysis.charts.cell_detail import CLICK
from analysis.charts.frontier import CHOSEN
from analysis.charts.policies import GREY
from analysis.charts.scales import axis, rows
from analysis.charts.theme import INK, MUTED, WIDTH, Chart
from analysis.horizon import BY_CRISIS
from analysis.numbers import money
from analysis.sweeps import appetite_words, crowding_words, outcomes
from analysis.sweeps import frontier_words as words
from analysis.sweeps.appetite import APPETITES, best_policies
from analysis.sweeps.crowding import externality, frontiers
from analysis.sweeps.frontier import MANY
from analysis.sweeps.measures import CLEAR, conditional, unit_of
from sim.sweep_dataset import SweepResult

# Viridis, as far as it stands out on white: from one desk to many
NUMBERS = ("#FDB32F", "#35B779", "#26828E", "#31688E", "#482878", "#2D0A4E")
HIGH = 360  # px
ROW, SQUARE = 62, 128  # px of a cell of the table


@theme.trusted()
def crowding_chart(sweep: SweepResult, *, scenario: str | None = None, risk: str = "es_95") -> Chart:
    """Frontiers of one desk's cost and risk by the number of desks, and the externality of one more desk.

    A line joins the efficient policies of a number; hollow marks are liquidated on more than 5 % of the paths. Below,
    one line per policy: the externality of one more desk, by step. A click on a mark highlights a policy, with whiskers
    of two standard errors. Raises UserError for a sweep with one number of desks.
    """
    steps = externality(sweep, scenario=scenario)
    frame = frontiers(sweep, risk, scenario=scenario)
    title = "Crowding: the same policies when several desks run them"
    said = crowding_words.crowding(sweep, scenario, risk)[0]
    if not steps.height or not steps["cost_externality"].abs().max():
        return theme.note(title, said)
    first = crowding_words.lonely(frame)["label"]
    pick = alt.selection_point(
        name=CHOSEN, fields=["label"], value=[{"label": first}], on=CLICK, clear=False, toggle=False, empty=False
    )
    above = _frontiers(frame, pick, risk)
    shown = alt.param(name=CHOSEN)
    below = _steps(steps, shown)
    whole = alt.vconcat(above, below, spacing=30, resolve=theme.own_scale("color"))
    return theme.finish(whole, title, [said, "Click a mark above: its policy is brought out below."])


def _frontiers(frame: pl.DataFrame, pick: alt.Parameter, risk: str) -> alt.LayerChart:
    """One desk's cost and risk, one colour per number of desks."""
    unit = unit_of(risk)
    up = 1e6 if unit == "$" else 0.01
    numbers = sorted(frame["desks"].unique())
    tones = [NUMBERS[round(i * (len(NUMBERS) - 1) / max(len(numbers) - 1, 1))] for i in range(len(numbers))]
    tone = pl.col("desks").replace_strict(dict(zip(numbers, tones, strict=True)), return_dtype=pl.String)
    said = [
        {
            "cost_said": str(words.figure(row, "cost")),
            "risk_said": str(words.figure(row, "risk", unit)),
            "dead_said": str(words.figure(row, "liquidation_rate", "share")),
        }
        for row in frame.iter_rows(named=True)
    ]
    inside = pl.when(pl.col("liquidation_rate") > MANY).then(pl.lit("white")).otherwise(tone)
    data = frame.select(
        "cell", "label", "desks", "efficient", x=pl.col("cost") / 1e6, y=pl.col("risk") / up, inside=inside
    ).hstack(pl.DataFrame(said))
    scale = alt.Scale(zero=False, nice=False, padding=18)
    base = alt.Chart(rows(data)).encode(
        x=alt.X("x:Q", axis=axis("mean cost of survival of a desk, $m"), scale=scale),
        y=alt.Y("y:Q", axis=axis(f"{conditional(risk)}, of a desk, {'$m' if unit == '$' else '%'}"), scale=scale),
        color=alt.Color(
            "desks:O",
            scale=alt.Scale(domain=numbers, range=tones),
            legend=alt.Legend(title="desks", orient="top", symbolType="circle"),
        ),
    )
    line = base.transform_filter("datum.efficient").mark_line(strokeWidth=1.6, opacity=0.8).encode(order="x:Q")
    fills = base.mark_point(size=58, filled=True).encode(color=alt.Color("inside:N", scale=None))
    tips = {"label": "policy", "desks": "desks", "cost_said": "mean cost", "risk_said": "risk", "dead_said": "dies"}
    marks = base.mark_point(size=58, strokeWidth=1.6).encode(
        opacity=alt.when("datum.efficient").then(alt.value(1.0)).otherwise(alt.value(0.35)),
        tooltip=[alt.Tooltip(f"{name}:N", title=heading) for name, heading in tips.items()],
    )
    ring = base.transform_filter(pick).mark_point(size=260, strokeWidth=1.6, color=INK).encode(color=alt.value(INK))
    return theme.layer(
        line, fills.encode(opacity=marks.encoding.opacity), ring, marks.add_params(pick), width=WIDTH - 60, height=HIGH
    )


def _steps(steps: pl.DataFrame, shown: Any) -> alt.LayerChart:
    """The externality of one more desk, one line per policy over the steps."""
    name, order = (
        "cost_externality",
        [f"{a} to {b}" for a, b in sorted({*steps.select("desks", "more_desks").iter_rows()})],
    )
    wide = CLEAR * pl.col(f"{name}_error")
    texts = [money(row[name], row[f"{name}_error"]) for row in steps.iter_rows(named=True)]
    data = steps.select(
        "label",
        step=pl.format("{} to {}", "desks", "more_desks"),
        y=pl.col(name) / 1e6,
        low=(pl.col(name) - wide) / 1e6,
        high=(pl.col(name) + wide) / 1e6,
    ).with_columns(said=pl.Series(texts, dtype=pl.String))
    x = alt.X(
        "step:O", sort=order, axis=alt.Axis(title="desks", labelAngle=0, grid=False), scale=alt.Scale(padding=0.3)
    )
    title = "mean loss put on the others by one more desk, $m"
    base = alt.Chart(rows(data)).encode(x=x)
    tips = [
        alt.Tooltip("label:N", title="policy"),
        alt.Tooltip("step:N", title="desks"),
        alt.Tooltip("said:N", title="on the others"),
    ]
    y = alt.Y("y:Q", axis=axis(title))
    faint = base.mark_line(color=GREY, strokeWidth=1, opacity=0.6, point={"color": GREY, "size": 18}).encode(
        y=y, detail="label:N", tooltip=tips
    )
    mine = base.transform_filter(shown)
    bold = mine.mark_line(color=theme.BLEED, strokeWidth=2.4, point={"color": theme.BLEED, "size": 44}).encode(
        y=y, tooltip=tips
    )
    whisker = mine.mark_rule(color=theme.BLEED, strokeWidth=1.4).encode(y=alt.Y("low:Q", axis=axis(title)), y2="high:Q")
    zero = alt.Chart(alt.InlineData(values=[{"zero": 0}])).mark_rule(color=MUTED, strokeWidth=0.8).encode(y="zero:Q")
    return theme.layer(zero, faint, whisker, bold, width=WIDTH - 60, height=250)


@theme.trusted()
def appetite_chart(sweep: SweepResult, *, desks: int | None = None) -> Chart:
    """A table of the best policy by crisis and appetite: its name, mean cost and how often it is liquidated.

    Colour by the policy's kind. Arguments and errors as `analysis.sweeps.best_policies`.
    """
    best = best_policies(sweep, desks=desks)
    title = "Best policy by crisis and appetite for risk"
    if not best.height:
        return theme.note(title, "No policy has finished.")
    known = {policy: kind for policy, (_, kind, _) in outcomes.describe(sweep).items()}
    told = [_cell(row, known) for row in best.iter_rows(named=True)]
    kinds = sorted({row["kind"] for row in told if row["kind"]})
    names = policies.names(kinds)
    data = pl.DataFrame(told).with_columns(
        kind_name=pl.col("kind").replace_strict(names, default="no difference", return_dtype=pl.String)
    )
    looks = {name: tone for name, (tone, _) in policies.looks(kinds).items()}
    shades = looks | ({"no difference": GREY} if None in set(data["kind"]) else {})
    order, height = best["scenario"].unique(maintain_order=True).to_list(), ROW * best["scenario"].n_unique()
    width = SQUARE * len(APPETITES)
    base = alt.Chart(rows(data)).encode(
        x=alt.X(
            "appetite:N",
            sort=[a.name for a in APPETITES],
            axis=alt.Axis(title=None, orient="top", labelAngle=0, labelFontSize=12, domain=False, ticks=False),
        ),
        y=alt.Y("scenario:N", sort=order, axis=alt.Axis(title=None, domain=False, ticks=False, labelLimit=170)),
    )
    tips = {
        "policy": "policy",
        "cost": "mean cost",
        "es": f"ES 95 % of the loss {BY_CRISIS}",
        "dead": "liquidated",
        "close": "as good",
    }
    box = base.mark_rect(stroke="white", strokeWidth=3, opacity=0.28).encode(
        color=alt.Color(
            "kind_name:N", scale=alt.Scale(domain=list(shades), range=list(shades.values())), sort=list(shades)
        ),
        tooltip=[alt.Tooltip(f"{name}:N", title=heading) for name, heading in tips.items()],
    )
    texts = []
    for name, dy, tone in (("short", -16, INK), ("cost", 1, INK), ("dead", 17, None)):
        colour = (
            alt.value(tone) if tone else alt.when("datum.dies").then(alt.value("#CC3311")).otherwise(alt.value(MUTED))
        )
        texts.append(
            base.mark_text(dy=dy, fontSize=11, fontWeight="bold" if name == "short" else "normal").encode(
                text=f"{name}:N", color=colour
            )
        )
    said = appetite_words.appetites_said(best)
    return theme.finish(theme.layer(box, *texts, width=width, height=height), title, said)


def _cell(row: dict[str, Any], kinds: dict[str, str]) -> dict[str, Any]:
    close = row["runner_ups"]
    return {
        "scenario": row["scenario"],
        "appetite": row["appetite"],
        "kind": kinds.get(row["policy"]),
        "policy": row["label"] or "makes no difference",
        "short": policies.short(row["label"] or "no difference"),
        "cost": str(words.figure(row, "cost")),
        "es": str(words.figure(row, "es_95")),
        "dead": f"liquidated {words.figure(row, 'liquidation_rate', 'share')}",
        "dies": row["liquidation_rate"] > MANY,
        "close": ", ".join(close) if close else "none",
    }
