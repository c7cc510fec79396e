"""Frames used by all figures: a desk's marks and the market's closes, aggregated once per run."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

import polars as pl

from analysis import curve, parts
from analysis.by_close import Closes
from analysis.calendar_days import day_of
from analysis.cells import Key
from analysis.columns import Columns
from analysis.kept import TABLE, note, noting
from analysis.kept import shown as shown
from analysis.kept import told as told
from analysis.numbers import FloatArray
from analysis.spread import SHARES as SHARES
from analysis.worlds import check_world as check_world
from analysis.worlds import paths_of as paths_of
from analysis.worlds import twin_name as twin_name
from sim.dataset import Run
from sim.errors import UserError
from sim.names import ALL, UNHEDGED
from sim.run_part import parts_of

P = ParamSpec("P")
T = TypeVar("T")

ASSET = "asset"
DESKS = "desks"  # table of what is needed of every path at every close; `marks` then has the last close and witnesses
FEW = 1 << 15  # paths of which frames with a row a path are read with all their columns
MOVES = ("rates", "vega")  # columns of `marks`: what moves of the curve and of vol made
OTHER_MOVES = ("delta", "gamma", "theta", "fx", "credit", "defaults")  # some only with other currencies, or names
LARGE = 1 << 24  # bytes of the vectors over paths that are remembered together
_cache: WeakKeyDictionary[Run, dict[object, tuple[Any, list[Key]]]] = WeakKeyDictionary()
_parts: WeakKeyDictionary[Run, list[Run]] = WeakKeyDictionary()
_days: WeakKeyDictionary[Run, tuple[tuple[str | None, str], Closes]] = WeakKeyDictionary()
_lately: WeakKeyDictionary[Run, dict[object, pl.DataFrame]] = WeakKeyDictionary()


def once(question: Callable[Concatenate[Run, P], T]) -> Callable[Concatenate[Run, P], T]:
    """Remember the answer for as long as the run is open."""

    @functools.wraps(question)
    def answer(run: Run, /, *args: P.args, **kwargs: P.kwargs) -> T:
        known = _cache.setdefault(run.whole, {})
        key = (question, args, tuple(sorted(kwargs.items())))
        if key not in known:
            known[key] = noting(lambda: question(run, *args, **kwargs))
        else:
            note(known[key][1])
        found: T = known[key][0]
        return found

    return answer


def lately(question: Callable[Concatenate[Run, P], pl.DataFrame]) -> Callable[Concatenate[Run, P], pl.DataFrame]:
    """Remember the latest answers, frames of a row a path, as many as take 16 MB: of a few paths all of them."""

    @functools.wraps(question)
    def answer(run: Run, /, *args: P.args, **kwargs: P.kwargs) -> pl.DataFrame:
        known = _lately.setdefault(run, {})
        key = (question, args, tuple(sorted(kwargs.items())))
        if key in known:
            found = known[key] = known.pop(key)  # the latest stands last
            return found
        found = known[key] = question(run, *args, **kwargs)
        while sum(frame.estimated_size() for frame in known.values()) > LARGE:
            known.pop(next(iter(known)))
        return found

    return answer


def table(run: Run, name: str, world: str | None = None) -> pl.LazyFrame | None:
    """The table, or a world's rows of it; None if the run has none of it."""
    return run.table(name, world) if name in run.tables else None


def unhedged_world(run: Run, agent: str | None) -> str | None:
    """Name of the world in which the desk does not hedge; None if there is none, or where it is another desk's."""
    desk = run.manifest.get("unhedged")
    return UNHEDGED if desk is not None and desks(run, agent) == [desk] else None


def first_chunk(run: Run, name: str, world: str | None = None) -> pl.LazyFrame:
    """The first paths of a table in a world (None: the first): enough to learn what all paths have alike."""
    return next(run.chunks(name, str(run.manifest["worlds"][0]) if world is None else world))


@once
def cast(run: Run) -> dict[str, str]:
    """Role of every agent that is marked, by name."""
    return dict(_roles(run).iter_rows()) if "marks" in run.tables else {}


@shown
def _roles(run: Run) -> pl.DataFrame:
    """agent, role."""
    last = first_chunk(run, "marks").filter(pl.col("time") == pl.col("time").max())  # all are marked at every close
    return last.select("agent", "role").unique().sort("agent").collect()


def hedgers(run: Run) -> list[str]:
    """Names of the hedging desks, sorted."""
    return [name for name, role in cast(run).items() if role == "hedger"]


