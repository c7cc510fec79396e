"""The trading sessions of an exchange: which days it opens, from when to when."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.dataclass import dataclass
from sim.errors import UserError
from sim.exchange_library import library_calendar, library_version
from sim.kept_array import kept
from sim.vectors import median

DAY = 86_400  # seconds
EPOCH = date(1970, 1, 1)
LEAD = timedelta(days=14)  # kept before the first year, so that a closed first day has a neighbour to name
HORIZON = timedelta(days=4_400)  # kept after the last year: twelve years, for the expiries of ten-year instruments
CALENDAR_YEAR = 365.25  # days
TRADING_DAYS = 252  # a year of variance, if an exchange opens about so often
ABOUT = 3.5  # sessions a year: as near as this to `TRADING_DAYS` is the same convention
TRADING_HOURS = 6.5  # in a trading day, if the exchange closes for the night
LONG_DAY = 18.0  # hours: an exchange with sessions this long or longer trades round the clock
EARLIEST, LATEST = date(1800, 1, 1), date(2199, 12, 31)  # dates allowed in a scenario; the library ends in 2262

IntArray = NDArray[np.int64]


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def day_date(number: int) -> date:
    """The date of a day number."""
    return EPOCH + timedelta(days=number)


@dataclass(frozen=True, eq=False)
class Sessions:
    """Sessions in order. Outside the known ones every usual weekday of the exchange counts as a session.

    days: (n,) days since 1970-01-01; opens, closes: (n,) seconds since that day's midnight, exchange local time.
    """

    days: IntArray
    opens: IntArray
    closes: IntArray
    a_year: float = TRADING_DAYS  # trading days that make a year of variance; see `days_a_year`

    @cached_property
    def hours(self) -> float:
        """Trading hours in a day: 6.5, or the session's length on an exchange that trades round the clock."""
        usual = median(self.closes - self.opens) / 3600
        return usual if usual >= LONG_DAY else TRADING_HOURS

    @cached_property
    def week(self) -> NDArray[np.bool_]:
        """Weekdays from Monday on which it opens, (7,) bool, from its last known year."""
        recent = self.days[self.days > self.days[-1] - 365]
        return np.isin(np.arange(7), (recent + 3) % 7)  # 1970-01-01 was a Thursday

    @cached_property
    def usual_hours(self) -> float:
        """Length of the usual session, hours."""
        return median(self.closes - self.opens) / 3600

    def at_or_before(self, day: date) -> int:
        """The day number of the session of `day`, or of the last one before it if the exchange is closed."""
        number = day_number(day)
        if self.days[0] <= number <= self.days[-1]:
            return int(self.days[np.searchsorted(self.days, number, side="right") - 1])
        usual = int(np.busday_offset(_day64(number), 0, roll="backward", weekmask=self.week).astype(np.int64))
        return max(usual, int(self.days[-1])) if number > self.days[-1] else usual

    def close(self, number: int) -> int:
        """Seconds from midnight to the close of session `number`; the usual close where no session is known."""
        index = int(np.searchsorted(self.days, number))
        if index < self.days.size and self.days[index] == number:
            return int(self.closes[index])
        return int(median(self.closes))

    def years_between(self, first: int, last: int) -> float:
        """Years of variance from the close of session `first` to that of `last`: sessions / sessions of a year.

        Outside the known sessions every usual weekday counts, so the sessions of a year are counted without holidays
        too.
        """
        (known, beyond), (before, far_before) = self._position(last), self._position(first)
        a_week_long_year = float(self.week.sum()) * CALENDAR_YEAR / 7
        return (known - before) / self.a_year + (beyond - far_before) / a_week_long_year

    def _position(self, number: int) -> tuple[int, int]:
        """Number of sessions from the first known one to `number`; outside the known ones usual weekdays count."""
        first, last = int(self.days[0]), int(self.days[-1])
        if number < first:
            return 0, -int(np.busday_count(_day64(number), _day64(first), weekmask=self.week))
        known = int(np.searchsorted(self.days, number, side="right")) - 1
        if number <= last:
            return known, 0
        return known, int(np.busday_count(_day64(last + 1), _day64(number + 1), weekmask=self.week))

    def missing(self, before: date, after: date) -> list[date]:
        """The known sessions strictly between two dates."""
        begin = np.searchsorted(self.days, day_number(before), side="right")
        end = np.searchsorted(self.days, day_number(after), side="left")
        return [day_date(int(number)) for number in self.days[begin:end]]


