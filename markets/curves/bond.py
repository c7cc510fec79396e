"""Bonds and bills by the street's formulas: price, yield, accrued interest, durations, convexity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from markets.curves.calendars import business_calendar
from markets.curves.conventions import Convention
from markets.curves.day_count import day_count_name, year_fraction
from markets.curves.schedule import Period, roll
from sim.dataclass import dataclass
from sim.errors import UserError

Floats = NDArray[np.float64]
BP = 1e-4
ROUNDS = 100
HIGHEST = 1000.0  # clean price per 100
HALF_YEAR = 182.5  # days
LATER = "choose a later date"
FREQUENCIES = (1, 2, 4, 12)  # coupons a year
WIDEST = 5.0  # decimal, of a spread over a curve


@dataclass(frozen=True, eq=False)
class Bond:
    """A fixed-rate bond on its settlement day, per 1 of face.

    frequency: coupons a year; accrued: below 0 for who buys without the next coupon; paid: (coupons,) with the
    redemption in the last; times: (coupons,) coupon periods to each, by the day count. simple: whether the yield is
    simple interest where one payment is left.
    """

    coupon: float
    frequency: int
    accrued: float
    paid: Floats
    times: Floats
    simple: bool = True

    @property
    def at_once(self) -> bool:
        """Whether its yield is simple interest until its only payment."""
        return self.simple and self.left == 1

    @property
    def left(self) -> int:
        """Coupons to come."""
        return self.paid.size

    def dirty(self, rate: float) -> tuple[float, float, float]:
        """Price with accrued interest at a yield, and its first and second derivative by the yield.

        Compounded `frequency` times a year; simple interest where one coupon is left, if that is the market's way.
        """
        f, paid, times = self.frequency, self.paid, self.times
        if self.at_once:
            slope = float(times[0]) / f
            base = 1 + rate * slope
            value = float(paid[0]) / base
            return value, -value * slope / base, 2 * value * slope**2 / base**2
        base = 1 + rate / f
        each = paid * base**-times
        first, second = -each * times / (f * base), each * times * (times + 1) / (f * base) ** 2
        return float(each.sum()), float(first.sum()), float(second.sum())

    def price(self, rate: float) -> float:
        """Clean price per 100 at a yield."""
        return 100 * (self.dirty(rate)[0] - self.accrued)

    def rate(self, price: float) -> float:
        """Yield at a clean price per 100, by Newton on the log of the price. Raises UserError where there is none."""
        wanted, rate = price / 100 + self.accrued, self.coupon
        if not (0 < price <= HIGHEST and wanted > 0):
            raise UserError("no yield gives this price", value=price, remedy="write the clean price per 100 of face")
        lowest = -self.frequency / (float(self.times[0]) if self.at_once else 1.0)
        for _ in range(ROUNDS):
            value, slope, _ = self.dirty(rate)
            step = np.log(value / wanted) * value / slope
            rate = max(rate - step, (rate + lowest) / 2)
            if abs(step) < 1e-15 * max(1.0, abs(rate)):
                return float(rate)
        if abs(self.dirty(rate)[0] - wanted) < 1e-12:
            return float(rate)
        raise UserError("no yield gives this price", value=price, remedy="write the clean price per 100 of face")


@dataclass(frozen=True)
class BondFigures:
    """A bond at a price. duration and modified: years; dv01: per 100 of face and bp; convexity: years squared.

    spread: decimal, continuous, above a curve, None without one.
    """

    price: float
    rate: float
    accrued: float
    duration: float
    modified: float
    dv01: float
    convexity: float
    spread: float | None = None


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


def bond_market(market: Convention, day_count: str = "", frequency: int | None = None) -> Convention:
    """A market of bonds with another day count or another number of coupons a year. Raises UserError."""
    fixed = market.fixed
    if day_count:
        fixed = replace(fixed, day_count=day_count_name(day_count, "day_count"))
    if frequency is not None:
        if frequency not in FREQUENCIES:
            known = ", ".join(str(each) for each in FREQUENCIES)
            raise UserError(
                "a bond has whole months between coupons", value=frequency, place="frequency", remedy=f"one of {known}"
            )
        fixed = replace(fixed, months=12 // frequency)
    return replace(market, fixed=fixed)


def coupon_periods(market: Convention, settled: date, maturity: date) -> tuple[Period, ...]:
    """The coupon periods that end after the settlement day, back from maturity, unadjusted. Raises UserError."""
    if maturity <= settled:
        raise UserError("the bond matures by its settlement day", value=str(maturity), remedy=LATER)
    months = market.fixed.months
    issue = settled - timedelta(days=31 * months)  # before the period that settlement falls into
    periods = roll(issue, maturity, months, calendar="none", rule="none", end_of_month=market.end_of_month)
    return tuple(each for each in periods if each.end > settled)


def accrued_share(market: Convention, periods: tuple[Period, ...], settled: date) -> float:
    """Years that have accrued at settlement, by the convention's day count."""
    first = periods[0]
    return year_fraction(market.fixed.day_count, first.start, settled, period=first.regular)


def coupon_shares(market: Convention, periods: tuple[Period, ...]) -> Floats:
    """Years of each coupon period by the convention's day count, (coupons,)."""
    last = periods[-1].end
    count = market.fixed.day_count
    return np.array([year_fraction(count, p.start, p.end, period=p.regular, last=last) for p in periods])


def without_coupon(market: Convention, periods: tuple[Period, ...], settled: date) -> bool:
    """Whether who settles then no longer gets the next coupon."""
    if not market.ex_dividend:
        return False
    return settled >= business_calendar(market.calendar).advance(periods[0].end, -market.ex_dividend)


