"""Futures on the overnight rate of a quarter or of a month."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, ClassVar, Literal, Self, cast

from markets.products.cash_legs import CashLegs, RateFuture
from markets.products.cash_table import CashTable
from markets.products.conventions import USUAL, money_market
from markets.products.of_notional import OfNotional
from markets.products.past import assumed_rate, flat_rate, known_since
from markets.products.product import Takes, check_finite, check_vol, notional_of
from sim.dataclass import dataclass
from sim.errors import UserError

if TYPE_CHECKING:
    from markets.products.product import Compile, Line
    from markets.products.start import Start
    from sim.clock import Clock

Kind = Literal["sofr_3m", "sofr_1m"]
MONTHS: dict[Kind, int] = {"sofr_3m": 3, "sofr_1m": 1}
REVERSION = 0.03  # 1/year, where none is given


@dataclass(frozen=True, kw_only=True)
class SofrFuture(OfNotional):
    """A future at 100 - rate, settled in cash at every close: bought, it gains where the rate falls.

    `sofr_3m`: the rate compounded from the third Wednesday of its month to that three months later, 25 $ a basis point
    for each million of notional (a contract). `sofr_1m`: the average over its calendar month, 41.67 $ for each five
    millions. The rate is the curve's with the convexity of a Hull-White model, which variation margin makes. What has
    been fixed of a period that has begun stays.
    """

    table: ClassVar[Compile] = CashTable
    takes: ClassVar[Takes] = Takes(
        expiry=False,
        strike="none",
        vol=True,
        notional="> 0 has bought it, < 0 has sold it; 1e6 is a contract of three months, 5e6 one of a month",
        more=("tenor", "price", "past_rate", "reversion"),
        must=("tenor",),
        why="a future on a rate has none; its month is `tenor`, its size is `notional`",
    )

    kind: Kind
    notional: float
    tenor: str  # code of its month: 'M6', 'SR3M26'
    price: float | None = None  # agreed on; None: the model's at the start
    normal_vol: float | None = None  # decimal per sqrt(year); None: the market's
    reversion: float = REVERSION
    past_rate: float | None = None  # decimal, for fixings before the first day; None: those of the scenario

    def __post_init__(self) -> None:
        check_finite(self.notional, "notional")
        check_vol(self.normal_vol)
        if self.kind not in MONTHS:
            raise UserError("a future on SOFR is of 3 months or of one", value=self.kind, place="kind")

    @classmethod
    def parse(cls, line: Line, start: Start) -> Self:
        """From a line of a book. Raises UserError for what it lacks."""
        return cls(
            kind=cast(Kind, line.kind),
            notional=notional_of(line),
            tenor=line.tenor,
            price=line.price,
            normal_vol=line.normal_vol,
            reversion=REVERSION if line.reversion is None else line.reversion,
            past_rate=line.past_rate,
        )

    @property
    def label(self) -> str:
        """What tables call it."""
        return f"{self.kind} {self.tenor}"

    def assumed_rate(self, start: Start) -> float | None:
        """The overnight rate that stands for days before the first although nobody gives it, decimal."""
        return assumed_rate(self.span(start)[0], self.past_rate, start, money_market(USUAL, start))

    def cash_legs(self, clock: Clock, start: Start) -> CashLegs:
        """The one future that it is. Raises UserError for a code that is none, or a period that is over."""
        from markets.curves.day_count import year_fraction

        begin, end = self.span(start)
        market, averaged = money_market(USUAL, start), self.kind == "sofr_1m"
        flat = flat_rate(self.past_rate, start, market)
        future = RateFuture(
            start=begin,
            end=end,
            size=self.notional * MONTHS[self.kind] / 12,
            accrual=year_fraction(market.deposit_day_count, begin, end),
            rate=None if self.price is None else 1 - self.price / 100,
            averaged=averaged,
            reversion=self.reversion,
            vol=start.normal_vol if self.normal_vol is None else self.normal_vol,
            known=known_since(begin, start, market, flat, averaged=averaged),
        )
        return CashLegs(futures=(future,))

    def span(self, start: Start) -> tuple[date, date]:
        """Its first day, and the day after its last. Raises UserError."""
        from markets.curves.futures import contract_month, month_span, quarter_span

        span = quarter_span if self.kind == "sofr_3m" else month_span
        begin, end = span(*contract_month(self.tenor, start.day, "tenor", months=MONTHS[self.kind]))
        if end <= start.day:
            raise UserError("the future's period is over", value=f"{begin} to {end}", place="tenor")
        return begin, end
