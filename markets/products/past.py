"""What the overnight fixings of a period that began before the first day add up to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

from sim.errors import UserError

if TYPE_CHECKING:
    from markets.curves.conventions import Convention
    from markets.products.start import Start


def known_since(
    begin: date, start: Start, market: Convention, flat: float | None, *, averaged: bool = False
) -> float | None:
    """Growth of 1 $ from `begin` to the first day, product of 1 + rate x days; averaged: the sum of rate x days.

    The fixings of the scenario (`Start.fixings`), else `flat` throughout. None where the period has not begun.
    Raises UserError where a fixing is missing.
    """
    if begin >= start.day:
        return None
    growth, total = 1.0, 0.0
    for day, years in _business_days(begin, start.day, market):
        rate = flat if flat is not None else start.fixings.get(day)
        if rate is None:
            rule, remedy = "the overnight rate of a past day is missing", "add it to the fixings, or give `past_rate`"
            raise UserError(rule, value=str(day), place="market.rates.fixings", remedy=remedy)
        growth, total = growth * (1 + rate * years), total + rate * years
    return total if averaged else growth


def flat_rate(given: float | None, start: Start, market: Convention) -> float | None:
    """The rate that stands for all past fixings: as given; None where the scenario knows them; else today's."""
    if given is not None or start.fixings:
        return given
    from markets.curves.calendars import business_calendar
    from markets.curves.dates import years_between
    from markets.curves.day_count import year_fraction

    later = business_calendar(market.calendar).advance(start.day, 1)
    years = year_fraction(market.floating.day_count, start.day, later)
    return start.forward_rate(0.0, years_between(start.day, later)) / years


def assumed_rate(begin: date, given: float | None, start: Start, market: Convention) -> float | None:
    """The rate that stands for past fixings although nobody gives it; None where none is needed, or it is given."""
    needed = begin < start.day and given is None and not start.fixings
    return flat_rate(None, start, market) if needed else None


def _business_days(begin: date, end: date, market: Convention) -> Iterator[tuple[date, float]]:
    """Days whose fixings count in [begin, end), and the years that each counts for."""
    from markets.curves.calendars import business_calendar, overnight_days
    from markets.curves.day_count import year_fraction

    days = business_calendar(market.calendar)
    for day, later in pairwise(overnight_days(market.calendar, begin, end)):
        yield days.adjust(day, "preceding"), year_fraction(market.floating.day_count, day, later)
