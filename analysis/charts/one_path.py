"""One path of a run against all of them: P&L, its parts, the market, the position, margin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import altair as alt
import polars as pl

from analysis import frames, parts, pnl
from analysis.charts import marks, theme
from analysis.charts.pnl import NO_HEDGER
from analysis.charts.scales import axis, colours, dates, money_of, rows, titled
from analysis.charts.survival import OUTCOMES
from analysis.charts.theme import HEDGED, UNHEDGED, WIDTH, Chart
from analysis.numbers import money
from analysis.paths import calls, days
from analysis.spread import SHARES
from sim.dataset import Run

ALL, MINE, BARE = "all paths (median, 25\N{EN DASH}75 and 5\N{EN DASH}95 %)", "this path", "whole book, marked alone"
KEPT = "On the way, agents that are no hedging desk are kept on witness paths only."
PALETTE = {MINE: theme.INK, BARE: UNHEDGED, ALL: HEDGED}
MARGIN = {"short_sale_proceeds": "#88CCEE", "variation_margin": "#DDCC77", "initial_margin": "#882255"}


def gains(run: Run, path: int, *, agent: str | None = None, world: str = "actual") -> Chart:
    """P&L of one path over the bands of all, with its margin calls."""
    title = f"P&L of path {path}"
    if not frames.desks(run, agent):
        return theme.note(title, NO_HEDGER)
    every, mine = frames.daily(run, agent, world), days.marks(run, path, agent, world)
    if not mine.height:
        return theme.note(title, KEPT)
    wanted = [f"pnl_{q}" for q in SHARES]
    unit = money_of(pl.concat([every.select(wanted), mine.select(pl.col("pnl").alias(w) for w in wanted)]), wanted)
    x, y = dates(mine), axis(f"cumulative P&L, {unit.unit}")
    bands = marks.band_and_median(marks.long_bands({ALL: (unit.scaled(every, wanted), "pnl")}), PALETTE, x, y)
    scaled = unit.scaled(mine, ["pnl", "unhedged_pnl"])
    lines = pl.concat(
        scaled.select("time", day=pl.col("day").cast(pl.String), at=pl.col(name), series=pl.lit(series))
        for name, series in (("unhedged_pnl", BARE), ("pnl", MINE))
    )
    drawn = alt.Chart(rows(lines)).mark_line(strokeWidth=1.8, point=alt.OverlayMarkDef(size=20, cursor="pointer"))
    tips = [alt.Tooltip("time:T"), alt.Tooltip("series:N"), alt.Tooltip("at:Q", format=",.4g", title=unit.unit)]
    own = drawn.encode(x=x, y="at:Q", color=colours(PALETTE), tooltip=tips)
    called = _called(run, path, agent, world, scaled, x)
    last, middle = mine["pnl"][-1], every["pnl_q50"][-1]
    said = f"{money(last)} at the end, where the median path has {money(middle)}. Click a point to open its day."
    return theme.finish(theme.layer(*bands, own, *called, marks.zero(), width=WIDTH, height=230), title, said)


def _called(run: Run, path: int, agent: str | None, world: str, scaled: pl.DataFrame, x: alt.X) -> list[alt.Chart]:
    """A triangle on the P&L at each call, in the colour of its outcome; a click opens it."""
    found = calls.of_path(run, path, agent, world).join(scaled.select("time", "pnl"), on="time", how="inner")
    if not found.height:
        return []
    amounts = [money(amount) for amount in found["called"]]
    data = found.select("time", "pnl", call="number", outcome=pl.format("call {}", "outcome")).with_columns(
        called=pl.Series(amounts)
    )
    shape = alt.Chart(rows(data)).mark_point(shape="triangle-down", filled=True, size=95, yOffset=-9, cursor="pointer")
    scale = alt.Scale(domain=[f"call {name}" for name in OUTCOMES], range=list(OUTCOMES.values()))
    tips = [alt.Tooltip("time:T"), alt.Tooltip("called:N", title="margin called"), alt.Tooltip("outcome:N")]
    fill = alt.Fill("outcome:N", scale=scale, legend=alt.Legend(title=None, symbolType="triangle-down"))
    return [shape.encode(x=x, y=alt.Y("pnl:Q"), fill=fill, tooltip=tips)]


def by_part(run: Run, path: int, *, agent: str | None = None, world: str = "actual") -> Chart:
    """Parts of the cost of one path, beside the median and nine paths in ten of all."""
    title = f"Cost of survival of path {path}, part by part"
    if not frames.desks(run, agent):
        return theme.note(title, NO_HEDGER)
    loss = parts.loss_of(run)
    mine = frames.final(run, agent, world).filter(pl.col("path") == path).row(0, named=True)
    found = []
    for item in [*loss.parts, None]:
        name, short = (loss.name, "total") if item is None else (item.name, item.short)
        values = pl.Series(pnl.cost(run, agent, world, name))
        low, middle, high = (values.quantile(q, "linear") for q in (0.05, 0.5, 0.95))
        if item is None or not item.rare or low != high:
            found.append((short, mine[parts.column_of(name)], low, middle, high))
    data = pl.DataFrame(found, schema=["part", "amount", "low", "middle", "high"], orient="row")
    unit = money_of(data, ["amount", "low", "high"])
    x = alt.X("part:N", sort=data["part"].to_list(), axis=alt.Axis(title=None, labelAngle=-30, grid=False))
    base = alt.Chart(rows(unit.scaled(data, ["amount", "low", "middle", "high"]))).encode(x=x)
    tips = [alt.Tooltip("part:N")]
    tips += [
        alt.Tooltip(f"{c}:Q", format=",.4g", title=t)
        for c, t in (("amount", MINE), ("middle", "median path"), ("low", "5 %"), ("high", "95 %"))
    ]
    y = axis(f"{unit.unit} (costs up)")
    bars = base.mark_bar(color=HEDGED, opacity=0.8).encode(y=alt.Y("amount:Q", axis=y), tooltip=tips)
    span = base.mark_rule(color=theme.INK).encode(y="low:Q", y2="high:Q")
    tick = base.mark_tick(color=theme.INK, thickness=2, size=16).encode(y="middle:Q")
    total = money(mine[parts.column_of(loss.name)])
    said = f"Bars: this path, {total} in all. Ticks and rules: the median and 5 to 95 % of all paths."
    return theme.finish(theme.layer(bars, span, tick, width=WIDTH, height=230), title, said)


def market(run: Run, path: int, *, agent: str | None = None, world: str = "actual") -> Chart:
    """Price, vol and half-spread of one path over the bands of all."""
    every, mine = frames.closes(run, world), days.market(run, path, world)
    panels = [_level(run, every, mine, name) for name in ("mid", "vol", "half_spread")]
    said = "Line: this path; bands: 25\N{EN DASH}75 and 5\N{EN DASH}95 % of all paths."
    return theme.finish(
        alt.vconcat(*panels, spacing=12, resolve=theme.own_scale("color")), f"Market of path {path}", said
    )


def _level(run: Run, every: pl.DataFrame, mine: pl.DataFrame, name: str) -> alt.LayerChart:
    factor, title = titled(parts.schema_of(run).column("closes", name))
    wanted = [f"{name}_{q}" for q in SHARES]
    bands = marks.long_bands({ALL: (every.with_columns(pl.col(wanted) * factor), name)})
    x = dates(mine)
    shown = marks.band_and_median(bands, PALETTE, x, axis(title))
    line = mine.select("time", at=pl.col(name) * factor, series=pl.lit(MINE))
    return theme.layer(*shown, _line(line, x), width=WIDTH, height=120)


def _line(data: pl.DataFrame, x: alt.X) -> alt.Chart:
    tips = [alt.Tooltip("time:T"), alt.Tooltip("at:Q", format=",.4g", title=MINE)]
    found: alt.Chart = (
        alt.Chart(rows(data))
        .mark_line(strokeWidth=1.8)
        .encode(x=x, y="at:Q", color=colours(PALETTE, legend=None), tooltip=tips)
    )
    return found


def position(run: Run, path: int, *, agent: str | None = None, world: str = "actual") -> Chart:
    """Delta of book and hedge, gamma, and the share of the book that no lender has taken."""
    title = f"Position of path {path}"
    held = days.held(run, path, agent, world) if frames.desks(run, agent) else pl.DataFrame()
    if not held.height:
        return theme.note(title, KEPT if frames.desks(run, agent) else NO_HEDGER)
    panels, schema = [], parts.schema_of(run)
    for name in days.HELD:
        if name not in held.columns:
            continue
        column = schema.column("marks", name)
        if column.unit == "$":
            unit = money_of(held, [name])
            data, heading = unit.scaled(held, [name]), f"{column.label}, {unit.unit}"
        else:
            factor, heading = titled(column)
            data = held.with_columns(pl.col(name) * factor)
        y = alt.Y("at:Q", axis=axis(heading))
        line = alt.Chart(rows(data.select("time", at=pl.col(name)))).mark_line(strokeWidth=1.8, color=HEDGED)
        tips = [alt.Tooltip("time:T"), alt.Tooltip("at:Q", format=",.4g", title=heading)]
        panels.append(theme.layer(line.encode(x=dates(held), y=y, tooltip=tips), marks.zero(), width=WIDTH, height=105))
    return theme.finish(alt.vconcat(*panels, spacing=12), title, "At closes, over the desk's book and its hedge.")


def margin(run: Run, path: int, *, agent: str | None = None, world: str = "actual") -> Chart:
    """What the lender asks, by what it is for, and the cash that is left: of a witness."""
    title = f"Margin and cash of path {path}"
    asked = days.funding(run, path, agent, world) if frames.desks(run, agent) else pl.DataFrame()
    if not asked.height:
        return theme.note(title, "Kept of witness paths whose desk has a lender.")
    labels = {c.name: c.label for c in parts.schema_of(run).tables.get("funding", ())}
    names = {name: labels.get(name, name).lower() for name in MARGIN}
    unit = money_of(asked, ["margin_required", "free_cash"])
    scaled = unit.scaled(asked, [*names, "free_cash"])
    palette = {names[name]: colour for name, colour in MARGIN.items()}
    x = dates(asked)
    bars = marks.stacked_bars(scaled, names, palette, x, axis(f"margin required, {unit.unit}"))
    line = alt.Chart(rows(scaled.select("time", at=pl.col("free_cash")))).mark_line(strokeWidth=1.8, color=HEDGED)
    tips = [alt.Tooltip("time:T"), alt.Tooltip("at:Q", format=",.4g", title="free cash")]
    cash = line.encode(x=x, y=alt.Y("at:Q", axis=axis(f"free cash, {unit.unit}")), tooltip=tips)
    shown: list[Any] = [
        theme.layer(cash, marks.zero(), width=WIDTH, height=120),
        bars.properties(width=WIDTH, height=150),
    ]
    least = asked["free_cash"].min()
    assert isinstance(least, float)
    said = f"Free cash falls to {money(least)}; below zero it is drawn from the credit line."
    return theme.finish(alt.vconcat(*shown, spacing=14, resolve=theme.own_scale("color")), title, said)


PATH_CHARTS: dict[str, Callable[..., Chart]] = {
    "gains": gains,
    "by_part": by_part,
    "market": market,
    "position": position,
    "margin": margin,
}
