"""Accrual periods of a leg: rolled back from maturity, adjusted to business days, paid some days after."""

from __future__ import annotations

from datetime import date, timedelta

from markets.curves.calendars import business_calendar
from markets.curves.dates import known, months_after
from sim.dataclass import dataclass
from sim.errors import UserError

ONE_DAY = timedelta(days=1)
STUBS = ("front", "long front", "back", "long back")


@dataclass(frozen=True, kw_only=True)
class Period:
    """One accrual period, on business days and as it was before.

    regular: the whole coupon period around `unadjusted`, longer than it where it is a stub.
    """

    start: date
    end: date
    pay: date
    unadjusted: tuple[date, date]
    regular: tuple[date, date]


def roll(
    start: date,
    maturity: date,
    months: int,
    *,
    calendar: str,
    rule: str = "modified following",
    payment_lag: int = 0,
    stub: str = "front",
    end_of_month: bool = False,
) -> tuple[Period, ...]:
    """Periods of `months` from `start` to `maturity`, rolled back from maturity (a stub behind: on from the start).

    months: 0 is one period, as is any span not longer than `months`. Dates move to business days by `rule`; payment is
    `payment_lag` business days after the end. A long stub is one with the regular period beside it.
    Raises UserError where the maturity is not after the start.
    """
    if maturity <= start:
        raise UserError("a schedule ends after its start", value=f"{start} to {maturity}")
    days = business_calendar(calendar)
    ends = _dates(start, maturity, months, stub, end_of_month)
    bounds = [days.adjust(day, rule) for day in ends]
    whole = (_step(ends[-1], -months, end_of_month), _step(ends[0], months, end_of_month)) if months else None
    out = []
    for i in range(len(bounds) - 1):
        before, after = bounds[i], bounds[i + 1]
        if after <= before:
            continue  # two dates that fall on one business day
        regular = (ends[i], ends[i + 1])
        if whole and len(ends) == 2:
            regular = (whole[0], ends[1])
        elif months and i == 0 and "front" in stub:
            regular = (_step(ends[1], -months, end_of_month), ends[1])
        elif months and i == len(bounds) - 2 and "back" in stub:
            regular = (ends[i], _step(ends[i], months, end_of_month))
        pay = days.advance(after, payment_lag) if payment_lag else after
        out.append(Period(start=before, end=after, pay=pay, unadjusted=(ends[i], ends[i + 1]), regular=regular))
    return tuple(out)


def _dates(start: date, maturity: date, months: int, stub: str, end_of_month: bool) -> list[date]:
    """Unadjusted ends of the periods, the start first."""
    if stub not in STUBS:
        raise UserError("no such stub", value=stub, remedy=f"known: {', '.join(STUBS)}")
    if months <= 0:
        return [start, maturity]
    backward = "front" in stub
    anchor, limit, sign = (maturity, start, -1) if backward else (start, maturity, 1)
    found = [anchor]
    day = _step(anchor, sign * months, end_of_month)
    while (day > limit) if backward else (day < limit):
        found.append(day)
        day = _step(anchor, sign * months * len(found), end_of_month)
    if stub.startswith("long") and len(found) > 1 and day != limit:
        found.pop()
    found.append(limit)
    return found[::-1] if backward else found


def _step(day: date, months: int, end_of_month: bool) -> date:
    """So many months on; from the end of a month to the end of a month where `end_of_month` says so."""
    moved = months_after(known(day), months)
    if end_of_month and _is_end(day):
        return months_after(moved.replace(day=1), 1) - ONE_DAY
    return moved


def _is_end(day: date) -> bool:
    return (day + ONE_DAY).month != day.month
