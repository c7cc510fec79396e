"""What a credit default swap says: its dates by convention, and the numbers that its value follows from."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from markets.curves.calendars import business_calendar
from markets.curves.dates import Tenor, from_ql, months_after, to_ql, years_between
from sim.dataclass import dataclass
from sim.errors import UserError
from sim.nearest import nearest

Floats = NDArray[np.float64]
MONTHS = 3  # of a period
YEAR = 360.0  # days: coupons are act/360
DAYS = 365.0  # days of a year in which times and hazard rates are counted


@dataclass(frozen=True, kw_only=True)
class CreditConvention:
    """How a market's contracts run.

    step_in: days from the valuation day to the first on which the buyer holds the contract: accrued counts up to it.
    settled: business days until upfront and accrued are paid.
    before: days by which the day that a name must survive lies before the end of a period.
    noon: whether a default falls in the middle of its day when accrued is counted.
    """

    name: str
    calendar: str
    imm: bool
    step_in: int
    settled: int
    before: int
    noon: bool
    coupon: float | None  # decimal, of contracts that do not say theirs


CONVENTIONS = {
    each.name: each
    for each in (
        CreditConvention(
            name="rolling", calendar="weekends", imm=False, step_in=0, settled=0, before=0, noon=False, coupon=None
        ),
        CreditConvention(
            name="standard", calendar="weekends", imm=True, step_in=1, settled=3, before=1, noon=True, coupon=0.01
        ),
    )
}


def credit_convention(name: str, place: str | None = None) -> CreditConvention:
    """The convention of a name. Raises UserError."""
    if name not in CONVENTIONS:
        raise UserError("no such contract", value=name, place=place, remedy=nearest(name, list(CONVENTIONS)))
    return CONVENTIONS[name]


@dataclass(frozen=True, eq=False)
class Cds:
    """A contract on 1 of notional, for a coupon of 1 a year. Times are years of 365 days from the valuation day.

    Period i pays `fractions[i]` (years, act/360) at `pays[i]` if the name survives `ends[i]`; on default at u before
    that the buyer owes (u + late - starts[i]) * 365 / 360. Protection is bought until `end`.
    """

    maturity: date
    end: float
    starts: Floats
    ends: Floats
    pays: Floats
    fractions: Floats
    late: float  # years
    accrued: float  # years, act/360: of the present period, which the buyer gets back
    settled: float  # years, when upfront and accrued are paid
    paid: tuple[date, ...]  # days of `pays`


def maturity_after(day: date, tenor: Tenor, convention: CreditConvention) -> date:
    """The last day of a contract of a tenor. IMM contracts end on 20 June or December, and roll twice a year."""
    if not convention.imm:
        return tenor.after(day)
    import QuantLib as ql

    if any(unit not in "my" for _, unit in tenor.parts) or not tenor.parts:
        raise UserError("is no tenor of a standard contract", value=tenor.text, remedy="write '6M', '5Y'")
    months = sum(count * (12 if unit == "y" else 1) for count, unit in tenor.parts)
    if months % 6:
        raise UserError("is no tenor of a standard contract", value=tenor.text, remedy="write whole half years")
    return from_ql(ql.cdsMaturity(to_ql(day), ql.Period(months, ql.Months), ql.DateGeneration.CDS2015))


def cds_of(day: date, maturity: date, convention: CreditConvention) -> Cds:
    """The contract that ends on `maturity`, held from `day` on; its present period runs already. Raises UserError."""
    if maturity <= day:
        raise UserError("the contract ends by the valuation day", value=str(maturity), remedy=f"after {day}")
    bounds, pays = _periods(day, maturity, convention)
    lengths = [(after - before).days for before, after in pairwise(bounds)]
    lengths[-1] += 1  # the last day is protected and paid for
    before = timedelta(days=convention.before)
    lasts = [*bounds[1:-1], maturity + before]
    starts = [years_between(day, bound - before) for bound in bounds[:-1]]
    held = day + timedelta(days=convention.step_in)
    paid = business_calendar(convention.calendar).advance(day, convention.settled) if convention.settled else day
    return Cds(
        maturity=maturity,
        end=years_between(day, maturity),
        starts=np.array(starts),
        ends=np.array([years_between(day, last - before) for last in lasts]),
        pays=np.array([years_between(day, pay) for pay in pays]),
        fractions=np.array(lengths) / YEAR,
        late=0.5 / DAYS if convention.noon else 0.0,
        accrued=(held - bounds[0]).days / YEAR,
        settled=years_between(day, paid),
        paid=tuple(pays),
    )


def _periods(day: date, maturity: date, convention: CreditConvention) -> tuple[list[date], list[date]]:
    """Bounds of the periods that are not over, the last the maturity itself, and the days of payment.

    Periods roll back from the maturity by quarters; all bounds but the last are business days.
    """
    days, bounds = business_calendar(convention.calendar), [maturity]
    held = day + timedelta(days=convention.step_in)
    while bounds[-1] > held:
        bounds.append(days.adjust(months_after(maturity, -MONTHS * len(bounds)), "following"))
    bounds.reverse()
    return bounds, [days.adjust(end, "following") for end in bounds[1:]]
