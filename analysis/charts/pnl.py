"""The desk's P&L: the three classic panels, its distribution at the end, its attribution over time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import altair as alt
import polars as pl

from analysis import frames, parts, pnl
from analysis.charts import marks, theme
from analysis.charts.scales import Money, axis, colours, dates, money_of, rows, titled
from analysis.charts.theme import HEDGED, UNHEDGED, WIDTH, Chart
from analysis.horizon import OVER_THE_RUN
from analysis.numbers import Number
from analysis.spread import SHARES
from analysis.summary import summarise
from sim.dataset import Run
from sim.names import ACTUAL
from sim.schema import Schema
from sim.split import Part, Split

NO_HEDGER = "This run has no hedging desk, so there is no P&L to show."
CONVEXITY = "convexity"  # the part of the loss that is drawn below the P&L
DRIFT, CREDIT, SPREAD = (
    f"cumulative {CONVEXITY} (mean)",
    "credit spread (median)",
    "half-spread (median, 5\N{EN DASH}95 %)",
)
UNHEDGED_DESK, BOOK_ALONE = "same desk, unhedged", "whole book, marked alone"


def panels(run: Run, *, agent: str | None = None, world: str = "actual") -> Chart:
    """P&L and what convexity took of it; spread with daily transaction costs; daily funding with the credit spread."""
    world = frames.check_world(run, world)
    name = run.manifest.get("title") or run.manifest["name"]
    title = f"{name}: what survival cost the desk ({frames.desk_name(run, agent)})"
    if not frames.desks(run, agent):
        return theme.note(title, NO_HEDGER)
    day, market, venue = frames.daily(run, agent, world), frames.closes(run, world), frames.main_venue(run, agent)
    schema = parts.schema_of(run)
    loss = schema.loss
    figures = summarise(run, agent=agent, world=world)
    split = ", ".join(f"{parts.spoken(item)} {figures[item.name].brief()}" for item in loss.inside())
    said = (
        f"Median P&L at the end {figures['pnl_q50'].brief()} hedged, {_unhedged_said(figures, world)}the whole book "
        f"marked alone {figures['unhedged_pnl_q50'].brief()}. {loss.label} {figures[loss.name].brief()} on average: "
        f"{split}. "
        "Lines: medians; bands: 25\N{EN DASH}75 and 5\N{EN DASH}95 % of paths."
    )
    shown = (
        _pnl_panel(day, _unhedged_desk(run, agent, world)),
        _spread_panel(day, schema, frames.venue_closes(run, world, venue), venue),
        _funding_panel(day, schema, market),
    )
    return theme.finish(alt.vconcat(*shown, spacing=22, resolve=theme.own_scale("color")), title, said)


def _unhedged_desk(run: Run, agent: str | None, world: str) -> pl.DataFrame | None:
    """The same desk unhedged day by day, where the run has its world and the actual one is drawn."""
    bare = frames.unhedged_world(run, agent) if world == ACTUAL else None
    return None if bare is None else frames.daily(run, agent, bare)


def _unhedged_said(figures: Mapping[str, Number], world: str) -> str:
    bare = figures.get("unhedged_desk_pnl_q50") if world == ACTUAL else None
    return "" if bare is None else f"{bare.brief()} had the same desk not hedged; "


def _pnl_panel(day: pl.DataFrame, bare: pl.DataFrame | None) -> alt.LayerChart:
    """Bands of the hedged desk and of the same desk unhedged; the book marked alone as a line (or in its place)."""
    wanted = [f"{c}_{q}" for c in ("pnl", "unhedged_pnl") for q in SHARES]
    taken = parts.column_of(CONVEXITY)
    unit = money_of(day if bare is None else pl.concat([day, bare]), [*wanted, taken])
    day = unit.scaled(day, [*wanted, taken])
    palette = {BOOK_ALONE: UNHEDGED, "hedged": HEDGED, DRIFT: theme.BLEED}
    shown = {BOOK_ALONE: (day, "unhedged_pnl"), "hedged": (day, "pnl")}
    if bare is not None:
        palette = {UNHEDGED_DESK: UNHEDGED, "hedged": HEDGED, DRIFT: theme.BLEED, BOOK_ALONE: theme.MUTED}
        shown = {UNHEDGED_DESK: (unit.scaled(bare, wanted), "pnl"), "hedged": (day, "pnl")}
    bands = marks.long_bands(shown)
    x, y = dates(day), axis(f"cumulative P&L, {unit.unit}")
    alone = (
        alt.Chart(rows(day.select("time", at=pl.col("unhedged_pnl_q50"), series=pl.lit(BOOK_ALONE))))
        .mark_line(strokeDash=[2, 3], strokeWidth=1.6)
        .encode(x=x, y="at:Q", color=colours(palette))
    )
    drift = (
        alt.Chart(rows(day.select("time", at=-pl.col(taken), series=pl.lit(DRIFT))))
        .mark_line(strokeDash=[6, 4], strokeWidth=2)
        .encode(x=x, y="at:Q", color=colours(palette))
    )
    lines = [drift] if bare is None else [alone, drift]
    return theme.layer(*marks.band_and_median(bands, palette, x, y), *lines, marks.zero(), width=WIDTH, height=230)


def _spread_panel(day: pl.DataFrame, schema: Schema, market: pl.DataFrame, venue: str) -> alt.LayerChart:
    loss, of = schema.loss, "" if venue == frames.ASSET else venue
    factor, title = titled(schema.column("market", "half_spread"), of=of)
    funding = loss.parts_of("funding")
    trading = [part for part in loss.parts_of("frictions") if part not in funding]
    steps, series, unit = _daily_costs(day, trading)
    palette = _palette(loss, trading) | {SPREAD: theme.INK}
    bars = marks.stacked_bars(steps, series, palette, dates(day), axis(f"transaction cost a day, {unit.unit} (mean)"))
    right = axis(title if of else f"{title} of mid", right=True)
    bp = market.select("time", *[(pl.col(f"half_spread_{q}") * factor).alias(q) for q in ("q05", "q50", "q95")])
    y = alt.Y("q50:Q", axis=right, scale=alt.Scale(zero=True))
    base = alt.Chart(rows(bp.with_columns(series=pl.lit(SPREAD)))).encode(x=dates(day))
    band = base.mark_area(opacity=0.12, color=theme.INK).encode(y=alt.Y("q05:Q", axis=right), y2=alt.Y2("q95:Q"))
    line = base.mark_line(strokeWidth=1.8).encode(y=y, color=colours(palette))
    twice = theme.own_scale("y")
    return theme.layer(bars, theme.layer(band, line, width=WIDTH, height=150), resolve=twice, width=WIDTH, height=150)


def _funding_panel(day: pl.DataFrame, schema: Schema, market: pl.DataFrame) -> alt.LayerChart:
    loss, (factor, title) = schema.loss, titled(schema.column("closes", "credit"))
    funding = loss.parts_of("funding")
    steps, series, unit = _daily_costs(day, funding)
    palette = _palette(loss, funding) | {CREDIT: theme.INK}
    bars = marks.stacked_bars(steps, series, palette, dates(day), axis(f"funding paid a day, {unit.unit} (mean)"))
    bp = market.select("time", bp=pl.col("credit_q50") * factor, series=pl.lit(CREDIT))
    line = (
        alt.Chart(rows(bp))
        .mark_line(strokeWidth=1.8)
        .encode(x=dates(day), y=alt.Y("bp:Q", axis=axis(title, right=True)), color=colours(palette))
    )
    return theme.layer(bars, line, resolve=theme.own_scale("y"), width=WIDTH, height=150)


def _daily_costs(day: pl.DataFrame, shown: Iterable[Part]) -> tuple[pl.DataFrame, dict[str, str], Money]:
    """What parts of the loss cost each day, their series by column, and the unit they are in."""
    series = {parts.column_of(part.name): part.short for part in shown}
    rare = {parts.column_of(part.name) for part in shown if part.rare}
    series = {column: short for column, short in series.items() if column not in rare or (day[column] != 0).any()}
    steps = frames.changes(day, tuple(series))
    unit = _stack_money(steps, tuple(series))
    return unit.scaled(steps, series), series, unit


def _palette(loss: Split, shown: Iterable[Part]) -> dict[str, str]:
    """Colour of each part's series."""
    colour = theme.part_colours(loss)
    return {part.short: colour[part.short] for part in shown}