def desks(run: Run, agent: str | None) -> list[str]:
    """The agents that `agent` stands for: None the first hedger (none: empty), "all" every hedger, else that one.

    Raises UserError for a name that no agent has.
    """
    if agent is None:
        return hedgers(run)[:1]
    if agent == ALL and ALL not in cast(run):
        return hedgers(run)
    if agent not in cast(run):
        known = ", ".join([*cast(run), ALL])
        raise UserError("a run has no such agent", value=agent, place=str(run.path), remedy=f"agents: {known}")
    return [agent]


def desk_name(run: Run, agent: str | None) -> str:
    """What to call the desk in titles."""
    names = desks(run, agent)
    return names[0] if len(names) == 1 else f"{len(names)} hedgers together" if names else "no hedger"


def desk_marks(run: Run, agent: str | None, *where: pl.Expr, exact: bool = False) -> pl.LazyFrame:
    """Marks of the desk at every close, for "all" summed: one row per (time, world, path), with derived costs.

    where: picks rows. exact: of witnesses, every part in double precision, so that they add up to the last bit. Of an
    agent that is no desk, the witnesses' alone, unless the run has its marks in full.
    """
    names = desks(run, agent)
    rows = _filled(run, run.table("marks")) if exact else at_closes(run, names)
    return _together(run, rows, names, where)


def world_marks(run: Run, agent: str | None, world: str) -> pl.LazyFrame:
    """`desk_marks` of one world."""
    names = desks(run, agent)
    return _together(run, at_closes(run, names, world), names, ())


def mark_chunks(run: Run, agent: str | None, world: str) -> Iterator[pl.LazyFrame]:
    """`world_marks` chunk by chunk of paths."""
    names = desks(run, agent)
    brief = DESKS in run.tables and set(names) <= set(_briefly(run))
    for part in chunks_of(run):
        rows = part.table(DESKS if brief else "marks", world)
        yield _together(run, _of_every_close(run, rows, brief=brief), names, ())


def at_closes(run: Run, names: list[str], world: str | None = None) -> pl.LazyFrame:
    """Marks at every close of some agents: those of `desks`, else those of `marks` on paths that it has whole."""
    brief = DESKS in run.tables and set(names) <= set(_briefly(run))
    return _of_every_close(run, run.table(DESKS if brief else "marks", world), brief=brief)


def _of_every_close(run: Run, rows: pl.LazyFrame, *, brief: bool) -> pl.LazyFrame:
    """Rows of `desks` (brief) or of `marks`, on paths that are marked at every close."""
    if brief:
        rows = rows.with_columns(pl.col(pl.Float32).cast(pl.Float64))
    elif DESKS in run.tables:
        rows = rows.filter(pl.col("path") < int(run.manifest["scenario"]["run"]["witnesses"]))
    return _filled(run, rows)


@once
def _briefly(run: Run) -> list[str]:
    """The agents of the table `desks`."""
    return first_chunk(run, DESKS).select(pl.col("agent").unique()).collect()["agent"].to_list()


def _together(run: Run, rows: pl.LazyFrame, names: list[str], where: tuple[pl.Expr, ...]) -> pl.LazyFrame:
    """Rows of some agents, summed by time, world and path, with derived costs."""
    money, row = [*gains(run), "unhedged_pnl", "equity"], ["time", "world", "path"]
    mine = rows.filter(pl.col("agent").is_in(names), *where)
    if len(names) > 1:
        mine = mine.group_by(row).agg(added(names, money))
    return mine.select(*row, *money).with_columns(**parts.costs_of(parts.loss_of(run)))


def added(names: list[str], columns: Iterable[str]) -> list[pl.Expr]:
    """Columns of a group with a row an agent, added up in the order of the names, whatever that of rows and threads."""
    rows = [pl.col("agent") == name for name in sorted(names)]
    return [parts.total(pl.when(row).then(pl.col(c)).sum() for row in rows).alias(c) for c in columns]


def gains(run: Run) -> tuple[str, ...]:
    """Columns of `marks`: the components of the P&L, and the P&L."""
    loss = parts.loss_of(run)
    return (*(column.name for column in loss.columns), loss.column)


def _filled(run: Run, rows: pl.LazyFrame) -> pl.LazyFrame:
    """The rows; a part that an older run does not tell apart from another is zero."""
    known = rows.collect_schema()
    return rows.with_columns(**{c: pl.lit(0.0) for c in gains(run) if c not in known})


