"""A bond of a name that may default: its price from survival, and spread and yield from a price."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from markets.credit.contract import DAYS
from markets.curves.bond import spread_of
from sim.errors import UserError
from sim.root import root

Floats = NDArray[np.float64]
Times = Callable[[Floats], Floats]
WIDEST = 5.0  # decimal: yields and spreads are looked for up to here


def middles(days: Sequence[date], today: date) -> Floats:
    """Years of 365 days from `today` to the middle of each period between `days`, whole days: (periods,)."""
    return np.array([((a - today).days + (b - a).days // 2) / DAYS for a, b in pairwise(days)])


@dataclass(frozen=True, eq=False)
class DefaultableBond:
    """Coupons and principal per 1 of face, and what a default pays; times are years of 365 days from today.

    A default in a period falls in its middle and pays `recovery` of the face; the coupon under way is lost.
    """

    starts: Floats  # (periods,) of each period, not before today
    ends: Floats  # (periods,) where its coupon is paid
    middles: Floats  # (periods,)
    coupons: Floats  # (periods,)
    recovery: float

    @staticmethod
    def of(days: Sequence[date], coupons: Floats, recovery: float) -> DefaultableBond:
        """A bond whose periods lie between `days`, the first of them today."""
        today = days[0]
        years = np.array([(day - today).days / DAYS for day in days])
        return DefaultableBond(years[:-1], years[1:], middles(days, today), coupons, recovery)

    @property
    def promised(self) -> Floats:
        """Coupons, and the principal with the last, (periods,)."""
        last = np.zeros_like(self.coupons)
        last[-1] = 1.0
        return np.asarray(self.coupons + last)

    def price(self, log_discount: Times, survival: Times, basis: float = 0.0) -> float:
        """sum c D(T) Q(T) + R sum D(middle) (Q(start) - Q(end)), D with a continuous `basis` on top, per 1 of face."""
        paid = np.exp(log_discount(self.ends) - basis * self.ends) * survival(self.ends)
        back = np.exp(log_discount(self.middles) - basis * self.middles)
        died = survival(self.starts) - survival(self.ends)
        return float(self.promised @ paid + self.recovery * (back @ died))

    def basis(self, price: float, log_discount: Times, survival: Times) -> float:
        """What a price says beyond the name's hazard rates: a continuous spread that also discounts. Raises UserError.

        The cash-CDS basis: positive where the bond is cheaper than protection on the name says.
        """
        return _found(lambda s: self.price(log_discount, survival, s) - price, price)

    def z_spread(self, price: float, log_discount: Times) -> float:
        """The continuous spread over the curve at which what is promised is worth the price. Raises UserError."""
        return spread_of(self.promised * np.exp(log_discount(self.ends)), self.ends, price)

    def yield_to_maturity(self, price: float, frequency: int = 2) -> float:
        """y with sum c (1 + y / f)^(-f T) = price, decimal. Raises UserError."""
        return _found(lambda y: float(self.promised @ (1 + y / frequency) ** (-frequency * self.ends)) - price, price)


def _found(miss: Callable[[float], float], price: float) -> float:
    low, high = -0.5, WIDEST
    if not (price > 0 and miss(low) > 0 > miss(high)):
        raise UserError("no spread or yield gives this price", value=price, remedy="prices are per 1 of face: 0.98")
    return root(miss, low, high, xtol=1e-15, rtol=8.9e-16)
