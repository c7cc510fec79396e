"""The frontier of hedging policies: mean cost against risk, beside the same policies in the twin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import polars as pl

from analysis.charts import policies, theme
from analysis.charts.cell_detail import CLICK, about
from analysis.charts.policies import GREY, Panel
from analysis.charts.scales import axis, rows
from analysis.charts.theme import Chart
from analysis.sweeps import frontier_words as words
from analysis.sweeps import outcomes
from analysis.sweeps.frontier import MANY, frontier
from analysis.sweeps.measures import CLEAR, COSTS, RISKS, conditional, unit_of
from sim.columns import Unit
from sim.figure_text import percent
from sim.names import PRICE_TAKER
from sim.sweep_dataset import SweepResult

PANEL = Panel(width=348, height=400, edge=24)
CHOSEN, VIEW = "chosen", "view"  # the policy selected by a click; the policies shown
ALL, LIVING = "all", f"liquidated on at most {percent(MANY, 0)} of the paths"
TIPS = {
    "label": "policy",
    "parameter": "parameter",
    "cost_said": "mean cost",
    "risk_said": "risk",
    "dead_said": "liquidated",
    "standing": "standing",
    "excess_said": "against it",
}
DRAWN = ["cell", *(f"{c}{end}" for c in "xy" for end in ("", "_low", "_high")), "kind_name", "efficient", VIEW]
DRAWN += ["tone", "form", "inside", "short", "label_x", "label_y", "lead_x", "lead_y"]


@theme.trusted()
def frontier_chart(
    sweep: SweepResult,
    *,
    scenario: str | None = None,
    risk: str = "es_95",
    cost: str = "cost_of_survival",
    desks: int | None = None,
) -> Chart:
    """Cost against risk of every policy, actual on the left, the twin on the right with the same axes.

    Whiskers are two standard errors. A line joins the efficient policies, which are named; dominated ones are grey. A
    hollow mark is a policy that is liquidated on more than 5 % of the paths; a switch leaves these out. A click selects
    a policy and shows the parts of its cost. Arguments and errors as `analysis.sweeps.frontier`.
    """
    worlds = outcomes.worlds(sweep)
    found = [frontier(sweep, risk, cost, world, scenario, desks) for world in worlds]
    title = f"{COSTS[cost][0]} against {RISKS[risk][0]}"
    if not found[0].height or words.indifferent(sweep, scenario, desks):
        return theme.finish(theme.note(title, ""), title, words.paragraphs(sweep, scenario, risk, desks))
    if found[0]["risk"].null_count():
        return theme.note(title, "A single path has no standard deviation.")
    said = words.standing(found[0], risk)
    found = [frame.filter(pl.col("risk").is_finite()) for frame in found]  # unknown if the whole book was taken
    if not all(frame.height for frame in found):
        return theme.note(title, "On too many paths the whole book is lost to know this risk of any policy.")
    table = pl.concat([_points(frame, risk) for frame in found])
    cells = sweep.cells.filter(pl.col("cell").is_in(found[0]["cell"].to_list())).collect()
    facts, parts, quantiles = (panel.transform_filter(alt.param(name=CHOSEN)) for panel in about(sweep, cells))
    own = theme.own_scale("color")
    detail = alt.hconcat(facts, alt.vconcat(parts, quantiles, spacing=22, resolve=own), spacing=40, resolve=own)
    views = _views(table)
    drawn = [_panel(views.filter(pl.col("world") == world), world, risk, cost) for world in worlds]
    same = alt.Resolve.from_dict({"scale": {"x": "shared", "y": "shared"}})
    both = alt.hconcat(*drawn, spacing=34, resolve=same)
    apart = alt.Resolve.from_dict({"scale": {"color": "independent", "shape": "independent"}})
    whole = alt.vconcat(both, detail, spacing=30, resolve=apart)
    _add_controls(whole, _first(table), views[VIEW].unique(maintain_order=True).to_list())
    return theme.finish(whole, title, [said, "Click a policy: the circle says which it is, the panels show it."])


def _points(frame: pl.DataFrame, risk: str) -> pl.DataFrame:
    """Rows of `frontier` with x and y and their whiskers in the axes' units, colours, and what tooltips say."""
    kinds = policies.names(frame["kind"].unique().to_list())
    wide_x, wide_y = (CLEAR * pl.col(f"{name}_error").fill_null(0.0) for name in ("cost", "risk"))
    unit = unit_of(risk)
    up = 1e6 if unit == "$" else 0.01
    said = [_said(row, unit) for row in frame.iter_rows(named=True)]
    drawn = frame.with_columns(
        x=pl.col("cost") / 1e6,
        x_low=(pl.col("cost") - wide_x) / 1e6,
        x_high=(pl.col("cost") + wide_x) / 1e6,
        y=pl.col("risk") / up,
        y_low=(pl.col("risk") - wide_y) / up,
        y_high=(pl.col("risk") + wide_y) / up,
        kind_name=pl.col("kind").replace_strict(kinds, return_dtype=pl.String),
        short=pl.Series([policies.short(label) for label in frame["label"]], dtype=pl.String),
    )
    told = ("cost_said", "risk_said", "dead_said", "standing", "excess_said")
    toned = drawn.with_columns(**policies.styles(list(kinds)))
    return toned.hstack(pl.DataFrame(said, schema=dict.fromkeys(told, pl.String)))


