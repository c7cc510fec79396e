"""Bonds with fixed coupons."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from markets.products.cash_legs import CashLegs, Payment
from markets.products.cash_table import CashTable
from markets.products.of_notional import OfNotional
from markets.products.product import Takes, check_finite, expiry_of, notional_of
from markets.products.quoted_cash import Dated, legs_of
from sim.dataclass import dataclass
from sim.errors import UserError

if TYPE_CHECKING:
    from markets.curves.conventions import Convention
    from markets.products.product import Compile, Line
    from markets.products.start import Start
    from sim.clock import Clock


@dataclass(frozen=True, kw_only=True)
class Bond(OfNotional):
    """A fixed coupon of a market of bonds, with its coupons on business days and its redemption.

    Discounted on the scenario's curve and a continuous spread above it, which stays: the one given, or the one at which
    the bond is worth its quoted price, with accrued interest, on the settlement day.
    """

    table: ClassVar[Compile] = CashTable
    takes: ClassVar[Takes] = Takes(
        strike="none",
        rate=True,
        any_day=True,
        notional="> 0 holds the bond, < 0 is short of it",
        more=("spread", "price", "quoted_rate", "convention", "day_count", "frequency"),
        must=("fixed_rate",),
        why="a bond has none; its coupon is `fixed_rate`, its face is `notional`",
    )

    notional: float  # face
    maturity: date
    coupon: float  # decimal a year
    price: float | None = None  # clean, per 100
    quoted_rate: float | None = None  # street yield, in place of a price
    spread: float | None = None  # decimal, continuous, in place of a price
    convention: str = "us_treasury"
    day_count: str = ""  # where it is not the market's
    frequency: int | None = None  # coupons a year, where they are not the market's

    def __post_init__(self) -> None:
        check_finite(self.notional, "notional")
        if not (np.isfinite(self.coupon) and 0 <= self.coupon <= 1):
            raise UserError("a coupon lies between 0 and 1", value=self.coupon, place="fixed_rate")

    @classmethod
    def parse(cls, line: Line, start: Start) -> Self:
        """From a line of a book. Raises UserError for what it lacks."""
        if line.fixed_rate is None:
            raise UserError("a bond has a coupon", remedy="give `fixed_rate`: 0.04 is 4 % a year")
        return cls(
            notional=notional_of(line),
            maturity=expiry_of(line, start),
            coupon=line.fixed_rate,
            price=line.price,
            quoted_rate=line.quoted_rate,
            spread=line.spread,
            convention=line.convention or "us_treasury",
            day_count=line.day_count,
            frequency=line.frequency,
        )

    @property
    def label(self) -> str:
        """What tables call it."""
        return f"bond {100 * self.coupon:.6g} % {self.maturity}"

    @property
    def market(self) -> Convention:
        """How it counts. Raises UserError."""
        from markets.curves.bond import bond_market
        from markets.curves.conventions import bond_convention

        return bond_market(bond_convention(self.convention, "convention"), self.day_count, self.frequency)

    def cash_legs(self, clock: Clock, start: Start) -> CashLegs:
        """Coupons and redemption with the spread. Raises UserError where it matures by its settlement."""
        return legs_of(self.notional, self.dated(start), self.spread, start)

    def dated(self, start: Start) -> Dated:
        """Its payments per 1 of face, and its price with accrued interest where it has one. Raises UserError."""
        from markets.curves.bond import bond_of, payment_days

        market = self.market
        settled = market.spot(start.day)
        held = bond_of(market, settled, self.maturity, self.coupon)
        paid = payment_days(market, settled, self.maturity)
        price = self.price
        if price is None and self.quoted_rate is not None:
            price = held.price(self.quoted_rate)
        dirty = None if price is None else price / 100 + held.accrued
        payments = tuple(Payment(day, amount) for day, amount in zip(paid, held.paid.tolist(), strict=True))
        return Dated(settled, payments, dirty)
