"""Margin calls of one path, and what led to each: by what margin is for, by trade, by part of the P&L."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from analysis import frames
from analysis.paths import trades
from analysis.paths.days import by_day, funding, span, within
from analysis.paths.every import check_path, is_witness
from sim.columns import Column
from sim.dataset import Run
from sim.errors import UserError

SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "time": pl.Datetime("us"),
    "agent": pl.String,
    "required": pl.Float64,
    "called": pl.Float64,
    "met": pl.Float64,
    "deadline": pl.Datetime("us"),
    "outcome": pl.String,
}
FOR = {  # parts of what is required
    "short_sale_proceeds": "Proceeds of short sales",
    "variation_margin": "Variation margin",
    "initial_margin": "Initial margin",
}
OFF = {"option_credit": "Credit for long options"}  # what is taken off it, where a lender gives any


@dataclass(frozen=True)
class Led:
    """What led to a call.

    Attributes:
        number: of the call on its path, from 1.
        row: the call, as in `of_path`.
        since: the close before it was made, when margin was last settled; None at the start.
        made: the close at which it was made.
        steps: label and $, which add up to what was called; empty where the path is no witness.
        trades: of the desk since then, those that asked for most margin first: number (of its day), day, columns of
            `trades`, `cash`, and `margin`, $ of short-sale proceeds that it asks for at the call's price.
        short: $ that short stock held at `since` asks for more by the move of its price alone, by venue.
        gains: parts of the desk's P&L at the close of the call, a row a part: label, before (since the start up to
            `since`) and after, $.
        position: units at `since`, units at the call, price at both, by asset; empty for no witness.
    """

    number: int
    row: dict[str, Any]
    since: datetime | None
    made: datetime
    steps: list[tuple[str, float]]
    trades: pl.DataFrame
    short: dict[str, float]
    gains: list[tuple[str, float, float]]
    position: pl.DataFrame


@frames.once
def of_path(run: Run, path: int, agent: str | None, world: str) -> pl.DataFrame:
    """The desk's calls on one path in order of time: number, and `SCHEMA`."""
    check_path(run, path)
    table = frames.table(run, "margin_calls")
    if table is None:
        return pl.DataFrame(schema=SCHEMA).with_row_index("number", 1)
    mine = (pl.col("path") == path, pl.col("world") == world, pl.col("agent").is_in(frames.desks(run, agent)))
    return table.filter(*mine).select(*SCHEMA).sort("time", "agent").collect().with_row_index("number", 1)


def led_to(run: Run, path: int, agent: str | None, world: str, number: int) -> Led:
    """What led to the call of that number. Raises UserError if there is none."""
    calls = of_path(run, path, agent, world)
    if not 1 <= number <= calls.height:
        remedy = f"it has {calls.height}" if calls.height else "it has none"
        raise UserError("the path has no such margin call", value=number, place=str(run.path), remedy=remedy)
    row = calls.row(number - 1, named=True)
    desk = str(row["agent"])
    made = _made(run, path, desk, world, row)
    since = _close_before(run, world, made)
    known = is_witness(run, path)
    traded = _trades(run, path, desk, world, since, made) if known else pl.DataFrame()
    position = _position(run, path, desk, world, since, made) if known else pl.DataFrame()
    traded, short = _margin_of(traded, position)
    steps = _steps(run, path, desk, world, since, made, row) if known else []
    return Led(number, row, since, made, steps, traded, short, _gains(run, path, desk, world, since, made), position)


def _made(run: Run, path: int, desk: str, world: str, row: dict[str, Any]) -> datetime:
    """The close at which a call was made: of a witness the last one that required as much, else by its deadline."""
    asked = funding(run, path, desk, world)
    if asked.height:
        same = asked.filter(pl.col("time") <= row["time"], (pl.col("margin_required") - row["required"]).abs() < 1e-3)
        if same.height:
            found: datetime = same["time"][-1]
            return found
    prompt = row["outcome"] == "met" and row["deadline"] == row["time"] and row["met"] >= row["called"]
    if prompt:
        moment: datetime = row["time"]
        return moment
    times = frames.mark_times(run, world).to_list()
    due = sum(time <= row["deadline"] for time in times) - 1
    return times[max(due - _deadline_days(run), 0)]  # type: ignore[no-any-return]


def _deadline_days(run: Run) -> int:
    """Closes that a lender gives to meet a call, as the scenario in the manifest has it."""
    agents = ((run.manifest.get("scenario") or {}).get("agents") or {}).values()
    lenders = [agent for agent in agents if isinstance(agent, dict) and agent.get("type") == "FundingDesk"]
    return int(lenders[0].get("deadline_days", 1)) if lenders else 1


def _close_before(run: Run, world: str, made: datetime) -> datetime | None:
    before = frames.mark_times(run, world).filter(frames.mark_times(run, world) < made)
    return before[-1] if len(before) else None


