"""Schedules of accrual periods."""

from __future__ import annotations

import calendar
from datetime import date

from sim.dataclass import dataclass


@dataclass(frozen=True, kw_only=True)
class Period:
    """One accrual period of a leg; it is paid at its end."""

    start: date
    end: date
    accrual: float  # years by the leg's day count
    curve: str = ""  # that its floating rate is read from; "": the market's


def add_months(day: date, months: int) -> date:
    """The same day of another month, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def schedule(start: date, maturity: date, months: int) -> list[date]:
    """Dates from `start` to `maturity`, every `months` backwards from maturity; the first period may be short."""
    days = [maturity]
    while (day := add_months(maturity, -months * len(days))) > start:
        days.append(day)
    return [start, *reversed(days)]


def thirty_360(start: date, end: date) -> float:
    """Years between two dates by 30/360 bond basis (ISDA 2006, 4.16(f))."""
    first = min(start.day, 30)
    last = min(end.day, 30) if first == 30 else end.day
    return ((end.year - start.year) * 360 + (end.month - start.month) * 30 + last - first) / 360
