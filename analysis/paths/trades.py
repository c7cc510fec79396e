"""The trades of one path: those of a day, and one of them with the quotes that it met. Witnesses only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from analysis import frames
from analysis.paths.days import span, within
from sim.dataset import Run
from sim.errors import UserError


@dataclass(frozen=True)
class Trade:
    """One order and what it met.

    `row`: its row of `of_day`. `together`: all orders of its venue at that instant. `quotes`: maker, half_spread, skew,
    depth, share of the depth shown, inventory before it and at the maker's next quote. `market`: the venue's level at
    the instant, after all orders filled, and at the tick before.
    """

    number: int
    row: dict[str, object]
    together: pl.DataFrame
    quotes: pl.DataFrame
    market: pl.DataFrame


@frames.once
def of_day(run: Run, path: int, world: str, day: date) -> pl.DataFrame:
    """Every agent's trades on a day, in order of time: `number` counts them from 1, then the columns of `trades`.

    `cash`: what the trade brought, $ (minus price x quantity), of venues that are paid for in full; null elsewhere.
    `cost`: spread and walk, $. Empty for a path that is no witness.
    """
    table = frames.table(run, "trades")
    if table is None:
        return pl.DataFrame(schema={"number": pl.UInt32, "time": pl.Datetime("us"), "taker": pl.String})
    start, end = span(run, world, day)
    mine = table.filter(pl.col("path") == path, pl.col("world") == world, within(start, end)).drop("world", "path")
    paid = pl.col("venue").is_in(funded(run, path, world))
    return (
        mine.sort("time", "venue", "taker", maintain_order=True)
        .with_row_index("number", 1)
        .with_columns(
            cash=pl.when(paid).then(-pl.col("quantity") * pl.col("price")),
            cost=pl.col("spread_cost") + pl.col("impact_cost"),
        )
        .collect()
    )


@frames.once
def funded(run: Run, path: int, world: str) -> list[str]:
    """Venues whose trades are paid for in full: those whose name is an asset of the accounts (swaps have .notional)."""
    accounts = frames.table(run, "accounts")
    if accounts is None:
        return []
    mine = accounts.filter(pl.col("path") == path, pl.col("world") == world)
    return mine.select(pl.col("asset").unique().sort()).collect()["asset"].to_list()


def by_day(run: Run, path: int, agent: str | None, world: str) -> pl.DataFrame:
    """time (of the close), trades, cost ($ of spread and walk) of the desk, one row a day with any."""
    table = frames.table(run, "trades")
    if table is None or not frames.desks(run, agent):
        return pl.DataFrame(schema={"time": pl.Datetime("us"), "trades": pl.UInt32, "cost": pl.Float64})
    mine = table.filter(
        pl.col("path") == path, pl.col("world") == world, pl.col("taker").is_in(frames.desks(run, agent))
    )
    cost = (pl.col("spread_cost") + pl.col("impact_cost")).alias("cost")
    found = mine.select("time", cost).sort("time").collect()
    closes = pl.DataFrame({"close": frames.mark_times(run, world)}).sort("close")
    dated = found.join_asof(closes, left_on="time", right_on="close", strategy="forward")
    return dated.group_by(time="close").agg(trades=pl.len(), cost=pl.col("cost").sum()).sort("time")


def trade(run: Run, path: int, world: str, day: date, number: int) -> Trade:
    """The trade of that number on that day. Raises UserError if there is none."""
    every = of_day(run, path, world, day)
    if not 1 <= number <= every.height:
        remedy = f"there are {every.height}" if every.height else "trades are kept of witness paths"
        raise UserError("the day has no such trade", value=number, place=str(run.path), remedy=remedy)
    row = every.row(number - 1, named=True)
    time, venue = row["time"], row["venue"]
    together = every.filter(pl.col("time") == time, pl.col("venue") == venue)
    return Trade(number, row, together, _quotes(run, path, world, venue, time), _market(run, path, world, venue, time))


def quotes(run: Run, path: int, world: str, day: date, venue: str) -> pl.DataFrame:
    """time, maker, half_spread, skew, depth, inventory: what makers quoted at a venue on a day. Of witnesses."""
    table = frames.table(run, "quotes")
    if table is None:
        return pl.DataFrame()
    start, end = span(run, world, day)
    here = (pl.col("path") == path, pl.col("world") == world, pl.col("venue") == venue, within(start, end))
    return table.filter(*here).drop("world", "path", "venue").sort("time", "maker").collect()


def _quotes(run: Run, path: int, world: str, venue: str, time: datetime) -> pl.DataFrame:
    table = frames.table(run, "quotes")
    if table is None:
        return pl.DataFrame()
    here = table.filter(pl.col("path") == path, pl.col("world") == world, pl.col("venue") == venue)
    later = here.filter(pl.col("time") > time).select(pl.col("time").min()).collect().item()
    both = here.filter(pl.col("time").is_in([t for t in (time, later) if t is not None])).collect()
    now = both.filter(pl.col("time") == time).drop("world", "path", "venue", "time")
    after = both.filter(pl.col("time") == later).select("maker", after="inventory") if later is not None else None
    shown = pl.col("depth").sum()
    shared = now.with_columns(share=pl.when(shown > 0).then(pl.col("depth") / shown))  # none where all have withdrawn
    return shared.sort("maker") if after is None else shared.join(after, on="maker", how="left").sort("maker")


def _market(run: Run, path: int, world: str, venue: str, time: datetime) -> pl.DataFrame:
    """time, mid, half_spread, depth, impact, vol of the venue at the tick before and at the instant."""
    table = frames.table(run, "market")
    if table is None:
        return pl.DataFrame()
    here = table.filter(
        pl.col("path") == path, pl.col("world") == world, pl.col("venue") == venue, pl.col("time") <= time
    )
    return here.select("time", "mid", "vol", "half_spread", "depth", "impact").sort("time").tail(2).collect()
