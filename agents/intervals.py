"""Intervals as people write them: '30m', '2h', '1d', 'tick'."""

from __future__ import annotations

import re
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from sim.clock import CONTINUOUS_DAYS
from sim.errors import UserError

if TYPE_CHECKING:
    from sim.clock import Clock
    from sim.place import Place

FORM = re.compile(r"^(\d+)\s*(m|h|d)$")
DAYS = {"m": 1 / 1440, "h": 1 / 24, "d": 1.0}  # of a unit
SECONDS = {"tick": 0, "m": 60, "h": 3600, "d": inf}  # d: closes are counted
LONGEST = 3660.0  # days: ten years
REMEDY = "write 'tick', or minutes, hours or trading days as '30m', '2h', '1d'"


def check_interval(text: str, at: Place) -> None:
    """Raise UserError, at its place, for a text that is no interval."""
    try:
        Interval(text)
    except UserError as error:
        raise at.error(error.rule, value=error.value, remedy=error.remedy) from None


class Interval:
    """How often a desk looks: every tick, every so many minutes or hours and at the open, or at every n-th close."""

    def __init__(self, text: str) -> None:
        match = FORM.match(text.strip())
        if text.strip() != "tick" and (match is None or float(match[1]) == 0):
            raise UserError("an interval is a number and a unit", value=text, place="policy.interval", remedy=REMEDY)
        if match and float(match[1]) * DAYS[match[2]] > LONGEST:
            rule, remedy = "an interval is at most ten years", "write e.g. '30m', '1d' or '260d'"
            raise UserError(rule, value=text, place="policy.interval", remedy=remedy)
        self.number = int(match[1]) if match else 1
        self.unit = match[2] if match else "tick"
        self._seconds = self.number * SECONDS[self.unit]

    def due(self, clock: Clock, tick: int, last: int) -> bool:
        """Whether the desk looks at `tick`, if it last looked at tick `last`."""
        if tick == 0:
            return True
        plain = clock.plain
        if self.unit == "d":
            return plain.is_close[tick] and plain.day[tick] - plain.day[last] >= self.number
        if clock.sessions is not None and plain.is_open[tick]:
            return True
        return plain.ticks[tick] - plain.ticks[last] >= self._seconds

    def dues(self, clock: Clock) -> list[bool]:
        """Whether a desk that looks whenever it is due does so, at every tick, (ticks,)."""
        if np.diff(clock.ticks).min() >= self._seconds:
            return [True] * len(clock.ticks)
        found, last = [], 0
        for tick in range(len(clock.ticks)):
            due = self.due(clock, tick, last)
            last = tick if due else last
            found.append(due)
        return found

    def years(self, clock: Clock) -> float:
        """Its mean length in trading years; hours are those of the exchange's usual session."""
        total = float(clock.variance_years[-1])
        if self.unit == "tick":
            return total / max(len(clock.ticks) - 1, 1)
        if self.unit == "d":
            return self.number * total / max(int(clock.day[-1]), 1)
        hours = self.number * (1 / 60 if self.unit == "m" else 1.0)
        if clock.sessions is None:
            return hours / (24 * CONTINUOUS_DAYS)
        return hours / (clock.sessions.usual_hours * clock.days_a_year)
