"""The cost of survival as a waterfall, actual beside its twin."""

from __future__ import annotations

import altair as alt
import polars as pl

from analysis import frames, liquidity, twins
from analysis.charts import theme
from analysis.charts.pnl import NO_HEDGER
from analysis.charts.scales import Money, axis, money_of, rows
from analysis.charts.theme import PARTS, WIDTH, Chart
from analysis.numbers import money
from sim.dataset import Run

TOTAL = "Cost of survival"
SHORT = {
    "gamma": "gamma bleed",
    "theta": "theta earned",
    "spread_cost_calm": "spread, calm",
    "spread_cost_crisis": "spread, crisis",
    "impact_cost": "impact",
    "netting_gain": "netting gain",
    "funding_credit": "credit funding",
}


def waterfall(run: Run, *, agent: str | None = None, world: str = "actual") -> Chart:
    """Gamma bleed, theta earned, spread (calm, crisis), impact less netting gain, credit funding: means, and sum."""
    frames.check_world(run, world)
    if not frames.desks(run, agent):
        return theme.note(TOTAL, NO_HEDGER)
    twin = frames.twin_name(run)
    shown = ["actual", twin] if twin and world == "actual" else [world]
    steps = pl.concat([_steps(run, agent, w) for w in shown])
    unit = money_of(steps, ["low", "high"])
    side = (WIDTH - 20 * (len(shown) - 1)) // len(shown)
    low, high = min(steps["low"].to_list()) / unit.divisor, max(steps["high"].to_list()) / unit.divisor
    domain = [low, high + 0.06 * (high - low)] if high > low else [0.0, 1.0]
    charts = [
        _one(steps.filter(pl.col("world") == w), w, unit, side, domain, first=i == 0) for i, w in enumerate(shown)
    ]
    return theme.finish(
        alt.hconcat(*charts, spacing=24, resolve=theme.own_scale("color")), TOTAL, _said(run, agent, world)
    )


def _steps(run: Run, agent: str | None, world: str) -> pl.DataFrame:
    """part, low, high, amount: each bar from the sum of the parts before it; the last from zero."""
    level, found = 0.0, []
    for name, part in liquidity.parts(run, agent=agent, world=world).items():
        if name == liquidity.NETTING and part.value == 0:
            continue
        found.append(
            (
                world,
                SHORT[name],
                min(level, level + part.value),
                max(level, level + part.value),
                part.value,
                level + part.value,
            )
        )
        level += part.value
    found.append((world, "total", min(level, 0.0), max(level, 0.0), level, level))
    return pl.DataFrame(found, schema=["world", "part", "low", "high", "amount", "after"], orient="row")


def _one(
    steps: pl.DataFrame, world: str, unit: Money, width: int, domain: list[float], *, first: bool
) -> alt.LayerChart:
    data = unit.scaled(steps, ["low", "high", "after"]).with_columns(
        label=pl.col("amount").map_elements(money, return_dtype=pl.String),
        next=pl.col("part").shift(-1),
    )
    order = [*SHORT.values(), "total"]
    palette = {SHORT[c]: PARTS[c] for c in SHORT} | {"total": theme.ACTUAL if world == "actual" else theme.FROZEN}
    scale = alt.Scale(domain=list(palette), range=list(palette.values()))
    x = alt.X(
        "part:N", sort=order, axis=alt.Axis(title=None, labelAngle=-35, grid=False), scale=alt.Scale(paddingInner=0.25)
    )
    y = alt.Y(
        "low:Q",
        axis=axis(f"mean over paths, {unit.unit} (costs up)" if first else ""),
        scale=alt.Scale(domain=domain, nice=True),
    )
    base = alt.Chart(rows(data)).encode(x=x)
    bars = base.mark_bar().encode(y=y, y2="high:Q", color=alt.Color("part:N", scale=scale, legend=None))
    text = base.mark_text(dy=-7, fontSize=11, color=theme.INK).encode(y="high:Q", text="label:N")
    links = (
        alt.Chart(rows(data.filter(pl.col("next").is_not_null())))
        .mark_rule(color="#9aa5b1", strokeWidth=1)
        .encode(x=alt.X("part:N", sort=order, bandPosition=0), x2=alt.X2("next:N", bandPosition=1), y="after:Q")
    )
    name = (
        "actual world" if world == "actual" else f"{world} twin: no feedback" if world == "frozen" else f"twin: {world}"
    )
    head = alt.TitleParams(name, fontSize=12.5, anchor="start", offset=6)
    return theme.layer(links, bars, text, width=width, height=260, title=head)


def _said(run: Run, agent: str | None, world: str) -> str:
    costs = liquidity.costs(run, agent=agent, world=world)
    said = f"{costs['cost_of_survival']} on average, of which liquidity tax {costs['liquidity_tax']}"
    share = twins.feedback(run, agent=agent)["feedback_share"]
    return said + (f"; {share} of the cost is due to feedback." if share.known and world == "actual" else ".")
