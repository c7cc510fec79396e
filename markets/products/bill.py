"""Discount bills."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, ClassVar, Self

from markets.products.cash_legs import CashLegs, Payment
from markets.products.cash_table import CashTable
from markets.products.of_notional import OfNotional
from markets.products.product import Takes, check_finite, expiry_of, notional_of
from markets.products.quoted_cash import Dated, legs_of
from sim.dataclass import dataclass

if TYPE_CHECKING:
    from markets.products.product import Compile, Line
    from markets.products.start import Start
    from sim.clock import Clock


@dataclass(frozen=True, kw_only=True)
class Bill(OfNotional):
    """Pays its face on the first business day from its maturity on.

    Discounted as a `Bond`; quoted by a price, or by its discount rate d: price = 1 - d x days / 360.
    """

    table: ClassVar[Compile] = CashTable
    takes: ClassVar[Takes] = Takes(
        strike="none",
        any_day=True,
        notional="> 0 holds the bill, < 0 is short of it",
        more=("spread", "price", "quoted_rate", "convention"),
        why="a bill has none; its face is `notional`, its discount rate is `quoted_rate`",
    )

    notional: float  # face
    maturity: date
    price: float | None = None  # per 100
    quoted_rate: float | None = None  # discount rate, act/360, in place of a price
    spread: float | None = None  # decimal, continuous, in place of a price
    convention: str = "us_treasury"

    def __post_init__(self) -> None:
        check_finite(self.notional, "notional")

    @classmethod
    def parse(cls, line: Line, start: Start) -> Self:
        """From a line of a book. Raises UserError for what it lacks."""
        return cls(
            notional=notional_of(line),
            maturity=expiry_of(line, start),
            price=line.price,
            quoted_rate=line.quoted_rate,
            spread=line.spread,
            convention=line.convention or "us_treasury",
        )

    @property
    def label(self) -> str:
        """What tables call it."""
        return f"bill {self.maturity}"

    def cash_legs(self, clock: Clock, start: Start) -> CashLegs:
        """Its face with the spread. Raises UserError where it matures by its settlement."""
        return legs_of(self.notional, self.dated(start), self.spread, start)

    def dated(self, start: Start) -> Dated:
        """Its payment per 1 of face, and its price where it has one. Raises UserError."""
        from markets.curves.bond import bill
        from markets.curves.calendars import business_calendar
        from markets.curves.conventions import bond_convention

        market = bond_convention(self.convention, "convention")
        settled = market.spot(start.day)
        due = business_calendar(market.calendar).adjust(self.maturity, "following")
        found = bill(settled, due, self.quoted_rate or 0.0)
        price = found.price if self.quoted_rate is not None else self.price
        return Dated(settled, (Payment(due, 1.0),), None if price is None else price / 100)
