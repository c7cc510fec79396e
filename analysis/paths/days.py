"""The days of one path: market, P&L part by part, position, funding."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl

from analysis import frames
from analysis.calendar_days import day_of
from analysis.paths.every import check_path, is_witness
from sim.dataset import Run
from sim.errors import UserError

ENDS = ("pnl", "unhedged_pnl", "equity")  # running totals that are no parts
HELD = ("net_delta_dollars", "gamma_dollars_1pct", "book_share")
ASKED = ("margin_required", "margin_posted", "short_sale_proceeds", "variation_margin", "initial_margin",
         "option_credit", "free_cash", "line", "borrowed")  # fmt: skip


@frames.once
def marks(run: Run, path: int, agent: str | None, world: str) -> pl.DataFrame:
    """The desk's marks of one path close by close: time, day, the parts of its P&L and `ENDS` as running totals, $."""
    check_path(run, path)
    one = (pl.col("path") == path, pl.col("world") == world)
    mine = frames.desk_marks(run, agent, *one, exact=is_witness(run, path))
    found = mine.drop("world", "path").sort("time").collect()
    return found.with_columns(day=day_of(run))


@frames.once
def held(run: Run, path: int, agent: str | None, world: str) -> pl.DataFrame:
    """time, `HELD` of the desk close by close: delta of book and hedge, gamma per 1 % ($), share of the book left."""
    rows = frames.at_closes(run, frames.desks(run, agent))
    known = [name for name in HELD if name in rows.collect_schema()]
    mine = rows.filter(
        pl.col("agent").is_in(frames.desks(run, agent)), pl.col("path") == path, pl.col("world") == world
    )
    shares = [pl.col(name).mean() if name == "book_share" else pl.col(name).sum() for name in known]
    return mine.group_by("time").agg(shares).sort("time").collect()


@frames.once
def market(run: Run, path: int, world: str) -> pl.DataFrame:
    """Closes of the asset on one path, with their day."""
    closes = frames.asset_closes(run).filter(pl.col("path") == path, pl.col("world") == world)
    return closes.drop("world", "path").sort("time").collect().with_columns(day=day_of(run))


@frames.once
def funding(run: Run, path: int, agent: str | None, world: str) -> pl.DataFrame:
    """time and `ASKED` at the closes of a witness, $, of several desks added up; empty where the run keeps none."""
    table = frames.table(run, "funding")
    if table is None:
        return pl.DataFrame(schema={"time": pl.Datetime("us"), **dict.fromkeys(ASKED, pl.Float64)})
    names = frames.desks(run, agent)
    mine = table.filter(pl.col("agent").is_in(names), pl.col("path") == path, pl.col("world") == world)
    known = [name for name in ASKED if name in table.collect_schema()]
    return mine.group_by("time").agg(frames.added(names, known)).sort("time").collect()


def by_day(run: Run, path: int, agent: str | None, world: str) -> pl.DataFrame:
    """One row a day: time of the close, day, what each part of the P&L gained that day ($), and `pnl_so_far`."""
    found = marks(run, path, agent, world)
    parts = [*frames.gains(run), "unhedged_pnl"]
    steps = [pl.col(name).diff().fill_null(pl.col(name)) for name in parts]
    return found.select("time", "day", *steps, pnl_so_far=pl.col("pnl"))


def days(run: Run, world: str) -> list[date]:
    """The days of a run that have a close, ascending."""
    return list(_closes(run, world))


@frames.once
def _closes(run: Run, world: str) -> dict[date, datetime]:
    """The last close of each day; of a run without a hedging desk those of its market."""
    times = frames.mark_times(run, world) if frames.hedgers(run) else frames.closes(run, world)["time"]
    dated = pl.DataFrame({"time": times}).with_columns(day=day_of(run))
    return dict(dated.group_by("day").agg(pl.col("time").max()).sort("day").iter_rows())


def span(run: Run, world: str, day: date) -> tuple[datetime | None, datetime]:
    """The close before a day (None for the first) and its own. Raises UserError for a day that the run does not have.

    What happens on a day lies after the first, up to the second: nights belong to the day that they lead to.
    """
    times = _closes(run, world)
    known = list(times)
    if day not in times:
        remedy = f"from {known[0]} to {known[-1]}, days on which it closes" if known else "it has none"
        raise UserError("a run has no such day", value=day.isoformat(), place=str(run.path), remedy=remedy)
    here = known.index(day)
    return (times[known[here - 1]] if here else None), times[day]


def within(start: datetime | None, end: datetime) -> pl.Expr:
    """Rows after `start` (None: from the beginning), up to `end`."""
    upto = pl.col("time") <= end
    return upto if start is None else (pl.col("time") > start) & upto
