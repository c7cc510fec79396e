"""Business days, months and day counts need no QuantLib, and are its own."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import QuantLib as ql

from markets.curves.calendars import CALENDARS, business_calendar
from markets.curves.dates import from_ql, months_after, to_ql
from markets.curves.day_count import ACTUAL, year_fraction
from markets.curves.futures import quarter_span
from markets.curves.schedule import _step

DAYS = [date(1950, 1, 1) + timedelta(days=step) for step in (*range(0, 87_000, 619), *range(27_000, 28_500, 7))]
RULES = {
    "modified following": ql.ModifiedFollowing,
    "following": ql.Following,
    "preceding": ql.Preceding,
    "none": ql.Unadjusted,
}


def theirs(name: str) -> ql.Calendar:
    if "+" in name:
        return ql.JointCalendar(*(theirs(part.strip()) for part in name.split("+")))
    kind, market = CALENDARS[name]
    cls = getattr(ql, kind)
    return cls() if market is None else cls(getattr(cls, market))


@pytest.mark.parametrize("name", [*CALENDARS, "target + us government bond", "uk + japan"])
def test_business_days_are_quantlibs(name: str):
    ours, other = business_calendar(name), theirs(name)
    for day in DAYS:
        for rule, known in RULES.items():
            assert ours.adjust(day, rule) == from_ql(other.adjust(to_ql(day), known))
        for lag in (-3, 0, 1, 2, 12):
            first = other.adjust(to_ql(day), ql.Following)
            assert ours.advance(day, lag) == from_ql(other.advance(first, lag, ql.Days))


def test_months_are_quantlibs():
    for day in DAYS:
        for months in (-18, -1, 1, 3, 11, 240):
            if not 1950 <= months_after(day, months).year <= 2190:
                continue
            moved = to_ql(day) + ql.Period(months, ql.Months)
            assert months_after(day, months) == from_ql(moved)
            end = ql.Date.endOfMonth(moved) if ql.Date.isEndOfMonth(to_ql(day)) else moved
            assert _step(day, months, True) == from_ql(end)


def test_day_counts_and_weekdays_are_quantlibs():
    for name, counter in zip(ACTUAL, (ql.Actual360(), ql.Actual365Fixed()), strict=True):
        for first, then in zip(DAYS, DAYS[3:], strict=False):
            assert year_fraction(name, first, then) == counter.yearFraction(to_ql(first), to_ql(then))
    for year in range(2000, 2030):
        assert quarter_span(year, 9)[0] == from_ql(ql.Date.nthWeekday(3, ql.Wednesday, 9, year))
