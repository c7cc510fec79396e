"""Bonds and bills by the street's formulas: price, yield, accrued interest, durations, convexity."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from markets.curves.conventions import Convention
from markets.curves.day_count import year_fraction
from markets.curves.schedule import Period, roll
from sim.errors import UserError

Floats = NDArray[np.float64]
BP = 1e-4
ROUNDS = 100
HIGHEST = 1000.0  # clean price per 100
HALF_YEAR = 182.5  # days


@dataclass(frozen=True)
class Bond:
    """A fixed-rate bond on its settlement day, per 1 of face.

    frequency: coupons a year. until: part of a coupon period to the next coupon; left: coupons to come.
    first: the next coupon, a stub's is its share of a whole one.
    """

    coupon: float
    frequency: int
    until: float
    left: int
    accrued: float
    first: float

    def dirty(self, rate: float) -> tuple[float, float, float]:
        """Price with accrued interest at a yield, and its first and second derivative by the yield.

        Compounded `frequency` times a year; simple interest where one coupon is left.
        """
        f, paid = self.frequency, self._paid
        if self.left == 1:
            base, slope = 1 + rate * self.until / f, self.until / f
            value = float(paid[0]) / base
            return value, -value * slope / base, 2 * value * slope**2 / base**2
        times, base = self.until + np.arange(self.left), 1 + rate / f
        each = paid * base**-times
        first, second = -each * times / (f * base), each * times * (times + 1) / (f * base) ** 2
        return float(each.sum()), float(first.sum()), float(second.sum())

    def price(self, rate: float) -> float:
        """Clean price per 100 at a yield."""
        return 100 * (self.dirty(rate)[0] - self.accrued)

    def rate(self, price: float) -> float:
        """Yield at a clean price per 100, by Newton on the log of the price. Raises UserError where there is none."""
        if not 0 < price <= HIGHEST:
            raise UserError("no yield gives this price", value=price, remedy="write the clean price per 100 of face")
        wanted, rate = price / 100 + self.accrued, self.coupon
        lowest = -self.frequency / (self.until if self.left == 1 else 1.0)
        for _ in range(ROUNDS):
            value, slope, _ = self.dirty(rate)
            step = np.log(value / wanted) * value / slope
            rate = max(rate - step, (rate + lowest) / 2)
            if abs(step) < 1e-15 * max(1.0, abs(rate)):
                return float(rate)
        if abs(self.dirty(rate)[0] - wanted) < 1e-12:
            return float(rate)
        raise UserError("no yield gives this price", value=price, remedy="write the clean price per 100 of face")

    @property
    def _paid(self) -> Floats:
        out = np.full(self.left, self.coupon / self.frequency)
        out[0] = self.first
        out[-1] += 1.0
        return out


@dataclass(frozen=True)
class BondFigures:
    """A bond at a price. duration and modified: years; dv01: per 100 of face and bp; convexity: years squared."""

    price: float
    rate: float
    accrued: float
    duration: float
    modified: float
    dv01: float
    convexity: float


def figures(bond: Bond, rate: float) -> BondFigures:
    """All figures of a bond at a yield; accrued interest per 100."""
    value, first, second = bond.dirty(rate)
    modified = -first / value
    growth = 1 + rate / bond.frequency
    return BondFigures(
        price=bond.price(rate),
        rate=rate,
        accrued=100 * bond.accrued,
        duration=modified * growth,
        modified=modified,
        dv01=-100 * first * BP,
        convexity=second / value,
    )


def coupon_periods(market: Convention, settled: date, maturity: date) -> tuple[Period, ...]:
    """The coupon periods that end after the settlement day, back from maturity, unadjusted. Raises UserError."""
    if maturity <= settled:
        raise UserError("the bond matures by its settlement day", value=str(maturity))
    months = market.fixed.months
    issue = settled - timedelta(days=31 * months)  # before the period that settlement falls into
    periods = roll(issue, maturity, months, calendar="none", rule="none", end_of_month=market.end_of_month)
    return tuple(each for each in periods if each.end > settled)


def accrued_share(market: Convention, periods: tuple[Period, ...], settled: date) -> float:
    """Years that have accrued at settlement, by the convention's day count."""
    first = periods[0]
    return year_fraction(market.fixed.day_count, first.start, settled, period=first.regular)


def bond_of(market: Convention, settled: date, maturity: date, coupon: float) -> Bond:
    """A bond of a market on its settlement day. Raises UserError."""
    periods = coupon_periods(market, settled, maturity)
    frequency = 12 // market.fixed.months
    gone = accrued_share(market, periods, settled)
    whole = year_fraction(market.fixed.day_count, periods[0].start, periods[0].end, period=periods[0].regular)
    return Bond(
        coupon=coupon,
        frequency=frequency,
        until=(whole - gone) * frequency,
        left=len(periods),
        accrued=coupon * gone,
        first=coupon * whole,
    )


@dataclass(frozen=True)
class BillFigures:
    """A discount bill. simple: money-market yield, act/365; equivalent: the bond-equivalent yield."""

    price: float
    discount: float
    simple: float
    equivalent: float


def bill(settled: date, maturity: date, discount: float) -> BillFigures:
    """A bill at a discount rate, act/360. Raises UserError.

    Up to half a year the equivalent is the simple yield; beyond, i of P (1 + (n - 182.5) i / 365)(1 + i / 2) = 100.
    """
    days = (maturity - settled).days
    if days <= 0:
        raise UserError("the bill matures by its settlement day", value=str(maturity))
    price = 100 * (1 - discount * days / 360)
    if price <= 0:
        raise UserError("the discount is more than the face", value=discount)
    simple = (100 / price - 1) * 365 / days
    return BillFigures(price, discount, simple, simple if days <= HALF_YEAR else _half_yearly(price, days))


def _half_yearly(price: float, days: int) -> float:
    """The positive root of a quadratic equation."""
    rest = (days - HALF_YEAR) / 365
    a, b, c = rest / 2, rest + 0.5, 1 - 100 / price
    return float((-b + np.sqrt(b * b - 4 * a * c)) / (2 * a)) if a > 0 else -c / b