def _stack_money(frame: pl.DataFrame, columns: tuple[str, ...]) -> Money:
    """A unit that suits the height of the stack."""
    return money_of(frame.select(height=pl.sum_horizontal(pl.col(*columns).abs())), ["height"])


def distribution(run: Run, *, agent: str | None = None, world: str = "actual", bins: int = 80) -> Chart:
    """Histogram of the P&L at the end, hedged and unhedged, with the hedged 95 and 99 % VaR and ES.

    Unhedged is the same desk in its own world; the whole book marked alone where the run has no such world.
    """
    world = frames.check_world(run, world)
    title = "P&L at the end of the run"
    if not frames.desks(run, agent):
        return theme.note(title, NO_HEDGER)
    other = frames.unhedged_world(run, agent) if world == ACTUAL else None
    name = BOOK_ALONE if other is None else UNHEDGED_DESK
    found = pnl.distribution(run, agent, world, other, bins)
    unit = money_of(found, ["low", "high"])
    counted = [
        found.select("low", "high", share=pl.col(column) * 100, series=pl.lit(series))
        for series, column in (("hedged", "hedged"), (name, "unhedged"))
    ]
    data = unit.scaled(pl.concat(counted), ["low", "high"])
    palette = {"hedged": HEDGED, name: UNHEDGED}
    x = alt.X("low:Q", axis=axis(f"P&L {OVER_THE_RUN}, {unit.unit}"), scale=alt.Scale(zero=False, nice=False))
    bars = (
        alt.Chart(rows(data.filter(pl.col("share") > 0)))
        .mark_rect(opacity=0.65)
        .encode(
            x=x,
            x2=alt.X2("high:Q"),
            y=alt.Y("share:Q", axis=axis("share of paths a bin, %")),
            y2=alt.Y2Datum(0),
            color=colours(palette),
        )
    )
    risk = pnl.risk(run, agent=agent, world=world)
    rules = _risk_rules({k: -risk[k].value / unit.divisor for k in ("var_95", "es_95", "es_99")})
    tail = risk["unhedged_es_95"] if other is None else pnl.risk(run, agent=agent, world=other)["es_95"]
    said = (
        f"{OVER_THE_RUN.capitalize()}: hedged 95 % VaR {risk['var_95']}, 95 % expected shortfall {risk['es_95']}, "
        f"99 % {risk['es_99']}; "
        f"{name}: 95 % expected shortfall {tail}."
    )
    return theme.finish(theme.layer(bars, *rules, width=WIDTH, height=250), title, said)


