"""Business days of a currency's market. The holidays are QuantLib's, stored between processes as they never change."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import numpy as np
from numpy.typing import NDArray

from markets.curves.dates import EPOCH, FIRST_YEAR, LAST_YEAR, known
from sim.errors import UserError
from sim.exchange_library import library_version
from sim.kept_array import kept
from sim.nearest import nearest

Flags = NDArray[np.bool_]
ONE_DAY = timedelta(days=1)
FIRST, LAST = date(FIRST_YEAR - 5, 1, 1).toordinal(), date(LAST_YEAR + 5, 12, 31).toordinal()

# Name: class of QuantLib, and its market. SOFR swaps go by the calendar of US government bonds, which has Good Friday.
CALENDARS: dict[str, tuple[str, str | None]] = {
    "us government bond": ("UnitedStates", "GovernmentBond"),
    "uk": ("UnitedKingdom", "Settlement"),
    "target": ("TARGET", None),
    "japan": ("Japan", None),
    "switzerland": ("Switzerland", None),
    "weekends": ("WeekendsOnly", None),
    "none": ("NullCalendar", None),
}
RULES = ("modified following", "following", "preceding", "none")


class BusinessCalendar:
    """Business days of one market, or those on which several are open ('target + us government bond')."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._open = _open_days(" ".join(name.lower().replace("_", " ").split())).tobytes()

    def adjust(self, day: date, rule: str = "modified following") -> date:
        """The business day that stands for `day` by one of `RULES`."""
        at = known(day)
        if rule in ("following", "modified following"):
            found = self._next(at, ONE_DAY)
            return self._next(at, -ONE_DAY) if rule.startswith("modified") and found.month != at.month else found
        return self._next(at, -ONE_DAY) if rule == "preceding" else at

    def advance(self, day: date, business_days: int) -> date:
        """So many business days after the first business day from `day` on."""
        at, step = self._next(known(day), ONE_DAY), ONE_DAY if business_days > 0 else -ONE_DAY
        for _ in range(abs(business_days)):
            at = self._next(at + step, step)
        return at

    def _next(self, day: date, step: timedelta) -> date:
        """The first business day from `day` on, forward or back."""
        while not self._open[day.toordinal() - FIRST]:
            day += step
        return day


@cache
def business_calendar(name: str) -> BusinessCalendar:
    """The calendar of a name. Raises UserError where there is none."""
    return BusinessCalendar(name)


def overnight_days(calendar: str, start: date, end: date) -> list[date]:
    """Days from which overnight rates run in a period: its start, the business days in it, its end."""
    days, found = business_calendar(calendar), [start]
    while found[-1] < end:
        found.append(min(days.adjust(found[-1] + timedelta(days=1), "following"), end))
    return found


def _open_days(name: str) -> Flags:
    """Whether the market is open, by day from `FIRST` on."""
    if "+" in name:
        together: Flags = np.logical_and.reduce([_open_days(part.strip()) for part in name.split("+")])
        return together
    if name not in CALENDARS:
        raise UserError("no such business calendar", value=name, remedy=nearest(name, list(CALENDARS)))
    closed = kept(("closed", name, FIRST, LAST, library_version("QuantLib")), lambda: _closed_days(*CALENDARS[name]))
    open_ = np.ones(LAST + 1 - FIRST, dtype=bool)
    open_[closed] = False
    return open_


def _closed_days(kind: str, market: str | None) -> NDArray[np.int64]:
    """Days from `FIRST` to `LAST` on which a market of QuantLib is closed, counted from `FIRST`."""
    import QuantLib as ql

    cls = getattr(ql, kind)
    calendar = cls() if market is None else cls(getattr(cls, market))
    closed = calendar.holidayList(ql.Date(FIRST - EPOCH), ql.Date(LAST - EPOCH), True)
    return np.array([day.serialNumber() + EPOCH - FIRST for day in closed], dtype=np.int64)
