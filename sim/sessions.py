"""The trading sessions of an exchange: which days it opens, from when to when."""

from __future__ import annotations

import difflib
import warnings
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.errors import UserError

DAY = 86_400  # seconds
EPOCH = date(1970, 1, 1)
LEAD = timedelta(days=14)  # kept before the first year, so that a closed first day has a neighbour to name
HORIZON = timedelta(days=4_400)  # kept after the last year: twelve years, for the expiries of ten-year instruments

IntArray = NDArray[np.int64]


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def day_date(number: int) -> date:
    """The date of a day number."""
    return EPOCH + timedelta(days=number)


@dataclass(frozen=True, eq=False)
class Sessions:
    """Sessions in order. Beyond them (past `HORIZON`, or the years an exchange has published) every weekday is one.

    days: (n,) days since 1970-01-01; opens, closes: (n,) seconds since that day's midnight, exchange local time.
    """

    days: IntArray
    opens: IntArray
    closes: IntArray

    def at_or_before(self, day: date) -> int:
        """The day number of the session of `day`, or of the last one before it if the exchange is closed."""
        number = day_number(day)
        if self.days[0] <= number <= self.days[-1]:
            return int(self.days[np.searchsorted(self.days, number, side="right") - 1])
        weekday = int(np.busday_offset(_day64(number), 0, roll="backward").astype(np.int64))
        return max(weekday, int(self.days[-1])) if number > self.days[-1] else weekday

    def close(self, number: int) -> int:
        """Seconds from midnight to the close of session `number`; the usual close where no session is known."""
        index = int(np.searchsorted(self.days, number))
        if index < self.days.size and self.days[index] == number:
            return int(self.closes[index])
        return int(np.median(self.closes))

    def position(self, number: int) -> int:
        """How many sessions after the first known one session `number` comes (negative before it)."""
        first, last = int(self.days[0]), int(self.days[-1])
        if number < first:
            return -int(np.busday_count(_day64(number), _day64(first)))
        known = int(np.searchsorted(self.days, number, side="right")) - 1
        return known + int(np.busday_count(_day64(last + 1), _day64(number + 1))) if number > last else known


def _day64(number: int) -> np.datetime64:
    return np.datetime64(number, "D")


def exchange_sessions(calendar: str, first: date, last: date) -> Sessions:
    """Sessions of an exchange around `first` to `last` and twelve years on, as far as it has published them.

    Raises UserError for a calendar that does not exist or does not cover the dates.
    """
    sessions = _around(calendar, first.year, last.year)
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


@lru_cache(maxsize=32)
def _around(calendar: str, first_year: int, last_year: int) -> Sessions:
    """Sessions of whole years and twelve more: building takes 0.1 s however many, so dates share a build.

    Both ends are given to the library, never its default of "a year from today": a run must not depend on its day.
    """
    schedule = _calendar(calendar, date(first_year, 1, 1) - LEAD, date(last_year, 12, 31) + HORIZON)
    opens, closes = _local(schedule, "open"), _local(schedule, "close")
    days = schedule.sessions.to_numpy().astype("datetime64[D]").astype(np.int64)
    return Sessions(days, opens - days * DAY, closes - days * DAY)


def _local(calendar: Any, column: str) -> IntArray:
    """(n,) seconds since 1970-01-01 00:00 on the exchange's wall clock."""
    stamps = calendar.schedule[column].dt.tz_convert(calendar.tz).dt.tz_localize(None)
    return np.asarray(stamps.to_numpy().astype("datetime64[s]").astype(np.int64))


def _calendar(name: str, start: date, end: date) -> Any:
    """The library's calendar object. Imported here because it pulls in pandas (half a second)."""
    import exchange_calendars as library
    from exchange_calendars.errors import CalendarError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the library's own use of pandas
        try:
            return library.get_calendar(name, start=start, end=end)
        except CalendarError:
            rule = "no such exchange calendar"
            raise UserError(rule, value=name, place="clock.calendar", remedy=_nearest(name)) from None
        except NotImplementedError:
            rule = "this exchange calendar does not know its own holidays"
            raise UserError(rule, value=name, place="clock.calendar", remedy="use XNYS") from None
        except ValueError:
            return _within_bounds(library, name, start, end)


def _within_bounds(library: Any, name: str, start: date, end: date) -> Any:
    """The calendar cut to the years that its exchange has published."""
    kind = type(library.get_calendar(name))
    low, high = kind.bound_min(), kind.bound_max()
    start = start if low is None else max(start, low.date())
    end = end if high is None else min(end, high.date())
    try:
        return library.get_calendar(name, start=start, end=end)
    except ValueError:
        rule = f"the exchange calendar {name} is not known for these years"
        remedy = f"it begins in {start.year}" if start > end else f"it is known to {end}"
        raise UserError(rule, place="clock.calendar", remedy=remedy) from None


def _nearest(name: str) -> str:
    import exchange_calendars as library

    names = {n.upper(): n for n in ("continuous", *library.get_calendar_names(include_aliases=True))}
    near = [names[key] for key in difflib.get_close_matches(name.upper(), names, n=3)] or ["XNYS"]
    return f"did you mean {' or '.join(near)}?"
