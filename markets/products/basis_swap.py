"""Basis swaps: one floating rate against another, in one currency."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, Self

from markets.products.dates import Period, schedule
from markets.products.linear_table import Legs, LinearTable, first_fixing
from markets.products.of_notional import OfNotional
from markets.products.product import Takes, check_finite, expiry_of
from sim.dataclass import dataclass
from sim.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markets.products.product import Compile, Line
    from markets.products.start import Start
    from sim.clock import Clock


@dataclass(frozen=True, kw_only=True)
class BasisSwap(OfNotional):
    """Receives the floating rate of one curve, and pays that of another plus a spread.

    Both legs accrue act/360 and pay quarterly on the same days, backwards from maturity with a short stub in front.
    """

    table: ClassVar[Compile] = LinearTable
    takes: ClassVar[Takes] = Takes(
        strike="none",
        any_day=True,
        notional="> 0 receives the rate of `curve`, < 0 pays it",
        more=("spread", "curve", "against"),
        must=("curve", "against"),
        why="a basis swap has none; its size is `notional`, its rates are those of `curve` and `against`",
    )

    notional: float  # $; positive: receives the rate of `curve`
    maturity: date
    curve: str
    against: str
    spread: float | None = None  # decimal, on the rate of `against`; None: worth nothing at the start
    months: int = 3

    def __post_init__(self) -> None:
        check_finite(self.notional, "notional")
        if self.spread is not None:
            check_finite(self.spread, "spread")
        if self.curve == self.against:
            rule, remedy = "a basis swap has two curves", "give another `against`"
            raise UserError(rule, value=self.curve, place="against", remedy=remedy)

    @classmethod
    def parse(cls, line: Line, start: Start) -> Self:
        """From a line of a book. Raises UserError for what it lacks."""
        if line.notional is None or not line.curve or not line.against:
            raise UserError("a basis swap has `notional`, `curve` and `against`", remedy="give all three")
        for name in (line.curve, line.against):
            start.projected(name)
        return cls(
            notional=line.notional,
            maturity=expiry_of(line, start),
            curve=line.curve,
            against=line.against,
            spread=line.spread,
        )

    @property
    def label(self) -> str:
        """What tables call it."""
        spread = "par" if self.spread is None else f"{1e4 * self.spread:+.6g} bp"
        return f"basis swap {self.curve} against {self.against} {spread} {self.maturity}"

    def legs(self, clock: Clock, start: Start) -> Legs:
        """What is still to be paid. Raises UserError where it matures by the start."""
        today = clock.session_dates[0]
        if self.maturity <= today:
            rule, remedy = "a swap matures after the start", "choose a later date"
            raise UserError(rule, value=str(self.maturity), place="maturity", remedy=remedy)
        days = list(pairwise(schedule(today, self.maturity, self.months)))
        return self.legs_of(days, [(b - a).days / 360 for a, b in days], clock, start)

    def legs_of(self, days: Sequence[tuple[date, date]], accruals: Sequence[float], clock: Clock, start: Start) -> Legs:
        """Both legs on some periods. accruals: years of each by the day count."""
        received, paid = (
            [
                Period(start=begin, end=end, accrual=accrual, curve=name)
                for (begin, end), accrual in zip(days, accruals, strict=True)
            ]
            for name in (self.curve, self.against)
        )
        spread = _par_spread(received, paid, clock, start) if self.spread is None else self.spread
        floating = [(period, self.notional) for period in received] + [(period, -self.notional) for period in paid]
        return Legs(
            fixed=tuple((period.end, -self.notional * spread * period.accrual) for period in paid),
            floating=tuple(floating),
            rates=True,
        )


def _par_spread(received: list[Period], paid: list[Period], clock: Clock, start: Start) -> float:
    """The spread at which the swap is worth nothing at the start."""
    annuity = sum(p.accrual * start.discount(clock.calendar_years_to(p.end)) for p in paid)
    return float((_worth(received, clock, start) - _worth(paid, clock, start)) / annuity)


def _worth(periods: list[Period], clock: Clock, start: Start) -> float:
    """Value of a floating leg at the start, per 1 of notional."""
    worth = 0.0
    for period in periods:
        begin, end = clock.calendar_years_to(period.start), clock.calendar_years_to(period.end)
        if begin <= 0:
            rate = first_fixing(start, period.accrual, begin, end, period.curve) * period.accrual
        else:
            rate = start.forward_rate(begin, end, period.curve)
        worth += rate * start.discount(end)
    return worth
