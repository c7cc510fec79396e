"""Vol and credit by their laws from a record's price path alone, beside the record's."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal, cast

import numpy as np

from markets.factors.memory.path_memory import implied_at, long_run, vol_start
from markets.spec import Anchor, CreditSpec, MarketSpec, StorylineSpec
from markets.specs.memory import MemorySpec
from scenarios.files.frames import Source
from scenarios.files.record_rows import COLUMNS, read_record_rows
from scenarios.scenario import Scenario
from scenarios.studies.calibrating.ensemble_medians import read
from scenarios.studies.estimation.fitted import LEVERAGE, PATH_CREDIT, PATH_MARKET
from scenarios.studies.replay.history import EXOGENOUS, from_history
from scenarios.studies.run import run
from scenarios.worlds.clock import make_clock
from sim.arguments import called, maybe, takes, whole
from sim.errors import UserError
from sim.figure_text import percent
from sim.names import ACTUAL
from sim.scratch import scratch

if TYPE_CHECKING:
    import polars as pl

    from sim.ensemble import Progress

Law = Literal["path_dependent", "one_factor"]
Given = dict[str, dict[date, float]]  # the record's cells by level and day, decimals
LAWS: tuple[Law, ...] = ("path_dependent", "one_factor")
LEVELS = ("vol", "credit")  # decimals, as in the closes
PATHS = 512
FEWEST = 3  # days


@dataclass(frozen=True)
class Prediction:
    """Levels given the price path and the first day's levels: day by day, and their peaks.

    daily: date, law, level, record, low, median, high (decimals; low and high hold nine paths in ten; record null if
    the record has none). peaks: law, level, record, record_date, predicted, predicted_date, low, high, ratio: of the
    median path's highest close; low and high of the paths' own.
    """

    scenario: Scenario
    daily: pl.DataFrame
    peaks: pl.DataFrame


@takes(paths=whole(20), workers=maybe(whole(1)), progress=maybe(called))
def predict(
    history: Source,
    *,
    since: date | None = None,
    until: date | None = None,
    paths: int = PATHS,
    seed: int = 1,
    workers: int | None = None,
    dates: str | None = None,
    calendar: str | None = None,
    as_given: bool = False,
    progress: Progress | None = None,
) -> Prediction:
    """Run a record's closes without agents: each close is the record's, vol and credit are given on the first day only.

    The path-dependent laws and the one-factor laws are both run, on the same random numbers.

    Args:
        history: as of `from_history`; its columns vix and ig_oas are what the result is compared with.
        since: the first day to predict. 60 days or more up to it are what the laws remember at the start.
        until: the last day to predict.
        paths: Monte Carlo paths.
        seed: of all noise.
        workers: processes.
        dates: as of `from_history`.
        calendar: of the exchange whose trading days the record has (default: XNYS).
        as_given: as of `from_history`.
        progress: called with path-ticks (done, total).

    Raises:
        UserError: for a file that is no record, and for fewer than three days.
    """
    changes = {} if calendar is None else {"clock.calendar": calendar}
    record = from_history(history, anchors="exogenous", dates=dates, as_given=as_given, since=since, overrides=changes)
    window = [row for row in record.storyline.anchor if row.spot is not None and (until is None or row.date <= until)]
    if len(window) < FEWEST:
        remedy = "give a longer record, or other days"
        raise UserError(f"a prediction needs {FEWEST} days or more", value=len(window), remedy=remedy)
    given = _given(history, dates, window[0].date, as_given=as_given)
    bare = _bare(record, window, given, paths, seed)
    found = [_closes(_under(bare, law), law, workers, progress) for law in LAWS]
    import polars as pl

    daily = pl.concat(part for part, _ in found).join(_told(given), on=["date", "level"], how="left")
    daily = daily.select("date", "law", "level", "record", "low", "median", "high").sort("law", "level", "date")
    return Prediction(_under(bare, LAWS[0]), daily, _peaks(daily, pl.concat(part for _, part in found)))


def _bare(record: Scenario, window: list[Anchor], given: Given, paths: int, seed: int) -> Scenario:
    """The window's closes without agents, vol and credit on its first day alone."""
    first, notes = window[0], [note for note in record.notes if not note.endswith(EXOGENOUS)]  # nobody trades here
    if not given["vol"]:
        memory = record.market.memory
        vol = implied_at(memory, vol_start(memory, at_rest(memory)))
        first = dataclasses.replace(first, vol=vol)
        notes = [note for note in notes if "no vol in the record" not in note]
        notes.append(f"no vol in the record: it starts where the law has it, at {percent(vol, 1)}")
    rest = tuple(Anchor(date=row.date, spot=row.spot) for row in window[1:])
    bare = dataclasses.replace(record, agents=(), storyline=StorylineSpec(anchor=(first, *rest)), notes=tuple(notes))
    return bare.with_run(paths=paths, seed=seed, witnesses=0, twin="none", attribution="none")


