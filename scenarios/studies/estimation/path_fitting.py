"""`fit` of the path-dependent laws: parameters with errors, misses of falls left out, the clock, scenario tables."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np

from markets.spec import CreditSpec, MarketSpec
from scenarios.studies.estimation.daily_record import DailyRecord
from scenarios.studies.estimation.estimators import Estimate
from scenarios.studies.estimation.free_market import CLOCKS
from scenarios.studies.estimation.path_clock import ClockChoice, choose_clock
from scenarios.studies.estimation.path_errors import Repetitions
from scenarios.studies.estimation.path_falls import LeftOut, deepest, left_out, rows_of
from scenarios.studies.estimation.path_feed import Feed
from scenarios.studies.estimation.path_laws import PathLaws, path_laws
from sim.errors import UserError

LONG = 1000  # days with vol: fewer do not tell two speeds of memory apart
FIGURES, DECIMALS = 5, 12  # of a written key, at most


@dataclass(frozen=True)
class PathFit:
    """The laws fitted to a long record, each number with its error, and their errors outside the sample."""

    record: DailyRecord
    laws: PathLaws
    errors: Mapping[str, float]  # standard errors, by the scenario's key
    left_out: tuple[LeftOut, ...]
    clock: str
    clocks: ClockChoice | None  # None: the record has no open, high and low

    def __getitem__(self, key: str) -> Estimate:
        """The estimate of a scenario's key, `found["market.memory.base"]`."""
        return self.estimates[key]

    @cached_property
    def estimates(self) -> dict[str, Estimate]:
        """Every number by its key in a scenario, with its standard error."""
        credit = self.laws.credit
        days = {"market": self.laws.vol.days, "credit": credit.days if credit is not None else 0}
        values = self.laws.values()
        return {k: Estimate(v, self.errors.get(k, math.nan), days[k.partition(".")[0]]) for k, v in values.items()}

    def miss(self, name: str) -> float:
        """Mean of |ln predicted over recorded peak| over the windows that were left out; NaN without any."""
        misses = [abs(window.peaks[name].miss) for window in self.left_out if name in window.peaks]
        return float(np.mean(misses)) if misses else math.nan

    def tables(self) -> dict[str, Any]:
        """`market` and `credit` of a scenario under these laws, rounded as `toml` writes them."""
        tables: dict[str, Any] = {"market": {"vol_law": "path_dependent", "memory": {"clock": self.clock}}}
        if self.laws.credit is not None:
            tables["credit"] = {"law": "path_dependent"}
        for key, value in self.laws.values().items():
            *path, name = key.split(".")
            room = tables
            for part in path:
                room = room.setdefault(part, {})
            room[name] = rounded(value)
        return tables


def fit_paths(
    record: DailyRecord,
    *,
    draws: int = 100,
    windows: Sequence[tuple[date, date]] | None = None,
    clock: str = "closes",
    progress: Callable[[int, int], None] | None = None,
) -> PathFit:
    """Estimate the path-dependent laws from a record that `read_record` read with `blank_vol`.

    draws: repetitions of the block bootstrap; 0: no errors. windows: first and last days of crises to leave out
    (default: the ten deepest falls). clock: whose squares feed the laws. Raises UserError for a record that is too
    short, or a clock whose ranges it does not have.
    """
    if clock not in CLOCKS:
        raise UserError(f"a clock is one of {', '.join(CLOCKS)}", value=clock, place="clock")
    check_long(record)
    record = with_long_credit(record)
    feed = Feed.of(record, clock)
    laws = path_laws(feed, record.levels)
    clocks = choose_clock(record, laws.vol.law)
    if clock != "closes" and (clocks is None or not clocks.whole):
        rule, remedy = "needs spx_open, spx_high and spx_low on a thousand days", "take closes"
        raise UserError(f"the clock {rule}", value=clock, place=record.source, remedy=remedy)
    rows = deepest(record) if windows is None else rows_of(record, windows)
    missed = tuple(left_out(record, feed, laws, rows))
    errors = Repetitions(feed, record.levels, laws).errors(draws, progress)
    return PathFit(record, laws, errors, missed, clock, clocks)


def check_long(record: DailyRecord) -> None:
    """UserError for a record with too few days."""
    if (known := known_days(record)) < LONG:
        rule = f"the path-dependent laws need {LONG:,} days with spx and vix"
        raise UserError(rule, value=known, place=record.source, remedy="give a longer record, or --law leverage")


def known_days(record: DailyRecord) -> int:
    """Days with vol."""
    return int(np.isfinite(record.levels["vol"]).sum()) if "vol" in record.levels else 0


def with_long_credit(record: DailyRecord) -> DailyRecord:
    """The record, without credit where it is known on fewer than `LONG` days."""
    if np.isfinite(record.levels.get("credit", np.array([]))).sum() >= LONG:
        return record
    return replace(record, levels={name: v for name, v in record.levels.items() if name != "credit"})


def rounded(value: float) -> float:
    """To the figures that are written."""
    return round(float(f"{value:.{FIGURES}g}"), DECIMALS)


def default_at(key: str) -> float:
    """The default of a scenario's key."""
    table, name = _declared(key)
    return float(getattr(table, name))


def unit_at(key: str) -> str:
    """The unit of a scenario's key, as it is declared."""
    table, name = _declared(key)
    return next(str(f.metadata["unit"]) for f in fields(table) if f.name == name)


def _declared(key: str) -> tuple[Any, str]:
    """The table of defaults that has a key, and its name there."""
    room: Any = {"market": MarketSpec(), "credit": CreditSpec()}
    first, *path, name = key.split(".")
    table = room[first]
    for part in path:
        table = getattr(table, part)
    return table, name
