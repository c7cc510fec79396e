"""What the overnight rate has made of 1 $ since the periods of a book began, close by close."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.kernels.flows import NO_FIXING, flow_values
from markets.products.projection import sparse
from sim.clock import CALENDAR_DAYS, CONTINUOUS_DAYS
from sim.named_tuple import NamedTuple
from sim.sessions import DAY, day_number

if TYPE_CHECKING:
    from markets.products.cash_legs import Overnight
    from markets.products.overnight_curve import OvernightCurve
    from sim.clock import Clock

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
NOTHING = np.zeros((0, 0))


class Timeline:
    """Days of contracts on the clock of a run: how far away each is, and at which close it is settled."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.closes: Ints = clock.ticks[clock.is_close]  # seconds
        self._close_years: list[float] = clock.calendar_years[clock.is_close].tolist()
        self._year = CONTINUOUS_DAYS if clock.sessions is None else CALENDAR_DAYS
        self.seconds = cache(self._seconds)

    def __reduce__(self) -> tuple[type[Timeline], tuple[Clock]]:
        """A copy in another process begins a memory of its own."""
        return Timeline, (self.clock,)

    def years(self, day: date) -> float:
        """Years from the first day to `day`: days over 365, whether or not the exchange opens."""
        return (day - self.clock.first).days / self._year

    def _seconds(self, day: date) -> int:
        """The close of a day, or the first one after it where the exchange is closed: when a payment is made."""
        sessions = self.clock.sessions
        if sessions is None:
            return self.clock.seconds(day)
        while sessions.at_or_before(day) != day_number(day):
            day += timedelta(days=1)
        return (day - self.clock.first).days * DAY + sessions.close(day_number(day))

    def closing(self, since: int, tick: int) -> bool:
        """Whether a close lies in (since, tick]."""
        return self._closed(tick) > self._closed(since)

    def fixed_until(self, tick: int) -> float:
        """Years to the close up to which the overnight rate is fixed after `tick`; after the last one, to that."""
        return self._close_years[min(self._closed(tick), len(self._close_years) - 1)]

    def _closed(self, tick: int) -> int:
        """How many closes there have been by a tick."""
        return bisect_right(self.closes, self.clock.ticks[tick])


class _Row(NamedTuple):
    """Periods of one beginning share what has grown since; those that end in the run stop at their end."""

    begin: float  # years
    end: float  # years, infinite after the run
    averaged: bool
    known: float


class OvernightGrowth:
    """Fixings of overnight periods, (count, paths): growth since the beginning, or the sum of rates x days.

    A row is fixed up to the next close after `tick`, at the overnight rate of the projection curve. logs: whether what
    is averaged is ln(1 + rate x days), as futures on the average are quoted on curves.
    """

    def __init__(
        self, periods: Sequence[Overnight], time: Timeline, curve: OvernightCurve, *, logs: bool = False
    ) -> None:
        self.time, self.curve, self.logs = time, curve, logs
        last = float(time.clock.calendar_years[-1])
        rows: dict[_Row, int] = {}
        self.slot = np.full(len(periods), NO_FIXING, dtype=np.int64)  # (periods,)
        self.begin = np.array([time.years(p.start) for p in periods], dtype=np.float64)
        self.above = np.array([p.above for p in periods], dtype=np.float64)  # 1/year, see `Overnight`
        for i, period in enumerate(periods):
            begin, end = time.years(period.start), time.years(period.end)
            if begin < last:
                known = period.known if period.known is not None else 0.0 if period.averaged else 1.0
                row = _Row(begin, end if end <= last else np.inf, period.averaged, known)
                self.slot[i] = rows.setdefault(row, len(rows))
        self.rows = list(rows)
        self.count = len(rows)

    def first(self, curve: Floats) -> Floats:
        """At the start, (count, 1), from the levels of the curve's factors (keys, 1)."""
        out = np.array([row.known for row in self.rows], dtype=np.float64).reshape(-1, 1)
        self.fix(0, curve, out)
        return out

    def slots(self, chosen: NDArray[np.bool_], settled: int) -> Ints:
        """Rows that multiply the chosen periods; NO_FIXING where a period has not begun."""
        begun = self.begin < self.time.fixed_until(settled)
        return np.where(begun, self.slot, NO_FIXING)[chosen]

    def fix(self, tick: int, curve: Floats, fixings: Floats) -> None:
        """Let every row grow from the close at `tick` to the next one."""
        now, until = float(self.time.clock.calendar_years[tick]), self.time.fixed_until(tick)
        for i, row in enumerate(self.rows):
            begin, end = max(row.begin, now), min(row.end, until)
            if begin < end:
                if row.averaged and self.logs:
                    fixings[i] += self._log_growth(begin, end, now, curve)
                elif row.averaged:
                    fixings[i] += self._growth(begin, end, now, curve) - 1.0
                else:
                    fixings[i] *= self._growth(begin, end, now, curve)

    def _fall(self, begin: float, end: float, now: float) -> tuple[Floats, float]:
        """What ln P of the projection curve falls from `begin` to `end`: weights (keys,), and a constant."""
        weights, constant = self.curve.grown(np.array([begin]), np.array([end]), now)
        return weights[0], float(constant[0])

    def _log_growth(self, begin: float, end: float, now: float, curve: Floats) -> Floats:
        """ln P(begin) / P(end) on the factors (keys, paths), (paths,)."""
        weights, constant = self._fall(begin, end, now)
        out = np.full(curve.shape[1], constant)
        for node in np.flatnonzero(weights):
            out += weights[node] * curve[node]
        return out

    def _growth(self, begin: float, end: float, now: float, curve: Floats) -> Floats:
        """P(begin) / P(end) on the factors (keys, paths), (paths,)."""
        weights, constant = self._fall(begin, end, now)
        row = sparse(np.exp([constant]), -weights[None])
        out = np.zeros(curve.shape[1])
        flow_values(curve, NOTHING, row, np.array([NO_FIXING]), out)
        return out