def _said(row: dict[str, Any], unit: Unit) -> dict[str, str]:
    told = {"cost_said": str(words.figure(row, "cost")), "risk_said": str(words.figure(row, "risk", unit))}
    told |= {
        "dead_said": str(words.figure(row, "liquidation_rate", "share")),
        "standing": "efficient",
        "excess_said": "",
    }
    if not row["efficient"]:
        how = "clearly dominated" if row["clearly_dominated"] else "dominated, within the noise,"
        told["standing"] = f"{how} by {row['dominated_by']}"
        told["excess_said"] = (
            f"cost + {words.figure(row, 'excess_cost')}, risk + {words.figure(row, 'excess_risk', unit)}"
        )
    return told


def _first(table: pl.DataFrame) -> int:
    """The cell shown before a click: the cheapest efficient one that is rarely liquidated."""
    actual = table.filter((pl.col("world") == outcomes.ACTUAL) & pl.col("efficient")).sort("cost")
    living = actual.filter(pl.col("liquidation_rate") <= MANY)
    return int((living if living.height else actual)["cell"][0])


def _views(table: pl.DataFrame) -> pl.DataFrame:
    """Rows of every panel in every view: all policies; and those rarely liquidated, if they are some but not all."""
    living = table.filter(pl.col("liquidation_rate") <= MANY)
    alone = living.height > 0 and living.height < table.height
    views = {ALL: table} | ({LIVING: living} if alone else {})
    found = []
    for view, shown in views.items():
        x, y = ((_least(shown, name), _most(shown, name)) for name in ("x", "y"))
        for part in shown.partition_by("world", maintain_order=True):
            ordered = part.sort(pl.col("liquidation_rate") > MANY, "x", maintain_order=True)
            placed = policies.placed(ordered, PANEL, x, y, named=ordered["efficient"].to_list())
            found.append(placed.with_columns(pl.lit(view).alias(VIEW)))
    return pl.concat(found)


def _least(table: pl.DataFrame, name: str) -> float:
    return float(table[f"{name}_low"].min())  # type: ignore[arg-type]


def _most(table: pl.DataFrame, name: str) -> float:
    return float(table[f"{name}_high"].max())  # type: ignore[arg-type]