def _risk_rules(levels: dict[str, float]) -> list[alt.Chart]:
    names = {"var_95": "VaR 95 %", "es_95": "ES 95 %", "es_99": "ES 99 %"}
    data = pl.DataFrame({"at": list(levels.values()), "name": [names[k] for k in levels]})
    base = alt.Chart(rows(data)).encode(x=alt.X("at:Q"))
    rule = base.mark_rule(color=theme.INK, strokeDash=[4, 3])
    halos: tuple[dict[str, Any], ...] = (
        {"stroke": "white", "strokeWidth": 4},
        {},
    )  # readable where another rule crosses
    labels = [
        alt.Chart(rows(data.slice(i, 1)))
        .mark_text(align="right", dx=-4, fontSize=11, color=theme.INK, **halo)
        .encode(x=alt.X("at:Q"), y=alt.YValue(8 + 14 * i), text=alt.Text("name:N"))  # type: ignore[no-untyped-call]
        for i in range(data.height)
        for halo in halos
    ]
    return [rule, *labels]


def attribution(run: Run, *, agent: str | None = None, world: str = "actual") -> Chart:
    """Where the mean P&L came from, cumulative and stacked day by day (gains up); the line is their sum."""
    world = frames.check_world(run, world)
    title = "Where the P&L came from"
    if not frames.desks(run, agent):
        return theme.note(title, NO_HEDGER)
    loss = parts.loss_of(run)
    costs = {parts.column_of(part.name): part.short for part in loss.parts}
    day = frames.daily(run, agent, world).with_columns(-pl.col(*costs))
    used = {column: short for column, short in costs.items() if _moves(day[column])} or dict([*costs.items()][:1])
    unit = _stack_money(day, tuple(used))
    scaled = unit.scaled(day, [*used, "pnl"])
    palette = _palette(loss, (part for part in loss.parts if part.short in used.values())) | {"P&L": theme.INK}
    x = dates(day)
    bars = marks.stacked_bars(
        scaled, used, palette, x, axis(f"cumulative P&L, {unit.unit} (mean over paths)"), columns=6
    )
    line = (
        alt.Chart(rows(scaled.select("time", "pnl", series=pl.lit("P&L"))))
        .mark_line(strokeWidth=2.2, point=alt.OverlayMarkDef(size=18, color=theme.INK))
        .encode(x=x, y=alt.Y("pnl:Q"), color=colours(palette, legend=alt.Legend(columns=6)))
    )
    figures = summarise(run, agent=agent, world=world)
    largest = sorted(
        (part for part in loss.parts if part.short in used.values()), key=lambda part: -abs(figures[part.name].value)
    )
    told = " and ".join(f"{part.short} {_gain(figures[part.name])}" for part in largest[:2])
    said = f"Mean P&L {figures['pnl'].brief()}; the largest parts are {told}."
    chart = theme.layer(bars, line, marks.zero(), width=WIDTH, height=280)
    return theme.finish(chart, title, said)


def _gain(cost: Number) -> str:
    """Minus a cost, with the digits that its error leaves."""
    return replace(cost, value=-cost.value).brief()


def _moves(values: pl.Series) -> bool:
    """Whether a part is known and ever other than zero."""
    largest = values.abs().max()
    return isinstance(largest, float) and math.isfinite(largest) and largest > 0
