"""Legs of swaps: accrual periods as arrays, and the flows that they pay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from markets.curves.calendars import overnight_days
from markets.curves.conventions import Convention, LegConvention
from markets.curves.dates import DAYS_A_YEAR, years_between
from markets.curves.day_count import year_fraction
from markets.curves.flows import PROJECTION, Flow, Point, discounted
from markets.curves.schedule import Period, roll
from sim.dataclass import dataclass
from sim.errors import UserError

Floats = NDArray[np.float64]
PROFILES = ("bullet", "amortising", "accreting")


@dataclass(frozen=True, eq=False)
class Leg:
    """Accrual periods: times in years from the valuation day, `tau` years by the day count, notional of each."""

    start: Floats
    end: Floats
    pay: Floats
    tau: Floats
    notional: Floats  # (periods,)

    def shaped(self, profile: str) -> Leg:
        """The notional falling in equal steps to nothing ('amortising'), or rising so ('accreting')."""
        n = self.start.size
        steps = {"bullet": np.ones(n), "amortising": np.arange(n, 0, -1) / n, "accreting": np.arange(1, n + 1) / n}
        return replace(self, notional=self.notional * steps[profile])

    def listed(self, shares: Sequence[float], place: str | None = "notionals") -> Leg:
        """The notional of each period as a share of the whole one. Raises UserError unless there is one a period."""
        if len(shares) != self.start.size:
            remedy = f"the leg has {self.start.size} periods: write one share for each"
            raise UserError("a notional belongs to each period", value=len(shares), place=place, remedy=remedy)
        return replace(self, notional=self.notional * np.asarray(shares, dtype=np.float64))

    def following(self, other: Leg) -> Leg:
        """The notional of the period of another leg in which each period begins."""
        within = np.clip(np.searchsorted(other.start, self.start, side="right") - 1, 0, other.start.size - 1)
        return replace(self, notional=other.notional[within])


@lru_cache(maxsize=10_000)
def dated_leg(
    convention: Convention, leg: LegConvention, today: date, start: date, maturity: date, stub: str = "front"
) -> Leg:
    """A leg of 1 of notional between two dates, by the convention's calendar; kept, as books have many alike."""
    periods = roll(
        start,
        maturity,
        leg.months,
        calendar=convention.calendar,
        rule=convention.rule,
        payment_lag=leg.payment_lag,
        stub=stub,
        end_of_month=convention.end_of_month,
    )
    last = periods[-1].end
    times = np.array([[years_between(today, day) for day in (p.start, p.end, p.pay)] for p in periods])
    tau = [_accrual(leg, p, last) for p in periods]
    if sum(tau) <= 0:
        raise UserError("spans no day by its day count", value=f"{start} to {maturity}, {leg.day_count}")
    return Leg(times[:, 0], times[:, 1], times[:, 2], np.array(tau), np.ones(len(periods)))


def _accrual(leg: LegConvention, period: Period, last: date) -> float:
    """Years of a period; act/act ICMA counts shares of coupon periods, whatever business days do."""
    if leg.day_count.endswith("icma"):
        return year_fraction(leg.day_count, *period.unadjusted, period=period.regular)
    return year_fraction(leg.day_count, period.start, period.end, last=last)


def grid_leg(months: int, start: float, length: float) -> Leg:
    """A leg of 1 of notional on a grid of years: periods of months/12 exactly, a stub in front."""
    step = months / 12
    count = max(1, int(np.ceil(length / step - 1e-9)))
    end = start + length - step * np.arange(count - 1, -1, -1.0)
    begin = np.concatenate([[start], end[:-1]])
    return Leg(begin, end, end, end - begin, np.ones(count))


def fixed_flows(leg: Leg, discount: str, rate: float = 1.0) -> list[Flow]:
    """Coupons of a fixed rate: notional x rate x tau."""
    return discounted(leg.notional * rate * leg.tau, list(leg.pay), discount)


def floating_flows(leg: Leg, projection: str, discount: str, spread: float = 0.0) -> list[Flow]:
    """Compounded or term coupons: notional x (P(start)/P(end) - 1 + spread x tau).

    Daily compounding telescopes, so both are the same two discount factors of the projection curve.
    """
    flows = discounted(leg.notional * (spread * leg.tau - 1.0), list(leg.pay), discount)
    for amount, start, end, pay in zip(leg.notional, leg.start, leg.end, leg.pay, strict=True):
        grown = ((Point(projection, float(start), PROJECTION), 1), (Point(projection, float(end), PROJECTION), -1))
        flows.append(Flow(float(amount), (*grown, (Point(discount, float(pay)), 1))))
    return flows


def averaged_flows(
    leg: Leg, convention: Convention, today: date, projection: str, discount: str, spread: float = 0.0
) -> list[Flow]:
    """Averaged overnight coupons: notional x (sum of P(day)/P(next day) - 1 over the business days + spread x tau).

    Raises UserError for a grid of years, which has no business days.
    """
    if convention.grid:
        raise UserError("a grid of years has no overnight rates to average", remedy="leave compounding out")
    flows = discounted(leg.notional * spread * leg.tau, list(leg.pay), discount)
    for amount, start, end, pay in zip(leg.notional, leg.start, leg.end, leg.pay, strict=True):
        paid = (Point(discount, float(pay)), 1)
        days = overnight_years(convention, today, float(start), float(end))
        flows.append(Flow(-float(amount) * (len(days) - 1), (paid,)))
        for a, b in pairwise(days):
            grown = (Point(projection, a, PROJECTION), 1), (Point(projection, b, PROJECTION), -1)
            flows.append(Flow(float(amount), (*grown, paid)))
    return flows


def overnight_years(convention: Convention, today: date, start: float, end: float) -> list[float]:
    """The business days of a period, its ends among them, years from the valuation day."""
    first, last = (today + timedelta(days=round(t * DAYS_A_YEAR)) for t in (start, end))
    days = overnight_days(convention.calendar, first, last)
    return [years_between(today, day) for day in days]


def exchanged(leg: Leg, discount: str) -> list[Flow]:
    """Notionals: paid out at the start, returned as they fall and at the end."""
    back = leg.notional - np.append(leg.notional[1:], 0.0)
    times = [float(leg.start[0]), *(float(t) for t in leg.pay)]
    return discounted(np.concatenate([[-leg.notional[0]], back]), times, discount)
