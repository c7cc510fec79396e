"""Margin calls day by day, and the share of paths never liquidated."""

from __future__ import annotations

import altair as alt
import polars as pl

from analysis import frames, liquidity, pnl
from analysis.charts import theme
from analysis.charts.pnl import NO_HEDGER
from analysis.charts.scales import axis, bar_width, colours, dates, money_of, rows
from analysis.charts.theme import ACTUAL, TWIN, WIDTH, Chart
from sim.dataset import Run

OUTCOMES = {"met": "#44AA99", "reduced": "#DDCC77", "defaulted": "#882255"}


def margin_calls(run: Run, *, agent: str | None = None, world: str = "actual") -> Chart:
    """Margin called a day by outcome, share of paths called, and the share of paths never liquidated so far."""
    world = frames.check_world(run, world)
    title = "Margin calls and survival"
    if not frames.desks(run, agent):
        return theme.note(title, NO_HEDGER)
    day = frames.daily(run, agent, world)
    calls = liquidity.calls_by_day(run, agent, world)
    numbers = liquidity.margin(run, agent=agent, world=world) | pnl.survival(run, agent=agent, world=world)
    said = f"The desk is never liquidated on {numbers['survival_rate']} of paths"
    said += f"; {numbers['margin_call_rate']} of paths see a margin call, {numbers['margin_called']} a path in all, "
    said += "proceeds of short sales and the book's debt included."
    charts = [_survival(run, agent, world, day)]
    if calls.height:
        charts = [_called(run, calls, day), *charts]
    else:
        said += " No margin was called in this world."
    return theme.finish(alt.vconcat(*charts, spacing=18, resolve=theme.own_scale("color")), title, said)


def _called(run: Run, calls: pl.DataFrame, day: pl.DataFrame) -> alt.Chart:
    paths = int(run.manifest["paths"])
    by_day = calls.select(
        "date",
        series="outcome",
        called=pl.col("called") / paths,
        met=pl.col("met") / paths,
        share=pl.col("paths") / paths * 100,
    )
    closes = day.select("time", date=pl.col("time").dt.date()).unique("date", keep="last")
    found = set(calls["outcome"])
    shown = [*(o for o in OUTCOMES if o in found), *sorted(found - OUTCOMES.keys())]
    order = pl.DataFrame({"series": shown, "rank": range(len(shown))})
    days = closes.join(order, how="cross")  # days without a call too, so that the axis spans the run
    data = days.join(by_day, on=["date", "series"], how="left").drop("date").fill_null(0.0).sort("time", "rank")
    unit = money_of(data, ["called"])
    tips = [alt.Tooltip("time:T"), alt.Tooltip("series:N")]
    tips += [alt.Tooltip(f"{c}:Q", format=",.3g") for c in ("called", "met", "share")]
    bars: alt.Chart = (
        alt.Chart(rows(unit.scaled(data, ["called", "met"])))
        .mark_bar(size=bar_width(day))
        .encode(
            x=dates(day),
            y=alt.Y("called:Q", axis=axis(f"margin called a day, {unit.unit} a path (mean)"), stack="zero"),
            color=colours({o: OUTCOMES.get(o, theme.MUTED) for o in shown}),
            order=alt.Order("rank:Q"),
            tooltip=tips,
        )
        .properties(width=WIDTH, height=170)
    )
    return bars


def _survival(run: Run, agent: str | None, world: str, day: pl.DataFrame) -> alt.Chart:
    twin = frames.twin_name(run)
    palette = {world: ACTUAL if world == "actual" else TWIN} | ({twin: TWIN} if twin and twin != world else {})
    curves = pl.concat([pnl.survival_curve(run, agent=agent, world=w).with_columns(series=pl.lit(w)) for w in palette])
    least = float(curves["alive"].min() or 0.0)  # type: ignore[arg-type]
    domain = [max(0.0, (least - 0.2 * max(1 - least, 0.05)) * 100), 100]
    y = alt.Y("alive:Q", axis=axis("paths alive, %"), scale=alt.Scale(domain=domain))
    data = curves.with_columns(pl.col("alive") * 100)
    chart = alt.Chart(rows(data)).mark_line(interpolate="step-after", strokeWidth=2.2, clip=True)
    strokes = alt.Legend(symbolType="stroke", symbolStrokeWidth=3)
    sized: alt.Chart = chart.encode(x=dates(day), y=y, color=colours(palette, legend=strokes)).properties(
        width=WIDTH, height=130
    )
    return sized
