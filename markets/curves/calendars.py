"""Business days of a currency's market. The holidays are QuantLib's."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache, lru_cache
from typing import Any

from markets.curves.dates import from_ql, to_ql
from sim.errors import UserError
from sim.nearest import nearest

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
RULES = {
    "modified following": "ModifiedFollowing",
    "following": "Following",
    "preceding": "Preceding",
    "none": "Unadjusted",
}


class BusinessCalendar:
    """Business days of one market, or those on which several are open ('target + us government bond')."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.ql = _calendar(" ".join(name.lower().replace("_", " ").split()))

    def adjust(self, day: date, rule: str = "modified following") -> date:
        """The business day that stands for `day` by one of `RULES`."""
        return _adjusted(self, day, rule)

    def advance(self, day: date, business_days: int) -> date:
        """So many business days after the first business day from `day` on."""
        return _advanced(self, day, business_days)


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


@lru_cache(maxsize=100_000)
def _adjusted(calendar: BusinessCalendar, day: date, rule: str) -> date:
    import QuantLib as ql

    return from_ql(calendar.ql.adjust(to_ql(day), getattr(ql, RULES[rule])))


@lru_cache(maxsize=100_000)
def _advanced(calendar: BusinessCalendar, day: date, business_days: int) -> date:
    import QuantLib as ql

    return from_ql(calendar.ql.advance(calendar.ql.adjust(to_ql(day), ql.Following), business_days, ql.Days))


@cache
def _calendar(name: str) -> Any:
    import QuantLib as ql

    if "+" in name:
        return ql.JointCalendar(*(_calendar(part.strip()) for part in name.split("+")))
    if name not in CALENDARS:
        raise UserError("no such business calendar", value=name, remedy=nearest(name, list(CALENDARS)))
    kind, market = CALENDARS[name]
    cls = getattr(ql, kind)
    return cls() if market is None else cls(getattr(cls, market))
