"""What a counterparty owes: through the run, and as expected to the end of the book."""

from __future__ import annotations

import altair as alt
import polars as pl

from analysis import exposures, frames
from analysis.charts import theme
from analysis.charts.pnl import NO_HEDGER
from analysis.charts.scales import axis, colours, dates, money_of, rows
from analysis.charts.theme import HEDGED, MUTED, TWIN, WIDTH, Chart
from analysis.numbers import money
from sim.dataset import Run

EXPECTED, POTENTIAL, CVA = "expected", "97.5 % of paths stay below", "CVA"
PALETTE = {EXPECTED: HEDGED, POTENTIAL: MUTED, CVA: TWIN}
COLUMNS = {EXPECTED: "expected", POTENTIAL: "potential", CVA: "cva"}
NOBODY = "The credit of no counterparty counts in this run."


def exposure(run: Run, *, agent: str | None = None, world: str = "actual") -> Chart:
    """Expected exposure with two standard errors, potential exposure and CVA by close."""
    title = "Exposure to the counterparty"
    found = exposures.counterparty(run, agent=agent, world=world)
    if not found:
        return theme.note(title, NOBODY if frames.desks(run, agent) else NO_HEDGER)
    days = exposures.by_day(run, agent=agent, world=world)
    unit = money_of(days, ["potential", "expected", "cva"])
    error = pl.col("expected_error").fill_null(0.0) * 2
    shown = unit.scaled(
        days.with_columns(low=pl.col("expected") - error, high=pl.col("expected") + error),
        ["low", "high", *COLUMNS.values()],
    )
    y = axis(f"exposure, {unit.unit}")
    long = pl.concat([shown.select("time", y=name, series=pl.lit(series)) for series, name in COLUMNS.items()])
    band = alt.Chart(rows(shown.select("time", "low", "high"))).mark_area(opacity=0.2, color=HEDGED)
    lines = alt.Chart(rows(long)).mark_line(strokeWidth=2)
    said = (
        f"Expected {found['expected_exposure']} over the run, at most {found['potential_exposure']} on 97.5 % of "
        f"paths; it defaults on {found['counterparty_defaults']} of them."
    )
    layers = (
        band.encode(x=dates(shown), y=alt.Y("low:Q", axis=y), y2="high:Q"),
        lines.encode(x=dates(shown), y=alt.Y("y:Q", axis=y), color=colours(PALETTE)),
    )
    return theme.finish(theme.layer(*layers, width=WIDTH, height=240), title, said)


def expected_exposure(run: Run, *, agent: str | None = None, world: str = "actual") -> Chart:
    """Discounted expected exposure by date ahead, and what each date adds to CVA, as of the start."""
    title, found = "Expected exposure to the end of the book", exposures.ahead(run, agent=agent)
    frames.check_world(run, world)
    if not found.height:
        return theme.note(title, NOBODY)
    whole, part = money_of(found, ["expected"]), money_of(found, ["cost"])
    shown = part.scaled(whole.scaled(found, ["expected"]), ["cost"])
    x = alt.X("years:Q", axis=axis("years ahead", grid=False))
    base = alt.Chart(rows(shown.select("years", "expected", "cost"))).encode(x=x)
    line = base.mark_line(strokeWidth=2, color=HEDGED).encode(
        y=alt.Y("expected:Q", axis=axis(f"expected exposure, discounted, {whole.unit}"))
    )
    bars = base.mark_bar(size=6, opacity=0.45, color=TWIN).encode(
        y=alt.Y("cost:Q", axis=axis(f"part of CVA, {part.unit}", right=True))
    )
    said = f"Line: exposure. Bars: what each date adds to CVA, {money(float(found['cost'].sum()))} in all."
    both = theme.layer(bars, line, width=WIDTH, height=240).resolve_scale(y="independent")
    return theme.finish(both, title, said)