def path_column(run: Run, question: Callable[..., pl.LazyFrame], name: str, *args: object) -> FloatArray:
    """(paths,) numbers of a frame with a row a path, paths ascending, in new memory; of many they are laid aside."""
    if paths_of(run) <= FEW:
        return whole(run, question, *args)[name].to_numpy(writable=True)
    return columns_of(run, question, *args)[name]


@lately
def whole(run: Run, question: Callable[..., pl.LazyFrame], *args: object) -> pl.DataFrame:
    """A frame with a row a path, sorted by path."""
    return question(run, *args).sort("path").collect()


@once
def columns_of(run: Run, question: Callable[..., pl.LazyFrame], *args: object) -> Columns:
    """The numbers of such a frame, column by column."""
    found = Columns(paths_of(run))
    for part in chunks_of(run):
        rows = question(part, *args).sort("path").select(pl.col(pl.Float64)).collect()
        found.add({column.name: column.to_numpy() for column in rows.get_columns()})
    return found


def chunks_of(run: Run) -> list[Run]:
    """The run in parts that each have some paths; they know the cast and the last close."""
    if hedgers(run):
        last_close(run)
    if run not in _parts:
        _parts[run] = parts_of(run, but=TABLE)
    return _parts[run] or [run]


def final(run: Run, agent: str | None, world: str) -> pl.DataFrame:
    """The desk's marks at the last close, one row a path, sorted by path."""
    return whole(run, last_marks, agent, world)


def last_marks(run: Run, agent: str | None, world: str) -> pl.LazyFrame:
    """`final`, unsorted."""
    rows = _filled(run, run.table("marks", world))
    return _together(run, rows, desks(run, agent), (pl.col("time") == last_close(run),))


@once
def last_close(run: Run) -> datetime:
    """Time of the last marks."""
    found = first_chunk(run, "marks").select(pl.col("time").max()).collect().item()
    assert isinstance(found, datetime)
    return found


@once
def mark_times(run: Run, world: str) -> pl.Series:
    """time: the closes at which a world was marked, ascending."""
    brief = DESKS in run.tables and set(hedgers(run)) <= set(_briefly(run))
    known = first_chunk(run, DESKS if brief else "marks", world)
    return known.select(pl.col("time").unique().sort()).collect()["time"]


@once
def first_falls(run: Run, agent: str | None) -> pl.DataFrame:
    """world, path, time, defaulted: the first close at which each fallen path was flagged (flags may go down again).

    A desk that its lender found with negative equity has fallen too, even while its close-out lasts.
    """
    name, names = DESKS if DESKS in run.tables else "marks", desks(run, agent)  # only desks are flagged
    run.table(name)  # it has every path: its parts are not counted
    return pl.concat([_first_falls(part, name, names).collect() for part in chunks_of(run)])


def _first_falls(run: Run, name: str, names: list[str]) -> pl.LazyFrame:
    """The same of some paths."""
    mine, columns = pl.col("agent").is_in(names), ("world", "path", "time", "defaulted")
    fallen = [run.table(name).filter(mine & (pl.col("liquidated") | pl.col("defaulted"))).select(columns)]
    calls = table(run, "margin_calls")
    if calls is not None:
        under = calls.filter(mine & (pl.col("outcome") == "defaulted")).with_columns(defaulted=pl.lit(False))
        fallen.append(under.select(columns))
    down = pl.concat(fallen, how="vertical_relaxed")
    return down.group_by("world", "path").agg(pl.col("time").min(), pl.col("defaulted").any())


@shown
def daily(run: Run, agent: str | None, world: str) -> pl.DataFrame:
    """The desk day by day: `<column>` is the mean over paths; `<column>_q05` ... `_q95` for the P&Ls.

    Paths are added up in their order, so that no digit depends on chunks or threads.
    """
    days = days_of(run, agent, world)
    means = {c: days.means(c) for c in (*gains(run), "unhedged_pnl")}
    found = pl.DataFrame({"time": days.times, **means}).with_columns(**parts.costs_of(parts.loss_of(run)))
    return found.join(days.spread("pnl", "unhedged_pnl"), on="time").sort("time")


@shown
def closes(run: Run, world: str) -> pl.DataFrame:
    """The market day by day: `<column>_q05` ... `_q95` over paths of every level in the `closes` table."""
    levels = curve.levels(curve.nodes(run))
    return closes_by_close(run, world, *levels).spread(*levels)


def closes_by_close(run: Run, world: str, *columns: str) -> Closes:
    """Levels of the asset's market at each close."""
    times = close_times(run, world)
    paths = paths_of(run)
    if run.aside is not None and (laid := Closes.of_aside(run.aside.rows("closes", world), times, paths, {}, *columns)):
        return laid
    chunks = [asset_closes(part, world) for part in chunks_of(run)]
    return Closes.of_rows(chunks, times, paths, *columns)