def due_shares(market: Convention, periods: tuple[Period, ...], settled: date) -> tuple[float, Floats]:
    """Years accrued, and those of each coupon that a buyer gets, (coupons,).

    Without the next coupon it is 0, and its share less than nothing has accrued: the seller pays the rest of it back.
    """
    gone, shares = accrued_share(market, periods, settled), coupon_shares(market, periods)
    if without_coupon(market, periods, settled):
        gone, shares = gone - float(shares[0]), np.concatenate([[0.0], shares[1:]])
    return gone, shares


def payment_days(market: Convention, settled: date, maturity: date) -> list[date]:
    """When each coupon to come is paid: the first business day from the end of its period on. Raises UserError."""
    days = business_calendar(market.calendar)
    return [days.adjust(each.end, "following") for each in coupon_periods(market, settled, maturity)]


def bond_of(market: Convention, settled: date, maturity: date, coupon: float) -> Bond:
    """A bond of a market on its settlement day. Raises UserError."""
    periods = coupon_periods(market, settled, maturity)
    frequency = 12 // market.fixed.months
    gone, shares = due_shares(market, periods, settled)
    ends = np.cumsum(coupon_shares(market, periods)) - accrued_share(market, periods, settled)
    paid = coupon * shares
    paid[-1] += 1.0
    return Bond(
        coupon=coupon,
        frequency=frequency,
        accrued=coupon * gone,
        paid=paid,
        times=ends * frequency,
        simple=not market.compounded_to_the_end,
    )


def spread_above(
    log_discount: Callable[[Floats], Floats], begin: float, years: Floats, amounts: Floats, worth: float
) -> float:
    """s with sum of c DF(t) / DF(t0) exp(-s (t - t0)) = worth, t0 the settlement. Raises UserError."""
    factors = np.exp(log_discount(years) - log_discount(np.asarray(begin)))
    return spread_of(amounts * factors, years - begin, worth)


def spread_of(amounts: Floats, years: Floats, worth: float) -> float:
    """Continuous spread s with sum of amounts x exp(-s years) = worth, amounts discounted on a curve.

    Newton on the log of the sum, which is convex in s. Raises UserError where there is none.
    """
    rule, remedy = "no spread over the curve gives this price", "compare the price with what the curve says"
    if not worth > 0:
        raise UserError(rule, value=worth, remedy=remedy)
    spread = 0.0
    for _ in range(ROUNDS):
        each = amounts * np.exp(-spread * years)
        step = np.log(each.sum() / worth) * each.sum() / (each @ years)
        spread = float(np.clip(spread + step, spread - 1.0, spread + 1.0))
        if abs(step) < 1e-15 * max(1.0, abs(spread)):
            break
        if not abs(spread) < WIDEST:
            raise UserError(rule, value=worth, remedy=remedy)
    return spread


@dataclass(frozen=True)
class BillFigures:
    """A discount bill. simple: money-market yield, act/365; equivalent: the bond-equivalent yield."""

    price: float
    discount: float
    simple: float
    equivalent: float
    spread: float | None = None


def bill(settled: date, maturity: date, discount: float) -> BillFigures:
    """A bill at a discount rate, act/360. Raises UserError.

    Up to half a year the equivalent is the simple yield; beyond, i of P (1 + (n - 182.5) i / 365)(1 + i / 2) = 100.
    """
    days = (maturity - settled).days
    if days <= 0:
        raise UserError("the bill matures by its settlement day", value=str(maturity), remedy=LATER)
    price = 100 * (1 - discount * days / 360)
    if price <= 0:
        raise UserError("the discount is more than the face", value=discount, remedy="write 0.04 for 4 % a year")
    simple = (100 / price - 1) * 365 / days
    return BillFigures(price, discount, simple, simple if days <= HALF_YEAR else _half_yearly(price, days))


def _half_yearly(price: float, days: int) -> float:
    """The positive root of a quadratic equation."""
    rest = (days - HALF_YEAR) / 365
    a, b, c = rest / 2, rest + 0.5, 1 - 100 / price
    return float((-b + np.sqrt(b * b - 4 * a * c)) / (2 * a)) if a > 0 else -c / b


@dataclass(frozen=True)
class DepositFigures:
    """A certificate of deposit that pays 1 + rate x years at its end, per 100 of face.

    price: with interest; accrued: the part of it that has been earned; apy: the rate as an effective one, act/365.
    """

    price: float
    accrued: float
    rate: float
    apy: float
    spread: float | None = None


def deposit(issued: date, settled: date, maturity: date, coupon: float, rate: float, day_count: str) -> DepositFigures:
    """A certificate of deposit at a market rate: (1 + coupon tau) / (1 + rate tau left). Raises UserError.

    apy: (1 + coupon days / 365)^(365 / days) - 1, of the whole term.
    """
    if not issued <= settled < maturity:
        remedy = "choose a later maturity, or an earlier start"
        raise UserError(
            "a deposit is issued, bought, then due", value=f"{issued}, {settled}, {maturity}", remedy=remedy
        )
    whole, left = year_fraction(day_count, issued, maturity), year_fraction(day_count, settled, maturity)
    gone = year_fraction(day_count, issued, settled)
    base = 1 + rate * left
    if not base > 0:
        raise UserError("the rate would make a discount factor negative", value=rate)
    days = (maturity - issued).days
    apy = (1 + coupon * days / 365) ** (365 / days) - 1
    return DepositFigures(100 * (1 + coupon * whole) / base, 100 * coupon * gone, rate, apy)
