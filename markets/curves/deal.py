"""The dates of a deal by its market's convention, and the legs between them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from markets.curves.conventions import Convention, LegConvention
from markets.curves.dates import Tenor, parse_tenor, years_between
from markets.curves.day_count import year_fraction
from markets.curves.legs import Leg, dated_leg, grid_leg
from sim.dataclass import dataclass
from sim.errors import UserError


@dataclass(frozen=True)
class Deal:
    """From a start to an unadjusted maturity; both are years where the convention is a grid, else days."""

    convention: Convention
    today: date
    start: date | float
    end: date | float
    stub: str = "front"

    @property
    def fixed(self) -> Leg:
        """The fixed leg, per 1 of notional."""
        return self.leg(self.convention.fixed)

    @property
    def floating(self) -> Leg:
        """The floating leg, per 1 of notional."""
        return self.leg(self.convention.floating)

    def leg(self, leg: LegConvention, months: int | None = None) -> Leg:
        """A leg of the convention, with periods of `months` in place of its own."""
        own = leg if months is None else replace(leg, months=months)
        if isinstance(self.start, date) and isinstance(self.end, date):
            return dated_leg(self.convention, own, self.today, self.start, self.end, self.stub)
        start, end = _number(self.start), _number(self.end)
        return grid_leg(own.months, start, end - start)

    @property
    def single(self) -> Leg:
        """One period from start to end, paid at its end: a deposit, a FRA."""
        if isinstance(self.start, date) and isinstance(self.end, date):
            end = self.convention.adjusted(self.end)
            tau = year_fraction(self.convention.deposit_day_count, self.start, end)
            first, last = (years_between(self.today, day) for day in (self.start, end))
        else:
            first, last = _number(self.start), _number(self.end)
            tau = last - first
        start, stop = np.array([first]), np.array([last])
        return Leg(start, stop, stop, np.array([tau]), np.ones(1))


def make_deal(
    convention: Convention,
    today: date,
    *,
    tenor: str = "",
    start: date | str | None = None,
    end: date | None = None,
    place: str | None = None,
) -> Deal:
    """The deal of a tenor or of dates. start: a day, or a time after spot ('1Y'). Raises UserError."""
    length = parse_tenor(tenor, place) if tenor else None
    if (length is None) == (end is None):
        raise UserError("needs exactly one of tenor and end", place=place, remedy="write tenor = '5Y', or an end date")
    if convention.grid:
        return _grid_deal(convention, today, length, start, end, place)
    first = _first_day(convention, today, length, start, place)
    last = end if length is None else length.after(first)
    if first < today:
        rule, remedy = "starts before the valuation day", "quotes and swaps here start on it or later"
        raise UserError(rule, value=str(first), place=place, remedy=remedy)
    if last is None or convention.adjusted(last) <= convention.adjusted(first):
        raise UserError("ends before it starts", value=f"{first} to {last}", place=place)
    return Deal(convention, today, first, last)


def _first_day(
    convention: Convention, today: date, length: Tenor | None, start: date | str | None, place: str | None
) -> date:
    if isinstance(start, date):
        return start
    spot = convention.spot(today, length.lag if length else None)
    return convention.adjusted(parse_tenor(start, place).after(spot)) if start else spot


def _grid_deal(
    convention: Convention,
    today: date,
    length: Tenor | None,
    start: date | str | None,
    end: date | None,
    place: str | None,
) -> Deal:
    if length is None or isinstance(start, date):
        raise UserError("a grid of years has no dates", place=place, remedy="write a tenor: '5Y'")
    first = parse_tenor(start, place).years if start else 0.0
    return Deal(convention, today, first, first + length.years)


def _number(value: date | float) -> float:
    assert not isinstance(value, date)
    return float(value)
