"""A bond of a name on its solved hazard rates: price, and what a price says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np

from markets.credit.defaultable_bond import DefaultableBond
from markets.credit.hazard_curve import HazardCurve
from markets.products.dates import schedule, thirty_360
from sim.errors import UserError

MONTHS = 12


@dataclass(frozen=True, kw_only=True)
class BondOfName:
    """Per 100 of face, today, where no interest has accrued; spreads and yield decimal."""

    price: float
    basis: float  # continuous, beyond the name's hazard rates: the cash-CDS basis
    z_spread: float  # continuous, over the curve that discounts
    yield_to_maturity: float  # compounded as often as coupons are paid
    jump: float  # what its holder gains if the name defaults at once


def price_risky_bond(
    coupon: float,
    maturity: date | str,
    credit: HazardCurve,
    *,
    price: float | None = None,
    basis: float = 0.0,
    frequency: int = 2,
) -> BondOfName:
    """Price a bond of a name that is issued today, or read basis, spread and yield off its price.

        found = price_risky_bond(0.06, "2031-04-15", credit["acme"], price=97.5)
        found.basis, found.z_spread

    Args:
        coupon: decimal a year, by 30/360.
        maturity: periods run back from it.
        credit: of `solve_credit`, with its recovery.
        price: per 100; in place of a basis.
        basis: continuous, on top of what discounts.
        frequency: coupons a year.

    Raises:
        UserError: a maturity that has passed, or a price that no spread gives.
    """
    end = date.fromisoformat(maturity) if isinstance(maturity, str) else maturity
    if end <= credit.day:
        raise UserError("a bond matures after the valuation day", value=str(end), remedy=f"after {credit.day}")
    if frequency < 1 or MONTHS % frequency:
        raise UserError("coupons are whole months apart", value=frequency, place="frequency", remedy="2 or 4")
    days = schedule(credit.day, end, MONTHS // frequency)
    coupons = np.array([coupon * thirty_360(a, b) for a, b in pairwise(days)])
    held = DefaultableBond.of(days, coupons, credit.recovery)
    if price is not None:
        basis = held.basis(price / 100, credit.log_discount, credit.survival)
    worth = held.price(credit.log_discount, credit.survival, basis)
    return BondOfName(
        price=100 * worth,
        basis=basis,
        z_spread=held.z_spread(worth, credit.log_discount),
        yield_to_maturity=held.yield_to_maturity(worth, frequency),
        jump=100 * (credit.recovery - worth),
    )
