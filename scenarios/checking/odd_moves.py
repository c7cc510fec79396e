"""Moves from one day to the next that are most likely a slip: a split, a lost point, another unit for one day."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise

from markets.plausible import FALL, MONTH, MONTHS_MOVE, NEXT_DAY, REVERSALS, RISE, TAKEN_BACK
from sim.figure_text import fixed, percent

LOG = ("spot", "vol", "credit")
SLIP = "mend the level if a point slipped or the unit changed"
SPLIT = "adjust the record if it is a split, mend the level if a point slipped"


def odd_moves(key: str, days: Sequence[date], values: Sequence[float]) -> Iterator[tuple[int, str, str]]:
    """Items of a series of levels (in decimals) that no market has done: index, rule, remedy.

    A price that falls or rises in a day, or between two levels within a month, by more than any index has; any level
    whose large move is reversed the next day. `key` is one of `REVERSALS`.
    """
    levels = [v if key not in LOG else math.log(v) if v > 0 else math.nan for v in values]
    near = [neighbours(before, after) for before, after in pairwise(days)]
    back = 0  # the day that took a move back, which is no move of its own
    for i in range(1, len(values)):
        move, gap = levels[i] - levels[i - 1], (days[i] - days[i - 1]).days
        if not near[i - 1] and key == "spot" and gap <= MONTH and abs(move) > MONTHS_MOVE:
            yield i, f"a move of {_size(key, move)} in {gap} days, more than any index has had", SPLIT
        if not near[i - 1] or i == back:
            continue
        after = levels[i + 1] - levels[i - 1] if i < len(near) and near[i] else math.inf
        size = _size(key, move)
        if abs(move) > REVERSALS[key] and abs(after) <= TAKEN_BACK * abs(move):
            back = i + 1
            yield i, f"a move of {size} in a day that the next day takes back", SLIP
        elif key == "spot" and (move < math.log1p(-FALL) or move > math.log1p(RISE)):
            yield i, f"a move of {size} in a day, more than any index has had", SPLIT


def neighbours(before: date, after: date) -> bool:
    """Whether a date is the trading day after another: the next day, or behind a weekend with at most a holiday."""
    gap = (after - before).days
    return gap == 1 or (gap <= NEXT_DAY and before.weekday() + gap >= 7)


def _size(key: str, move: float) -> str:
    """A move in words: percent of the level, percentage points of a rate."""
    return percent(math.expm1(move), 1, plus=True) if key in LOG else fixed(100 * move, 2, " points", plus=True)
