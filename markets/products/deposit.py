"""Certificates of deposit."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from markets.products.cash_legs import CashLegs, Payment
from markets.products.cash_table import CashTable
from markets.products.conventions import money_market
from markets.products.of_notional import OfNotional
from markets.products.product import Takes, check_finite, expiry_of, notional_of
from markets.products.quoted_cash import Dated, legs_of
from sim.dataclass import dataclass

if TYPE_CHECKING:
    from markets.products.product import Compile, Line
    from markets.products.start import Start
    from sim.clock import Clock


@dataclass(frozen=True, kw_only=True)
class Deposit(OfNotional):
    """A certificate of deposit: pays its face and simple interest from `start` on at its maturity.

    Discounted as a `Bond`. Its price follows from the market's rate for what is left of its term,
    (1 + rate tau) / (1 + quoted_rate tau left), or is given with the interest earned so far in it. Without a rate of
    its own it is worth its face at the start.
    """

    table: ClassVar[Compile] = CashTable
    takes: ClassVar[Takes] = Takes(
        strike="none",
        rate=True,
        any_day=True,
        notional="> 0 holds the deposit, < 0 has issued it",
        more=("start", "spread", "price", "quoted_rate", "convention", "day_count"),
        why="a deposit has none; its size is `notional`",
    )

    notional: float  # face
    maturity: date
    rate: float | None = None  # decimal, simple; None: par on the curve at the start
    issued: date | None = None  # None: the settlement day
    price: float | None = None  # per 100, interest earned so far included
    quoted_rate: float | None = None  # decimal, simple, in place of a price
    spread: float | None = None  # decimal, continuous, in place of a price
    convention: str = ""  # of the quoted curve, else SOFR's market
    day_count: str = ""  # where it is not the market's

    def __post_init__(self) -> None:
        check_finite(self.notional, "notional")
        if self.rate is not None:
            check_finite(self.rate, "fixed_rate")

    @classmethod
    def parse(cls, line: Line, start: Start) -> Self:
        """From a line of a book. Raises UserError for what it lacks."""
        return cls(
            notional=notional_of(line),
            maturity=expiry_of(line, start),
            rate=line.fixed_rate,
            issued=line.start,
            price=line.price,
            quoted_rate=line.quoted_rate,
            spread=line.spread,
            convention=line.convention,
            day_count=line.day_count,
        )

    @property
    def label(self) -> str:
        """What tables call it."""
        rate = "par" if self.rate is None else f"{100 * self.rate:.6g} %"
        return f"deposit {rate} {self.maturity}"

    def cash_legs(self, clock: Clock, start: Start) -> CashLegs:
        """Its payment with the spread. Raises UserError where it is due by its settlement."""
        return legs_of(self.notional, self.dated(start), self.spread, start)

    def dated(self, start: Start) -> Dated:
        """Its payment per 1 of face, and its price where it has one. Raises UserError."""
        from markets.curves.bond import deposit
        from markets.curves.dates import years_between
        from markets.curves.day_count import year_fraction

        market = money_market(self.convention, start)
        settled, due = market.spot(start.day, 0), market.adjusted(self.maturity)
        issued = settled if self.issued is None else self.issued
        count = self.day_count or market.deposit_day_count
        quoted = 0.0 if self.quoted_rate is None else self.quoted_rate
        found = deposit(issued, max(settled, issued), due, self.rate or 0.0, quoted, count)
        tau = year_fraction(count, issued, due)
        rate = self.rate
        if rate is None:
            begin, end = (years_between(start.day, day) for day in (max(settled, issued), due))
            rate = float(np.expm1(start.log_discount(begin, end)) / tau)
        price = found.price if self.quoted_rate is not None else self.price
        return Dated(max(settled, issued), (Payment(due, 1 + rate * tau),), None if price is None else price / 100)
