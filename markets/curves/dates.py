"""Dates of ours as QuantLib's and back; years from a valuation day; tenors as people write them."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta
from typing import Any

from sim.dataclass import dataclass
from sim.errors import UserError

DAYS_A_YEAR = 365.0  # node and flow times are days over 365
LONGEST = 100.0  # years, of a tenor
DAYS, MONTHS = {"d": 1, "w": 7}, {"m": 1, "y": 12}  # of one unit
YEARS = {"d": 1 / DAYS_A_YEAR, "w": 7 / DAYS_A_YEAR, "m": 1 / 12, "y": 1.0}  # of one unit
OVERNIGHT = {
    "on": 0,
    "o/n": 0,
    "tn": 1,
    "t/n": 1,
    "sn": 2,
    "s/n": 2,
}  # business days from the valuation day to its start
EPOCH = date(1899, 12, 30).toordinal()  # day 0 of QuantLib's serial numbers
FIRST_YEAR, LAST_YEAR = 1950, 2190  # a few years inside QuantLib's own bounds, so that steps stay inside them
PART = re.compile(r"(\d+)([dwmy])")
NUMBER = re.compile(r"\d*\.?\d+")


def to_ql(day: date) -> Any:
    """QuantLib's date. Raises UserError outside the years that it knows."""
    import QuantLib as ql

    return ql.Date(known(day).toordinal() - EPOCH)


def from_ql(day: Any) -> date:
    """The date of QuantLib's."""
    return date.fromordinal(day.serialNumber() + EPOCH)


def known(day: date) -> date:
    """The day itself. Raises UserError outside the years that QuantLib knows."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise UserError(f"dates lie between {FIRST_YEAR} and {LAST_YEAR}", value=str(day))
    return day


def months_after(day: date, months: int) -> date:
    """So many months later, or earlier; a day that the month does not have is its last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def years_between(today: date, day: date) -> float:
    """Days over 365, negative before `today`."""
    return (day - today).days / DAYS_A_YEAR


@dataclass(frozen=True)
class Tenor:
    """A length of time: '3M', '1Y6M', 'ON', or years as a plain number.

    parts: (count, unit of `YEARS`); lag: business days from the valuation day to the start of 'ON', 'TN' and 'SN'.
    """

    text: str
    parts: tuple[tuple[int, str], ...] = ()
    number: float | None = None
    lag: int | None = None

    @property
    def years(self) -> float:
        """About how long it is; exact where it was given as a number."""
        return self.number if self.number is not None else sum(n * YEARS[unit] for n, unit in self.parts)

    def after(self, day: date) -> date:
        """The day so much later; the end of a month stays within its month. A number counts days of 1/365."""
        if day.year + self.years > LAST_YEAR:
            raise UserError(f"dates lie between {FIRST_YEAR} and {LAST_YEAR}", value=f"{self.text} after {day}")
        moved = known(day)
        if self.number is not None:
            return moved + timedelta(days=round(self.number * DAYS_A_YEAR))
        for count, unit in self.parts:
            days, months = DAYS.get(unit), MONTHS.get(unit)
            moved = moved + timedelta(days=count * days) if days else months_after(moved, count * (months or 0))
        return moved


def parse_tenor(text: str, place: str | None = None) -> Tenor:
    """A tenor of a text. Raises UserError."""
    bare = re.sub(r"\s", "", str(text)).lower()
    remedy = "write '1W', '3M', '18M', '10Y', 'ON', or years as a number: '0.5'"
    if bare in OVERNIGHT:
        return Tenor(text, ((1, "d"),), lag=OVERNIGHT[bare])
    found = PART.findall(bare)
    if found and "".join(count + unit for count, unit in found) == bare and len(bare) < 12:
        tenor = Tenor(text, tuple((int(count), unit) for count, unit in found))
    elif NUMBER.fullmatch(bare):
        tenor = Tenor(text, number=float(bare))
    else:
        raise UserError("is not a tenor", value=text, place=place, remedy=remedy)
    if not 0 < tenor.years <= LONGEST:
        raise UserError(f"a tenor is longer than 0 and at most {LONGEST:g} years", value=text, place=place)
    return tenor
