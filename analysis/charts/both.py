"""Two runs, or two worlds of one, in one chart: the P&L over time, and the parts of the cost."""

from __future__ import annotations

import altair as alt
import polars as pl

from analysis import frames, liquidity, parts
from analysis.charts import marks, theme
from analysis.charts.cost import ACROSS
from analysis.charts.scales import axis, colours, dates, money_of, rows, titled
from analysis.charts.theme import Chart
from analysis.numbers import Number
from analysis.sides import names_of
from analysis.spread import SHARES
from sim.dataset import Run
from sim.errors import UserError
from sim.names import ACTUAL

NO_DESK = "One of the two has no hedging desk, so there is nothing to compare."
COLOURS = (theme.HEDGED, theme.UNHEDGED)
LEVELS = {
    "mid": "Price",
    "vol": "Implied vol",
    "half_spread": "Half-spread",
    "depth": "Depth",
    "credit": "Credit spread",
    "loop_gain": "Loop gain",
}


def pnl_bands(a: Run, b: Run, *, agent: str | None = None) -> Chart:
    """Hedged P&L of both over time: medians, and bands of the middle half and of nine paths in ten."""
    title = "Hedged P&L, side by side"
    if not (frames.desks(a, agent) and frames.desks(b, agent)):
        return theme.note(title, NO_DESK)
    names, wanted = names_of(a, b), [f"pnl_{share}" for share in SHARES]
    days = [frames.daily(run, agent, "actual").select("time", *wanted) for run in (a, b)]
    unit = money_of(pl.concat(days), wanted)
    scaled = {name: (unit.scaled(day, wanted), "pnl") for name, day in zip(names, days, strict=True)}
    bands, palette = marks.long_bands(scaled), dict(zip(names, COLOURS, strict=True))
    x, y = dates(bands), axis(f"cumulative P&L, {unit.unit}")
    shown = theme.layer(*marks.band_and_median(bands, palette, x, y), marks.zero(), width=theme.WIDTH, height=260)
    said = "Lines: medians; bands: 25\N{EN DASH}75 and 5\N{EN DASH}95 % of the paths of each."
    return theme.finish(shown, title, said)


def cost_parts(a: Run, b: Run, apart: Number | None, *, agent: str | None = None) -> Chart:
    """The parts of the cost of survival in both, side by side, with two standard errors either way.

    apart: the difference of the totals, second less first, for the subtitle.
    """
    title = "Cost of survival, side by side"
    if apart is None:
        return theme.note(title, NO_DESK)
    names, found = names_of(a, b), []
    order: dict[str, None] = {}
    for run, name in zip((a, b), names, strict=True):
        costs, loss = liquidity.costs(run, agent=agent), parts.loss_of(run)
        shown = {part.short: costs[part.name] for part in loss.parts} | {"total": costs[loss.name]}
        order |= dict.fromkeys(part.short for part in loss.parts)
        for part, number in shown.items():
            error = 2 * (number.error or 0.0)
            found.append((name, part, number.value, number.value - error, number.value + error))
    data = pl.DataFrame(found, schema=["series", "part", "amount", "low", "high"], orient="row")
    unit, palette = money_of(data, ["low", "high"]), dict(zip(names, COLOURS, strict=True))
    x = alt.X("part:N", sort=[*order, "total"], axis=ACROSS)
    offset = alt.XOffset("series:N", sort=list(names))
    base = alt.Chart(rows(unit.scaled(data, ["amount", "low", "high"]))).encode(x=x, xOffset=offset)
    y = alt.Y("amount:Q", axis=axis(f"mean over paths, {unit.unit} (costs up)"))
    bars = base.mark_bar().encode(y=y, color=colours(palette))
    whiskers = base.mark_rule(color=theme.INK).encode(y="low:Q", y2="high:Q")
    said = f"{names[1]} costs {apart} against {names[0]} on average. Rules: two standard errors either way."
    return theme.finish(theme.layer(bars, whiskers, width=theme.WIDTH, height=260), title, said)


def level_bands(a: Run, b: Run, *, level: str = "mid", agent: str | None = None) -> Chart:
    """A level of the asset's market in both over time, as `pnl_bands`. Raises UserError for one that a side lacks."""
    both = [frames.closes(run, ACTUAL) for run in (a, b)]
    known = [name for name in LEVELS if all(f"{name}_q50" in day.columns for day in both)]
    if level not in known:
        raise UserError("the market of both has no such level", value=level, remedy=f"levels: {', '.join(known)}")
    factor, title = titled(parts.schema_of(a).column("closes", level))
    names, wanted = names_of(a, b), [f"{level}_{share}" for share in SHARES]
    scaled = {name: (day.select("time", pl.col(wanted) * factor), level) for name, day in zip(names, both, strict=True)}
    bands, palette = marks.long_bands(scaled), dict(zip(names, COLOURS, strict=True))
    drawn = marks.band_and_median(bands, palette, dates(bands), axis(title))
    shown = theme.layer(*drawn, width=theme.WIDTH, height=220)
    said = "Lines: medians; bands: 25\N{EN DASH}75 and 5\N{EN DASH}95 % of the paths of each."
    return theme.finish(shown, f"{LEVELS[level]}, side by side", said)
