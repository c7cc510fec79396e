"""How far the laws miss the peaks of a fall that they were not fitted to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from scenarios.studies.estimation.daily_record import DailyRecord
from scenarios.studies.estimation.path_feed import Feed, Vector
from scenarios.studies.estimation.path_laws import PathLaws
from scenarios.studies.estimation.path_level import CREDIT_TAIL, VOL_TAIL, Level, fit_level
from sim.errors import UserError

FALLS = 10
QUARTER = 63  # trading days: a fall is counted from the highest close of this long before
BEFORE, BEHIND = 5, 21  # trading days of a window before the high and behind the low
KNOWN = 0.9  # of a window's days must have the level


@dataclass(frozen=True)
class Peak:
    """Highest level of a window, decimals: of the record, and of a law that was fitted without the window."""

    recorded: float
    predicted: float

    @property
    def miss(self) -> float:
        """ln predicted over recorded."""
        return math.log(self.predicted / self.recorded)


@dataclass(frozen=True)
class LeftOut:
    """A window that was left out: its days, the fall of the closes in it, and peaks of `vol` and `credit`."""

    first: date
    last: date
    fall: float
    peaks: Mapping[str, Peak]


def left_out(record: DailyRecord, feed: Feed, laws: PathLaws, windows: Sequence[tuple[int, int]]) -> list[LeftOut]:
    """Each window's peaks by laws that are fitted again without it, given the closes and the level on its first day."""
    found = []
    for first, last in windows:
        peaks = {}
        for name, level, tail in (("vol", laws.vol, VOL_TAIL), ("credit", laws.credit, CREDIT_TAIL)):
            if level is not None and _is_known(record.levels[name], first, last):
                blanked = record.levels[name].copy()
                blanked[first : last + 1] = np.nan
                again = fit_level(feed, blanked, level.law, tail, by_shocks=level.by_shocks)
                peaks[name] = peak(feed, record.levels[name], again, first, last)
        spot = record.levels["spot"][first : last + 1]
        fall = float((spot / np.maximum.accumulate(spot)).min()) - 1
        found.append(LeftOut(record.days[first], record.days[last], fall, peaks))
    return found


def peak(feed: Feed, level: Vector, found: Level, first: int, last: int) -> Peak:
    """Of the window's rows, both ends included: law x exp(residual of the first day, reverting)."""
    said = found.law.log_levels(feed)[first : last + 1]
    told = level[first : last + 1]
    residual = math.log(told[0]) - said[0]
    law = np.exp(said + residual * np.exp(-found.left.reversion * feed.day * np.arange(len(said))))
    known = np.isfinite(told)
    return Peak(float(told[known].max()), float(law[known].max()))


def deepest(record: DailyRecord) -> list[tuple[int, int]]:
    """Rows (first, last) of the deepest falls within a quarter on which vol is known, oldest first.

    A window goes from a week before the high to a month behind the low; no two share a day.
    """
    spot = np.log(record.levels["spot"])
    highs = [int(np.argmax(spot[max(t - QUARTER, 0) : t + 1])) + max(t - QUARTER, 0) for t in range(len(spot))]
    depth = spot - spot[highs]
    taken = np.zeros(len(spot), dtype=bool)
    windows: list[tuple[int, int]] = []
    for low in np.argsort(depth):
        if len(windows) == FALLS or depth[low] == 0:
            break
        first, last = max(highs[low] - BEFORE, 0), min(int(low) + BEHIND, len(spot) - 1)
        if taken[first : last + 1].any() or not _is_known(record.levels["vol"], first, last):
            continue
        taken[first : last + 1] = True
        windows.append((first, last))
    return sorted(windows)


def rows_of(record: DailyRecord, windows: Sequence[tuple[date, date]]) -> list[tuple[int, int]]:
    """Rows of windows by their dates. Raises UserError for one that the record does not have, or without vol."""
    found = []
    for start, end in windows:
        inside = [i for i, day in enumerate(record.days) if start <= day <= end]
        if len(inside) < 2 or not _is_known(record.levels["vol"], inside[0], inside[-1]):
            rule = "a window has days of the record, and vix on its first and on nine in ten"
            raise UserError(rule, value=f"{start}:{end}", place="--window", remedy="give FIRST:LAST as YYYY-MM-DD")
        found.append((inside[0], inside[-1]))
    return found


def _is_known(level: Vector, first: int, last: int) -> bool:
    known = np.isfinite(level[first : last + 1])
    return bool(known[0] and known.mean() >= KNOWN)
