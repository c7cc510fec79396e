"""The cost of survival as a waterfall, actual beside its twin."""

from __future__ import annotations

import math

import altair as alt
import polars as pl

from analysis import frames, liquidity, parts, twins
from analysis.charts import theme
from analysis.charts.pnl import NO_HEDGER
from analysis.charts.scales import Money, axis, money_of, rows
from analysis.charts.theme import WIDTH, Chart
from analysis.numbers import money
from sim.dataset import Run
from sim.names import ACTUAL, PRICE_TAKER

UNSPLIT = "book, not split"
HEIGHT, LINE = 260, 13  # pixels: of the chart, of a line of words
NEAR = 3  # bars that a label is wide
ACROSS = alt.Axis(title=None, labelAngle=-35, grid=False)  # of the parts' names


def waterfall(run: Run, *, agent: str | None = None, world: str = "actual") -> Chart:
    """Every part of the loss up to their sum, the cost of survival; means over paths."""
    world = frames.check_world(run, world)
    title = parts.loss_of(run).label
    if not frames.desks(run, agent):
        return theme.note(title, NO_HEDGER)
    twin = frames.twin_name(run)
    shown = ["actual", twin] if twin and world == "actual" else [world]
    steps = pl.concat([_steps(run, agent, w) for w in shown])
    unit = money_of(steps, ["low", "high"])
    side = (WIDTH - 20 * (len(shown) - 1)) // len(shown)
    low, high = min(steps["low"].to_list()) / unit.divisor, max(steps["high"].to_list()) / unit.divisor
    domain = [low, high + 0.2 * (high - low)] if high > low else [0.0, 1.0]
    colours = theme.part_colours(parts.loss_of(run))
    charts = [
        _one(steps.filter(pl.col("world") == w), w, unit, side, domain, colours, first=i == 0)
        for i, w in enumerate(shown)
    ]
    return theme.finish(
        alt.hconcat(*charts, spacing=24, resolve=theme.own_scale("color")), title, _said(run, agent, world)
    )


def _steps(run: Run, agent: str | None, world: str) -> pl.DataFrame:
    """part, low, high, amount, label: each bar from the sum of the parts before it; the last from zero."""
    level, found, loss = 0.0, [], parts.loss_of(run)
    costs = liquidity.costs(run, agent=agent, world=world)
    for part in loss.parts:
        cost = costs[part.name].value
        if not math.isfinite(cost) or (part.rare and cost == 0):  # not attributed: what is not split is one bar
            continue
        label = costs[part.name].brief()
        found.append((world, part.short, min(level, level + cost), max(level, level + cost), cost, label, level + cost))
        level += cost
    rest = costs[loss.name].value - level
    if not all(costs[part.name].known for part in loss.parts):
        found.append(
            (world, UNSPLIT, min(level, level + rest), max(level, level + rest), rest, money(rest), level + rest)
        )
        level += rest
    found.append((world, "total", min(level, 0.0), max(level, 0.0), level, costs[loss.name].brief(), level))
    return pl.DataFrame(found, schema=["world", "part", "low", "high", "amount", "label", "after"], orient="row")


def _one(
    steps: pl.DataFrame,
    world: str,
    unit: Money,
    width: int,
    domain: list[float],
    colours: dict[str, str],
    *,
    first: bool,
) -> alt.LayerChart:
    data = unit.scaled(steps, ["low", "high", "after"]).with_columns(
        next=pl.col("part").shift(-1),
    )
    data = data.with_columns(at=pl.Series(_apart(data["high"].to_list(), domain), dtype=pl.Float64))
    order = steps["part"].to_list()
    total = theme.ACTUAL if world == "actual" else theme.TWIN
    palette = colours | {UNSPLIT: theme.MUTED, "total": total}
    scale = alt.Scale(domain=list(palette), range=list(palette.values()))
    x = alt.X("part:N", sort=order, axis=ACROSS, scale=alt.Scale(paddingInner=0.25))
    y = alt.Y(
        "low:Q",
        axis=axis(f"mean over paths, {unit.unit} (costs up)" if first else ""),
        scale=alt.Scale(domain=domain, nice=True),
    )
    base = alt.Chart(rows(data)).encode(x=x)
    bars = base.mark_bar().encode(y=y, y2=alt.Y2("high:Q"), color=alt.Color("part:N", scale=scale, legend=None))
    text = base.mark_text(dy=-7, fontSize=11, color=theme.INK).encode(y=alt.Y("at:Q"), text=alt.Text("label:N"))
    links = (
        alt.Chart(rows(data.filter(pl.col("next").is_not_null())))
        .mark_rule(color="#9aa5b1", strokeWidth=1)
        .encode(x=alt.X("part:N", sort=order, bandPosition=0), x2=alt.X2("next:N", bandPosition=1), y=alt.Y("after:Q"))
    )
    name = (
        "actual world"
        if world == ACTUAL
        else f"{world} twin: no feedback"
        if world == PRICE_TAKER
        else f"twin: {world}"
    )
    head = alt.TitleParams(name, fontSize=12.5, anchor="start", offset=6)
    return theme.layer(links, bars, text, width=width, height=HEIGHT, title=head)


def _apart(tops: list[float], domain: list[float]) -> list[float]:
    """Where the labels of bars stand so that none covers another: at the tops, or some lines above."""
    line = LINE * (domain[1] - domain[0]) / HEIGHT
    places: list[float] = []
    for top in tops:
        while any(abs(top - other) < 0.99 * line for other in places[-NEAR + 1 :]):
            top += line / 2
        places.append(top)
    return places


def _said(run: Run, agent: str | None, world: str) -> str:
    costs = liquidity.costs(run, agent=agent, world=world)
    loss = parts.loss_of(run)
    said = f"The loss over the run is {costs[loss.name]} on average, {costs[loss.lasting.name]} before re-marking"
    share = twins.feedback(run, agent=agent)["feedback_share"]
    return said + (f"; {share} of the cost is due to feedback." if share.known and world == "actual" else ".")
