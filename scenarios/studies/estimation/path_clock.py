"""Which returns should be squared: of closes, of nights and sessions, or of ticks. What a record's ranges say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from scenarios.studies.estimation.clock_squares import squares
from scenarios.studies.estimation.daily_record import DailyRecord
from scenarios.studies.estimation.free_market import CLOCKS
from scenarios.studies.estimation.path_feed import Feed, Vector
from scenarios.studies.estimation.path_law import PathLaw
from scenarios.studies.estimation.path_law_fit import fit_law
from scenarios.studies.estimation.path_level import VOL_TAIL

FEWEST = 60  # days with open, high, low and vol
ENOUGH = 1000  # of them for kernels of each clock's own


@dataclass(frozen=True)
class ClockChoice:
    """rms of ln vol over law by clock, on the same days. whole: each clock had kernels of its own fitted."""

    rms: Mapping[str, float]
    days: int
    whole: bool

    @property
    def best(self) -> str:
        """The clock with the least."""
        return min(self.rms, key=lambda clock: self.rms[clock])


def choose_clock(record: DailyRecord, law: PathLaw) -> ClockChoice | None:
    """The law of vol with each clock's squares; None if the record has too few days with open, high and low.

    Base, trend and activity are fitted to those days for each clock, as the squares differ in size, and the kernels too
    where there are enough. On days without ranges the close's square stands in, in proportion.
    """
    known = np.concatenate([[False], np.isfinite(squares(record, "ticks"))]) & np.isfinite(record.levels["vol"])
    if known.sum() < FEWEST:
        return None
    level = np.where(known, record.levels["vol"], np.nan)
    whole = bool(known.sum() >= ENOUGH)
    rms = {}
    for clock in CLOCKS:
        feed = Feed.of(record, clock)
        found = fit_law(feed, level, law, VOL_TAIL) if whole else scaled(feed, level, law)
        left = np.log(level) - found.log_levels(feed)
        rms[clock] = float(np.sqrt(np.nanmean(left**2)))
    return ClockChoice(rms, int(known.sum()), whole)


def scaled(feed: Feed, level: Vector, law: PathLaw) -> PathLaw:
    """The law with its kernels, and base, trend and activity fitted again."""
    from scipy.optimize import least_squares

    known = np.isfinite(level)
    told = np.log(level[known])

    def read(q: Vector) -> PathLaw:
        base, trend, activity = (float(part) for part in np.exp(q))
        return replace(law, base=base, trend=-trend, activity=activity)

    def miss(q: Vector) -> Vector:
        return read(q).log_levels(feed)[known] - told

    start = np.log([law.base, -law.trend, law.activity])
    return read(least_squares(miss, start, loss="soft_l1", f_scale=VOL_TAIL, max_nfev=200).x)