def at_rest(memory: MemorySpec) -> float:
    """Implied vol of a market without trend at its long-run realised vol, decimal."""
    return memory.base + memory.activity * long_run(memory)


def _under(bare: Scenario, law: Law) -> Scenario:
    """The scenario under one of the laws; paths keep to every close."""
    first = bare.storyline.anchor[0]
    if law == "path_dependent":
        market = MarketSpec(dispersion=0.0, **PATH_MARKET, memory=bare.market.memory)
        credit = CreditSpec(**PATH_CREDIT, memory=bare.credit.memory)
    else:
        market, credit = MarketSpec(dispersion=0.0, beta=LEVERAGE / cast(float, first.vol)), CreditSpec()
    return dataclasses.replace(bare, market=market, credit=credit)


def _closes(
    scenario: Scenario, law: Law, workers: int | None, progress: Progress | None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Quantiles of the closes by day and level, and of the paths' own peaks by level."""
    import polars as pl

    with scratch("predict") as folder:
        run(scenario, out=folder / law, workers=workers, progress=progress)
        closes = read(folder / law, (ACTUAL,))[ACTUAL].closes
    days, daily, highest = make_clock(scenario).session_dates, [], []
    for level in LEVELS:
        at = dict(zip(BAND, np.quantile(closes[level], list(BAND.values()), axis=1), strict=True))
        daily.append(pl.DataFrame({"date": days, **at}).with_columns(law=pl.lit(law), level=pl.lit(level)))
        own = np.quantile(closes[level].max(axis=0), list(BAND.values()))
        highest.append({"law": law, "level": level, "low": float(own[0]), "high": float(own[2])})
    return pl.concat(daily), pl.DataFrame(highest)


BAND = {"low": 0.05, "median": 0.5, "high": 0.95}


def _given(history: Source, dates: str | None, first: date, *, as_given: bool) -> Given:
    """The record's own cells of `LEVELS` by day: what it lacks is nothing to compare with.

    Raises UserError if a column has numbers, but none on or before the first day: the start is not taken from later.
    """
    record, found = read_record_rows(history, dates=dates), {}
    for column, key, factor in COLUMNS:
        if key not in LEVELS:
            continue
        values = zip(record.days, record.levels(column, as_given=as_given), strict=True)
        found[key] = {day: value * factor for day, value in values if value is not None}
        if found[key] and min(found[key]) > first:
            rule = f"the first day, {first}, has no {column}, and no day before it has"
            remedy = f"begin on {min(found[key])} (--from), or fill the cell"
            raise UserError(rule, place=record.name, remedy=remedy)
    return found


def _told(given: Given) -> pl.DataFrame:
    """date, level, record of what the record has."""
    import polars as pl

    rows = [(day, name, value) for name, cells in given.items() for day, value in cells.items()]
    return pl.DataFrame(rows, schema={"date": pl.Date, "level": pl.String, "record": pl.Float64}, orient="row")


def _peaks(daily: pl.DataFrame, highest: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    by = ["law", "level"]
    later = pl.col("record").is_not_null() & (pl.col("date") > pl.col("date").min())
    told = daily.with_columns(record=pl.when(later.any().over(by)).then("record"))  # the first day is given
    told = told.with_columns(day=pl.when(pl.col("record").is_not_null()).then("date"))
    peaks = told.group_by(by).agg(
        record=pl.col("record").max(),
        record_date=pl.col("day").sort_by("record", descending=True, nulls_last=True).first(),
        predicted=pl.col("median").max(),
        predicted_date=pl.col("date").sort_by("median", descending=True).first(),
    )
    joined = peaks.join(highest.select(*by, "low", "high"), on=by)
    return joined.with_columns(ratio=pl.col("predicted") / pl.col("record")).sort(
        "level", "law", descending=[True, True]
    )
