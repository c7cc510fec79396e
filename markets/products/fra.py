"""Forward rate agreements."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from markets.products.cash_legs import CashLegs, Payment
from markets.products.cash_table import CashTable
from markets.products.conventions import money_market
from markets.products.of_notional import OfNotional
from markets.products.product import Takes, check_finite, notional_of
from sim.dataclass import dataclass
from sim.errors import UserError

if TYPE_CHECKING:
    from markets.products.product import Compile, Line
    from markets.products.start import Start
    from sim.clock import Clock


@dataclass(frozen=True, kw_only=True)
class Fra(OfNotional):
    """Pays notional (f - K) tau / (1 + f tau) at the start of its period, f the rate of the period that day.

    With 1 + f tau = P(start) / P(end) that is notional (1 - (1 + K tau) P(end) / P(start)): before, it is worth
    notional (P(start) - (1 + K tau) P(end)) on one curve. Fixed and settled at the close of the first day.
    """

    table: ClassVar[Compile] = CashTable
    takes: ClassVar[Takes] = Takes(
        expiry=False,
        strike="none",
        rate=True,
        notional="> 0 pays the fixed rate (has bought it), < 0 receives it",
        more=("tenor", "convention"),
        must=("tenor",),
        why="a forward rate agreement has none; its months are `tenor`, its rate is `fixed_rate`",
    )

    notional: float
    tenor: str  # '1x4': from one to four months after spot
    fixed_rate: float | None = None  # decimal, simple; None: the forward rate at the start
    convention: str = ""  # of the quoted curve, else SOFR's market

    def __post_init__(self) -> None:
        check_finite(self.notional, "notional")
        if self.fixed_rate is not None:
            check_finite(self.fixed_rate, "fixed_rate")

    @classmethod
    def parse(cls, line: Line, start: Start) -> Self:
        """From a line of a book. Raises UserError for what it lacks."""
        return cls(notional=notional_of(line), tenor=line.tenor, fixed_rate=line.fixed_rate, convention=line.convention)

    @property
    def label(self) -> str:
        """What tables call it."""
        rate = "at the forward" if self.fixed_rate is None else f"{100 * self.fixed_rate:.6g} %"
        return f"fra {self.tenor} {rate}"

    def cash_legs(self, clock: Clock, start: Start) -> CashLegs:
        """Two payments that change hands at its start. Raises UserError where it starts by the first day."""
        from markets.curves.cash_quotes import fra_span
        from markets.curves.dates import years_between
        from markets.curves.day_count import year_fraction

        market = money_market(self.convention, start)
        first, last = fra_span(self.tenor, market, start.day, "tenor")
        if first <= start.day:
            rule, remedy = "a forward rate agreement starts after the first day", "write tenor = '1x4'"
            raise UserError(rule, value=str(first), place="tenor", remedy=remedy)
        tau = year_fraction(market.deposit_day_count, first, last)
        begin, end = (years_between(start.day, day) for day in (first, last))
        rate = start.forward_rate(begin, end) / tau if self.fixed_rate is None else self.fixed_rate
        return CashLegs(
            payments=(
                Payment(first, self.notional),
                Payment(last, -self.notional * (1 + rate * tau), settled=first, over=first),
            )
        )