def _panel(table: pl.DataFrame, world: str, risk: str, cost: str) -> alt.LayerChart:
    """One world's policies: whiskers, line of the efficient ones, names, marks, and a ring around the selected one."""
    kinds = table["kind"].unique().to_list()
    scale = alt.Scale(zero=False, nice=False, padding=PANEL.edge)
    across = axis(f"mean {COSTS[cost][0].lower()}, $m")
    up = axis(f"{conditional(risk)}, {'$m' if unit_of(risk) == '$' else '%'}")
    x, x_low = (alt.X(f"{name}:Q", axis=across, scale=scale) for name in ("x", "x_low"))
    y, y_low = (alt.Y(f"{name}:Q", axis=up, scale=scale) for name in ("y", "y_low"))
    here = alt.Chart().transform_filter(f"datum.{VIEW} === {VIEW}")
    base = here.encode(x=x, y=y)
    faint = alt.when("datum.efficient").then(alt.value(0.9)).otherwise(alt.value(0.4))
    rule = base.mark_rule(strokeWidth=1.1).encode(color=alt.Color("tone:N", scale=None), opacity=faint)
    line = base.mark_line(color=theme.MUTED, strokeWidth=1.2, strokeDash=[4, 3])
    tips = [alt.Tooltip(f"{name}:N", title=heading) for name, heading in TIPS.items()]
    plain = {"shape": alt.Shape("form:N", scale=None), "color": alt.Color("inside:N", scale=None)}
    fills = base.mark_point(size=64, filled=True, opacity=1).encode(**plain)
    marks = base.mark_point(size=64, strokeWidth=1.7, opacity=1).encode(tooltip=tips)
    dominated = marks.transform_filter("!datum.efficient").encode(shape=plain["shape"], color=alt.value(GREY))
    own = {"color": policies.colour(kinds), "shape": policies.shape(kinds)}  # both panels share their legend
    efficient = marks.transform_filter("datum.efficient").encode(**own)
    ring = base.transform_filter(alt.param(name=CHOSEN)).mark_point(
        size=280, shape="circle", color=theme.INK, strokeWidth=1.6
    )
    named = here.transform_filter("isValid(datum.label_x)").encode(x="label_x:Q", y="label_y:Q")
    lead = named.transform_filter("isValid(datum.lead_x)").mark_rule(color=theme.MUTED, strokeWidth=0.6)
    text = named.mark_text(align="left", baseline="middle", fontSize=10.5, color=theme.INK)
    layers = [
        rule.encode(x=x_low, x2="x_high:Q"),
        rule.encode(y=y_low, y2="y_high:Q"),
        line.transform_filter("datum.efficient").encode(order="x:Q"),
        lead.encode(x="lead_x:Q", y="lead_y:Q", x2="x:Q", y2="y:Q"),
        fills,
        dominated,
        ring,
        text.encode(text="short:N"),
        efficient,
    ]
    head = alt.TitleParams(world_title(world), fontSize=12, anchor="start", frame="group", color=theme.INK)
    data = rows(table.select(*DRAWN, *TIPS).sort("efficient", "label"))
    return theme.layer(*layers, width=PANEL.width, height=PANEL.height, data=data, title=head)


def _add_controls(whole: alt.VConcatChart, first: int, views: Sequence[str]) -> None:
    """The click that selects a policy in every panel, and the switch between views where there are several."""
    names = []
    for i, panel in enumerate(whole.vconcat[0].hconcat):
        names.append(f"policies_{i}")  # Altair itself ends names by the panel's number
        panel.layer[-1].name = names[-1]  # clicks count on every layer of the panel
    point = alt.PointSelectionConfig(type="point", fields=["cell"], on=CLICK, clear=False, toggle=False)
    click = alt.TopLevelSelectionParameter(name=CHOSEN, select=point, value=[{"cell": first}], views=names)
    switch = alt.BindRadioSelect(input="radio", options=list(views), name="Show ") if len(views) > 1 else alt.Undefined
    whole.params = [click, alt.VariableParameter(name=VIEW, value=ALL, bind=switch)]


def world_title(world: str) -> str:
    """Title of a panel."""
    if world == outcomes.ACTUAL:
        return "As it was: the market answers back"
    return "The twin: had the market not answered back" if world == PRICE_TAKER else f"The twin: {world}"