def _day64(number: int) -> np.datetime64:
    return np.datetime64(number, "D")


def exchange_sessions(calendar: str, first: date, last: date) -> Sessions:
    """Sessions of an exchange from before `first` to twelve years after `last`, as far as it has published them.

    Raises UserError for a calendar that does not exist or does not cover the dates.
    """
    for day in (first, last):
        if not EARLIEST <= day <= LATEST:
            remedy = f"choose dates from {EARLIEST} to {LATEST}"
            raise UserError("no calendar reaches to this date", value=str(day), place="clock", remedy=remedy)
    sessions = _around(calendar, first.year, last.year) or _from(calendar, first, last.year)
    known_from, known_to = day_date(int(sessions.days[0])), day_date(int(sessions.days[-1]))
    if known_from <= first and last <= known_to:
        return sessions
    bound = f"to {known_to}" if last > known_to else f"from {known_from}"
    raise UserError(
        f"the exchange calendar {calendar} is known {bound} only",
        value=f"{first} to {last}",
        place="clock.calendar",
        remedy="choose dates inside it, or use XNYS",
    )


@lru_cache(maxsize=4096)
def closing(sessions: Sessions, day: date) -> tuple[int, int]:
    """The session of `day` or the last one before it: its day number, and seconds from its midnight to its close."""
    number = sessions.at_or_before(day)
    return number, sessions.close(number)


@lru_cache(maxsize=32)
def _around(calendar: str, first_year: int, last_year: int) -> Sessions | None:
    """Sessions of whole years and twelve more. Building takes a second, so runs of nearby dates share one build.

    Both ends are given to the library, never its default of "a year from today": a run must not depend on the date of
    its computation. None if the library fails to build the first of these years.
    """
    first, last = date(first_year, 1, 1) - LEAD, date(last_year, 12, 31) + HORIZON
    key = ("sessions", calendar, first, last, library_version())
    table = kept(key, lambda: _table(library_calendar(calendar, first, last)))
    return None if table is None else _sessions(table)


def _from(calendar: str, first: date, last_year: int) -> Sessions:
    """Sessions from exactly `first` on, for a calendar that the library has only from some day on."""
    table = _table(library_calendar(calendar, first, date(last_year, 12, 31) + HORIZON))
    if table is None:
        rule = f"the calendar library cannot lay out {calendar} from this day on"
        raise UserError(rule, value=str(first), place="clock.calendar", remedy="choose later dates, or use XNYS")
    return _sessions(table)


def _table(schedule: Any | None) -> IntArray | None:
    """(3, n) days, opens and closes of `Sessions` from the library's calendar."""
    if schedule is None:
        return None
    days = schedule.sessions.to_numpy().astype("datetime64[D]").astype(np.int64)
    return np.array([days, _local(schedule, "open") - days * DAY, _local(schedule, "close") - days * DAY])


def _sessions(table: IntArray) -> Sessions:
    days, opens, closes = table
    return Sessions(days, opens, closes, days_a_year(days))


def days_a_year(days: IntArray) -> float:
    """Trading days in a year of variance: 252, or the calendar's own number if that differs clearly.

    365 if every day is one, 261 if every weekday is, 243 to 248 in much of Asia. Counted over all of (n,) days: twelve
    years or more if the exchange has published them.
    """
    counted = days.size * CALENDAR_YEAR / (int(days[-1]) - int(days[0]) + 1)
    return TRADING_DAYS if abs(counted - TRADING_DAYS) < ABOUT else float(round(counted))


def _local(calendar: Any, column: str) -> IntArray:
    """(n,) seconds since 1970-01-01 00:00 on the exchange's wall clock."""
    stamps = calendar.schedule[column].dt.tz_convert(calendar.tz).dt.tz_localize(None)
    return np.asarray(stamps.to_numpy().astype("datetime64[s]").astype(np.int64))
