"""What the laws of vol and credit say of a record's price path alone, beside what the record says."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal, cast

import numpy as np

from markets.memory_spec import CreditMemorySpec, MemorySpec, StartSpec
from markets.spec import Anchor, CreditSpec, MarketSpec, StorylineSpec
from scenarios.build import make_clock, run
from scenarios.calibrating.ensemble_medians import read
from scenarios.estimation.path_start import start_of_closes
from scenarios.files.frames import Source
from scenarios.history import EXOGENOUS, LEVERAGE, PATH_CREDIT, PATH_MARKET, from_history
from scenarios.record_rows import COLUMNS, read_record_rows
from scenarios.scenario import Scenario
from sim.arguments import called, maybe, takes, whole
from sim.errors import UserError
from sim.names import ACTUAL
from sim.scratch import scratch

if TYPE_CHECKING:
    import polars as pl

    from sim.ensemble import Progress

Law = Literal["path_dependent", "one_factor"]
LAWS: tuple[Law, ...] = ("path_dependent", "one_factor")
LEVELS = ("vol", "credit")  # decimals, as in the closes
PATHS = 512
FEWEST = 3  # days


@dataclass(frozen=True)
class Prediction:
    """Levels given the price path and the first day's levels: day by day, and their peaks.

    daily: date, law, level, record, low, median, high (decimals; low and high hold nine paths in ten; record null where
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
    as_given: bool = False,
    progress: Progress | None = None,
) -> Prediction:
    """Run a record's closes without agents: each close is the record's, vol and credit are given on the first day only.

    history: as `from_history` takes it; columns vix and ig_oas are what the result is compared with. since, until: the
    days to predict; 60 days or more up to `since` are what the laws remember at the start. Both the path-dependent laws
    and the one-factor laws are run, on the same random numbers.
    Raises UserError for a record that is none, and for fewer than three days.
    """
    record = from_history(history, anchors="exogenous", dates=dates, as_given=as_given)
    rows = [row for row in record.storyline.anchor if row.spot is not None]
    before = [row for row in rows if since is not None and row.date < since]
    window = [row for row in rows if (since is None or row.date >= since) and (until is None or row.date <= until)]
    if len(window) < FEWEST:
        remedy = "give a longer record, or other days"
        raise UserError(f"a prediction needs {FEWEST} days or more", value=len(window), remedy=remedy)
    given = _given(history, dates, as_given=as_given)
    past = [(row.date, row.spot) for row in (*before, window[0]) if row.spot is not None]
    starts = start_of_closes(record.name, *zip(*past, strict=True))
    bare = _bare(record, before, window, paths, seed)
    found = [_closes(_under(bare, law, starts), law, workers, progress) for law in LAWS]
    import polars as pl

    told = _told(window, given)
    daily = pl.concat(part for part, _ in found).join(told, on=["date", "level"], how="left")
    daily = daily.select("date", "law", "level", "record", "low", "median", "high").sort("law", "level", "date")
    return Prediction(_under(bare, LAWS[0], starts), daily, _peaks(daily, pl.concat(part for _, part in found)))


def _bare(record: Scenario, before: list[Anchor], window: list[Anchor], paths: int, seed: int) -> Scenario:
    """The window's closes without agents, vol and credit on its first day alone."""
    first = _complete(before, window[0])
    rest = tuple(Anchor(date=row.date, spot=row.spot) for row in window[1:])
    notes = tuple(note for note in record.notes if not note.endswith(EXOGENOUS))  # nobody trades here
    bare = dataclasses.replace(record, agents=(), storyline=StorylineSpec(anchor=(first, *rest)), notes=notes)
    return bare.with_run(paths=paths, seed=seed, witnesses=0, twin="none", attribution="none")


def _complete(before: list[Anchor], first: Anchor) -> Anchor:
    """The first day with the last known levels of the days before it."""
    levels = {}
    for name in ("vol", "overnight", "us2y", "us10y", "credit"):
        known = [value for row in (*before, first) if (value := getattr(row, name)) is not None]
        levels[name] = known[-1]
    return dataclasses.replace(first, **levels)


def _under(bare: Scenario, law: Law, starts: tuple[StartSpec, StartSpec] | None) -> Scenario:
    """The scenario under one of the laws; paths keep to every close. starts: what vol and credit remember at first."""
    first = bare.storyline.anchor[0]
    if law == "path_dependent":
        vol, spread = starts or (StartSpec(), StartSpec())
        market = MarketSpec(dispersion=0.0, **PATH_MARKET, memory=MemorySpec(start=vol))
        credit = CreditSpec(**PATH_CREDIT, memory=CreditMemorySpec(start=spread))
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


def _given(history: Source, dates: str | None, *, as_given: bool) -> set[str]:
    """Those of `LEVELS` that the record has: what it lacks is derived, and nothing to compare with."""
    record = read_record_rows(history, dates=dates)
    return {
        key
        for column, key, _ in COLUMNS
        if key in LEVELS and any(value is not None for value in record.levels(column, as_given=as_given))
    }


def _told(window: list[Anchor], given: set[str]) -> pl.DataFrame:
    """date, level, record of what the record has."""
    import polars as pl

    rows = [(row.date, name, getattr(row, name) if name in given else None) for row in window for name in LEVELS]
    return pl.DataFrame(rows, schema={"date": pl.Date, "level": pl.String, "record": pl.Float64}, orient="row")


def _peaks(daily: pl.DataFrame, highest: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    by = ["law", "level"]
    peaks = daily.group_by(by).agg(
        record=pl.col("record").max(),
        record_date=pl.col("date").sort_by(pl.col("record"), descending=True, nulls_last=True).first(),
        predicted=pl.col("median").max(),
        predicted_date=pl.col("date").sort_by("median", descending=True).first(),
    )
    joined = peaks.join(highest.select(*by, "low", "high"), on=by)
    return joined.with_columns(ratio=pl.col("predicted") / pl.col("record")).sort(
        "level", "law", descending=[True, True]
    )