def _steps(
    run: Run, path: int, desk: str, world: str, since: datetime | None, made: datetime, row: dict[str, Any]
) -> list[tuple[str, float]]:
    """What was called = what lacked before + the rise of each part of the requirement + the rest."""
    asked = funding(run, path, desk, world)
    after = asked.filter(pl.col("time") == made)
    if not after.height or abs(after["margin_required"][0] - row["required"]) > 1e-3:
        return []
    before = asked.filter(pl.col("time") == since) if since is not None else asked.clear()
    now = after.row(0, named=True)
    then = before.row(0, named=True) if before.height else dict.fromkeys(asked.columns, 0.0)
    lacked = then["margin_required"] - sum(then[name] for name in OFF if name in then) - then["margin_posted"]
    found = [("Lacking after the close before", lacked)]
    found += [(f"{label}, change", now[name] - then[name]) for name, label in FOR.items()]
    found += [(f"{label}, change", then[name] - now[name]) for name, label in OFF.items() if name in now]
    rest = float(row["called"]) - sum(amount for _, amount in found)
    small = 1e-9 * max(abs(row["required"]), 1.0)
    return found if abs(rest) < small else [*found, ("Margin moved within the day, assets pledged", rest)]


def _trades(run: Run, path: int, desk: str, world: str, since: datetime | None, made: datetime) -> pl.DataFrame:
    """The desk's trades after `since` up to `made`, with the number that each has on its day."""
    from analysis.paths.days import days

    dated = []
    for day in days(run, world):
        start, end = span(run, world, day)
        if end <= made and (since is None or end > since):
            of_day = trades.of_day(run, path, world, day)
            dated.append(of_day.filter(taker=desk).filter(within(start, end)).with_columns(day=pl.lit(day)))
    return pl.concat(dated, how="diagonal_relaxed") if dated else pl.DataFrame()


def _position(run: Run, path: int, desk: str, world: str, since: datetime | None, made: datetime) -> pl.DataFrame:
    """asset, units_before, units, price_before, price: what the desk held of what is paid for in full."""
    accounts = frames.table(run, "accounts")
    venues = trades.funded(run, path, world)
    if accounts is None or not venues:
        return pl.DataFrame()
    moments = [moment for moment in (since, made) if moment is not None]
    mine = accounts.filter(
        pl.col("path") == path,
        pl.col("world") == world,
        pl.col("account") == desk,
        pl.col("asset").is_in(venues) & (pl.col("asset") != "cash"),
        pl.col("time").is_in(moments),
    ).collect()
    prices = _prices(run, path, world, moments)
    valued = mine.join(prices, on=["asset", "time"], how="inner").select("time", "asset", units="balance", price="mid")
    now = valued.filter(pl.col("time") == made).drop("time")
    before = valued.filter(pl.col("time") == since).drop("time") if since is not None else valued.clear().drop("time")
    return now.join(before, on="asset", how="left", suffix="_before").with_columns(
        pl.col("units_before").fill_null(0.0), pl.col("price_before").fill_null(pl.col("price"))
    )


def _prices(run: Run, path: int, world: str, moments: list[datetime]) -> pl.DataFrame:
    """asset, time, mid of every venue at these closes."""
    market = frames.table(run, "market")
    assert market is not None, "a witness has its market"
    here = market.filter(pl.col("path") == path, pl.col("world") == world, pl.col("time").is_in(moments))
    return here.select("time", "mid", asset="venue").collect()


def _margin_of(traded: pl.DataFrame, position: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, float]]:
    """The trades with the $ of short-sale proceeds that each asks for, and what the price alone did, by asset.

    Proceeds are max(-units x price, 0) at the close. So their rise is, in order of time, the rise of max(-units, 0)
    by each trade x the price at the call, plus max(-units, 0) before x the move of the price: no remainder.
    """
    if not traded.height:
        return traded, _by_price(position)
    place = {row["asset"]: row for row in position.iter_rows(named=True)}
    units = {asset: row["units_before"] for asset, row in place.items()}
    asks: list[float | None] = []
    for venue, quantity in traded.sort("time", maintain_order=True).select("venue", "quantity").iter_rows():
        if venue not in place:
            asks.append(None)
            continue
        before = max(-units[venue], 0.0)
        units[venue] += quantity
        asks.append((max(-units[venue], 0.0) - before) * place[venue]["price"])
    ordered = traded.sort("time", maintain_order=True).with_columns(margin=pl.Series(asks, dtype=pl.Float64))
    by = ["margin", pl.col("cost").abs()]  # what released margin comes after what asked for it
    return ordered.sort(by, descending=True, nulls_last=True, maintain_order=True), _by_price(position)


def _by_price(position: pl.DataFrame) -> dict[str, float]:
    return {
        row["asset"]: max(-row["units_before"], 0.0) * (row["price"] - row["price_before"])
        for row in position.iter_rows(named=True)
        if row["units_before"] < 0
    }


def _gains(
    run: Run, path: int, desk: str, world: str, since: datetime | None, made: datetime
) -> list[tuple[str, float, float]]:
    """Every part of the desk's P&L: label, up to `since`, and from there to the call, $."""
    named = labels(run)
    steps = by_day(run, path, desk, world)
    before = steps.filter(pl.col("time") <= since) if since is not None else steps.clear()
    after = steps.filter(within(since, made))
    return [(label, float(before[name].sum()), float(after[name].sum())) for name, label in named.items()]


def labels(run: Run) -> dict[str, str]:
    """Labels of the parts of the P&L and of the P&L, by column."""
    from analysis import parts

    loss = parts.loss_of(run)
    total: Column = parts.schema_of(run).column("marks", loss.column)
    return {column.name: column.label for column in loss.columns} | {total.name: total.label}
