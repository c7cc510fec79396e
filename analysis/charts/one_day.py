"""A day of one path, tick by tick: price and spread of a venue, with the trades on them."""

from __future__ import annotations

from datetime import date, datetime

import altair as alt
import polars as pl

from analysis import frames, parts
from analysis.charts import theme
from analysis.charts.scales import axis, colours, rows, titled
from analysis.charts.theme import WIDTH, Chart
from analysis.numbers import money
from analysis.paths import days, trades
from sim.dataset import Run

SIDES = {"buys": "#0077BB", "sells": "#EE7733"}


def venues(run: Run, path: int, world: str, day: date) -> list[str]:
    """Venues of a day of a witness, those with trades first."""
    market = frames.table(run, "market")
    if market is None:
        return []
    start, end = days.span(run, world, day)
    here = market.filter(pl.col("path") == path, pl.col("world") == world, days.within(start, end))
    known = here.select(pl.col("venue").unique()).collect()["venue"].sort().to_list()
    traded = trades.of_day(run, path, world, day)
    counts = dict(traded["venue"].value_counts().iter_rows()) if traded.height else {}
    return sorted(known, key=lambda name: (-counts.get(name, 0), name))


def ticks(run: Run, path: int, day: date, *, world: str = "actual", venue: str | None = None) -> Chart:
    """Mid and half-spread of a venue tick by tick, and each trade there: a click opens it. Of witnesses.

    venue: the one with most trades by default. Raises UserError for a day that the run does not have.
    """
    title = f"Path {path} on {day:%-d %B %Y}"
    known = venues(run, path, world, day)
    if not known:
        return theme.note(title, "Every tick is kept of witness paths only.")
    venue = venue if venue in known else known[0]
    start, end = days.span(run, world, day)
    market = frames.table(run, "market")
    assert market is not None
    here = pl.col("path") == path, pl.col("world") == world, pl.col("venue") == venue, days.within(start, end)
    found = market.filter(*here).sort("time").collect()
    level, spread = (titled(parts.schema_of(run).column("market", name)) for name in ("mid", "half_spread"))
    x = _hours(found)
    panels = [
        theme.layer(_line(found, "mid", level, x), *_trades(run, path, world, day, venue, x), width=WIDTH, height=210),
        theme.layer(_line(found, "half_spread", spread, x), width=WIDTH, height=80),
    ]
    dealt = trades.of_day(run, path, world, day).filter(venue=venue)
    paid = money(float(dealt["cost"].sum())) if dealt.height else "$0"
    said = f"{venue}: {dealt.height} trades, which paid {paid} for spread and walk."
    return theme.finish(alt.vconcat(*panels, spacing=10), f"{title}, {venue}", said)


def _hours(found: pl.DataFrame) -> alt.X:
    """Time of day; with the date where the night before is long."""
    first, last = found["time"].min(), found["time"].max()
    several = isinstance(first, datetime) and isinstance(last, datetime) and first.date() != last.date()
    style = alt.Axis(format="%-d %b %H:%M" if several else "%H:%M", title=None, grid=False, tickCount=10)
    return alt.X("time:T", axis=style, scale=alt.Scale(padding=12))


def _line(found: pl.DataFrame, name: str, how: tuple[float, str], x: alt.X) -> alt.Chart:
    data = found.select("time", at=pl.col(name) * how[0])
    line = alt.Chart(rows(data)).mark_line(strokeWidth=1.6, color=theme.INK, point=alt.OverlayMarkDef(size=14))
    tips = [alt.Tooltip("time:T", format="%H:%M"), alt.Tooltip("at:Q", format=",.6g", title=how[1])]
    y = alt.Y("at:Q", axis=axis(how[1]), scale=alt.Scale(zero=False))
    found_line: alt.Chart = line.encode(x=x, y=y, tooltip=tips)
    return found_line


def _trades(run: Run, path: int, world: str, day: date, venue: str, x: alt.X) -> list[alt.Chart]:
    dealt = trades.of_day(run, path, world, day)
    dealt = dealt.filter(venue=venue) if dealt.height else dealt
    if not dealt.height:
        return []
    side = pl.when(pl.col("quantity") < 0).then(pl.lit("sells")).otherwise(pl.lit("buys"))
    data = dealt.select(
        "time", "taker", "quantity", "price", "cost", at=pl.col("mid"), trade="number", series=side,
        size=pl.col("quantity").abs(),
    )  # fmt: skip
    points = alt.Chart(rows(data)).mark_point(filled=True, opacity=0.8, cursor="pointer")
    tips = [alt.Tooltip("time:T", format="%H:%M"), alt.Tooltip("taker:N"), alt.Tooltip("series:N", title="side")]
    tips += [alt.Tooltip(f"{c}:Q", format=",.6g") for c in ("quantity", "price", "cost")]
    size = alt.Size("size:Q", legend=None, scale=alt.Scale(range=[30, 420]))
    return [points.encode(x=x, y="at:Q", size=size, color=colours(SIDES), tooltip=tips)]