def marks_by_close(run: Run, agent: str | None, world: str, *columns: str) -> Closes:
    """Columns of `desk_marks` at each close."""
    times = mark_times(run, world)
    return _laid(run, agent, world, times, {}, *columns) or Closes.of_rows(
        list(mark_chunks(run, agent, world)), times, paths_of(run), *columns
    )


def _laid(
    run: Run, agent: str | None, world: str, times: pl.Series, sums: Mapping[str, Sequence[str]], *columns: str
) -> Closes | None:
    """The same of the first desk, as it was laid aside while the run went."""
    if run.aside is None or desks(run, agent) != desks(run, None):
        return None
    return Closes.of_aside(run.aside.rows(DESKS, world), times, paths_of(run), sums, *columns)


def days_of(run: Run, agent: str | None, world: str) -> Closes:
    """What is asked of a desk day by day: its P&Ls, hedge and moves. The latest ones are remembered.

    Its gains, unhedged_pnl; `hedge_gains`, of all hedges; and `explained`, the moves of the whole book.
    """
    key, latest = (agent, world), _days.get(run)
    if latest is not None and latest[0] == key:
        return latest[1]
    _days.pop(run, None)
    held = [column.name for column in parts.loss_of(run).columns if column.name.startswith("hedge")]
    explained = [*MOVES, *(name for name in OTHER_MOVES if name in gains(run))]
    sums = {"hedge_gains": held, "explained": explained}
    columns, times = (*gains(run), "unhedged_pnl"), mark_times(run, world)
    found = _laid(run, agent, world, times, sums, *columns)
    if found is None:
        totals = {name: parts.total(map(pl.col, each)) for name, each in sums.items()}
        chunks = [rows.with_columns(**totals) for rows in mark_chunks(run, agent, world)]
        found = Closes.of_rows(chunks, times, paths_of(run), *columns, *sums)
    _days[run] = key, found
    return found


@once
def close_times(run: Run, world: str) -> pl.Series:
    """time: the closes of a world's market, ascending."""
    return first_chunk(run, "closes", world).select(pl.col("time").unique().sort()).collect()["time"]


@once
def main_venue(run: Run, agent: str | None) -> str:
    """The venue at which the desk pays most spread on the witness paths; "asset" if there are none."""
    trades = table(run, "trades")
    if trades is None or not desks(run, agent):
        return ASSET
    mine = trades.filter(pl.col("taker").is_in(desks(run, agent)) & (pl.col("world") == "actual"))
    paid = mine.group_by("venue").agg(pl.col("spread_cost").abs().sum()).sort("spread_cost", "venue").collect()
    return str(paid["venue"][-1]) if paid.height else ASSET


@once
def venue_closes(run: Run, world: str, venue: str) -> pl.DataFrame:
    """Like `closes`, for half_spread, depth and loop_gain of one venue; other than the asset over witness paths."""
    if venue == ASSET:
        return closes(run, world)
    ticks = run.table("market", world).filter(pl.col("venue") == venue)
    last = ticks.group_by(day_of(run).alias("date"), "path").agg(pl.all().sort_by("time").last())
    shares = quantiles(("half_spread", "depth", "loop_gain"))
    return last.group_by("date").agg(pl.col("time").max(), *shares).drop("date").sort("time").collect()


def asset_closes(run: Run, world: str | None = None) -> pl.LazyFrame:
    """Daily closes of the risky asset, one row per (time, world, path)."""
    frame = run.table("closes", world)
    return frame.filter(pl.col("venue") == ASSET) if "venue" in frame.collect_schema() else frame


@shown
def witnesses(run: Run, world: str, most: int = 12) -> pl.DataFrame:
    """time, path, vol, half_spread, credit: closes of the first few paths, drawn faintly behind an ensemble."""
    chosen = asset_closes(run, world).filter(pl.col("path") < most)
    return chosen.select("time", "path", "vol", "half_spread", "credit").sort("path", "time").collect()


def quantiles(columns: tuple[str, ...]) -> list[pl.Expr]:
    """Expressions `<column>_q05` ... `<column>_q95`."""
    return [pl.col(c).quantile(q, "linear").alias(f"{c}_{name}") for c in columns for name, q in SHARES.items()]


def changes(frame: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    """Per-day changes of running totals; the first row, the starting state, is dropped."""
    return frame.select("time", *[pl.col(c).diff() for c in columns]).slice(1)
