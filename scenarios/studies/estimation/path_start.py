"""Where the factors of the path laws stand at the close of a day, from a record's days up to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from markets.factors.memory.path_memory import long_run
from markets.specs.memory import CreditMemorySpec, KernelSpec, MemorySpec, StartSpec
from scenarios.studies.estimation.daily_record import DailyRecord
from scenarios.studies.estimation.path_feed import Feed, Vector, forgetting
from sim.errors import UserError
from sim.sessions import TRADING_DAYS

FEWEST = 2  # closes
REMEMBERED = 60  # closes that are worth remembering: with fewer the start follows from its vol


def start_of(
    record: DailyRecord, day: date, vol: MemorySpec | None = None, credit: CreditMemorySpec | None = None
) -> tuple[StartSpec, StartSpec]:
    """Factors of the laws of vol and of credit at the close of `day`, the first tick of a scenario that starts there.

    Only the days up to `day` are read; what came before the record is taken for their average. vol, credit: the laws
    whose factors they are (default: the market's own). Raises UserError if the record has no such day.
    """
    vol, credit = vol or MemorySpec(), credit or CreditMemorySpec()
    if day not in record.days or record.days.index(day) + 1 < FEWEST:
        rule, remedy = "must be a trading day of the record, after its first", f"{record.days[0]} to {record.days[-1]}"
        raise UserError(rule, value=str(day), place=record.source, remedy=f"take one of {remedy}")
    feed = Feed.of(until(record, day), vol.clock)
    return factors(feed, vol.returns, vol.squares), factors(feed, credit.returns, credit.squares)


def start_of_closes(
    days: Sequence[date],
    closes: Sequence[float],
    vol: MemorySpec,
    credit: CreditMemorySpec,
    days_a_year: float = TRADING_DAYS,
) -> tuple[StartSpec, StartSpec] | None:
    """The same at the last of a price's closes, one a trading day; None if they are too few to be worth it.

    Before the first close the market is taken to have been at rest, not at the closes' average: credit remembers ten
    years, of which a few calm months know nothing.
    """
    if len(days) < REMEMBERED:
        return None
    spot = {"spot": np.asarray(closes, dtype=np.float64)}
    record = DailyRecord("closes", tuple(days), spot, days_a_year=days_a_year)
    feed = replace(Feed.of(record, vol.clock), before=(0.0, long_run(vol) ** 2 * record.day))
    return factors(feed, vol.returns, vol.squares), factors(feed, credit.returns, credit.squares)


def until(record: DailyRecord, day: date) -> DailyRecord:
    """The record's days up to `day`."""
    count = record.days.index(day) + 1
    levels = {name: values[:count] for name, values in record.levels.items()}
    return replace(record, days=record.days[:count], levels=levels)


def factors(feed: Feed, returns: KernelSpec, squares: KernelSpec) -> StartSpec:
    """The four factors at the last close."""

    def last(values: Vector, speed: float, before: float) -> float:
        return float(forgetting(values, speed, feed.day, before)[-1])

    trend, activity = feed.before
    return StartSpec(
        returns_fast=last(feed.returns, returns.fast, trend),
        returns_slow=last(feed.returns, returns.slow, trend),
        squares_fast=last(feed.squares, squares.fast, activity),
        squares_slow=last(feed.squares, squares.slow, activity),
    )
