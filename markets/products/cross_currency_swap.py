"""Cross-currency swaps: floating rates of two currencies, with exchange of notionals."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from markets.products.currency_table import DOLLARS, CurrencyLegs, CurrencyTable, Day, Growth
from markets.products.dates import schedule
from markets.products.overnight import Timeline
from markets.products.product import Takes, check_finite, expiry_of
from markets.products.table import When
from sim.dataclass import dataclass
from sim.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markets.products.product import Compile, Line
    from markets.products.start import Start
    from sim.clock import Clock


@dataclass(frozen=True, kw_only=True)
class CrossCurrencySwap:
    """Receives the overnight rate of a currency plus a spread, and pays that of the dollar; collateral is in dollars.

    Both legs accrue act/360 and pay quarterly, backwards from maturity with a short stub in front. Notionals have been
    exchanged at the start, at the price there; they are given back at maturity. With `resetting` those in dollars
    follow the price: at the beginning of every period the difference is paid, and interest runs on the new amount.
    """

    table: ClassVar[Compile] = CurrencyTable
    takes: ClassVar[Takes] = Takes(
        strike="none",
        any_day=True,
        notional="in its currency; > 0 receives the currency, < 0 pays it",
        more=("spread", "currency", "resetting"),
        must=("currency",),
        why="a cross-currency swap has none; its size is `notional`, its price the basis `spread`",
    )

    notional: float  # of the currency; positive: receives its rate, and the notional at maturity
    currency: str
    price: float  # $ a unit of the currency at the start
    maturity: date
    spread: float | None = None  # decimal, on the currency's rate; None: worth nothing at the start
    resetting: bool = False
    months: int = 3

    def __post_init__(self) -> None:
        check_finite(self.notional, "notional")
        if self.spread is not None:
            check_finite(self.spread, "spread")

    @classmethod
    def parse(cls, line: Line, start: Start) -> Self:
        """From a line of a book. Raises UserError for what it lacks."""
        if line.notional is None:
            raise UserError("a cross-currency swap has a notional", remedy="give `notional`, in its currency")
        return cls(
            notional=line.notional,
            currency=line.currency,
            price=float(np.exp(start.snapshot.row(start.currency(line.currency).fx)[0])),
            maturity=expiry_of(line, start),
            spread=line.spread,
            resetting=bool(line.resetting),
        )

    @property
    def label(self) -> str:
        """What tables call it."""
        spread = "par" if self.spread is None else f"{1e4 * self.spread:+.6g} bp"
        kind = "resetting " if self.resetting else ""
        return f"{kind}cross-currency swap {self.currency} {spread} {self.maturity}"

    @property
    def size(self) -> float:
        """Signed size: notional in its currency."""
        return self.notional

    def gross(self, spot: float) -> float:
        """$ notional at the start, without sign."""
        return abs(self.notional) * self.price

    def currency_legs(self, clock: Clock, start: Start) -> CurrencyLegs:
        """What is still to be paid. Raises UserError where it matures by the start."""
        today = clock.session_dates[0]
        if self.maturity <= today:
            rule, remedy = "a swap matures after the start", "choose a later date"
            raise UserError(rule, value=str(self.maturity), place="maturity", remedy=remedy)
        days = list(pairwise(schedule(today, self.maturity, self.months)))
        time = Timeline(clock)
        periods = [(Day.of(a, time), Day.of(b, time)) for a, b in days]
        accruals = [(b - a).days / 360 for a, b in days]
        spread = self.spread
        if spread is None:
            flat, bumped = (_worth(self.legs_of(periods, accruals, each), clock, start) for each in (0.0, 1.0))
            spread = -flat / (bumped - flat)
        return self.legs_of(periods, accruals, spread)

    def legs_of(self, periods: Sequence[tuple[Day, Day]], accruals: Sequence[float], spread: float) -> CurrencyLegs:
        """The legs on some periods at a spread. accruals: years of each by the day count."""
        fixed, floating = self._foreign_leg(periods, accruals, spread)
        more, others = self._dollar_leg(periods)
        return CurrencyLegs((*fixed, *more), (*floating, *others))

    def _foreign_leg(
        self, periods: Sequence[tuple[Day, Day]], accruals: Sequence[float], spread: float
    ) -> tuple[list[tuple[str, Day, float]], list[tuple[Growth, float]]]:
        """Growth less 1, and the spread; the notional at the end."""
        size, currency = self.notional, self.currency
        coupons = zip(periods, accruals, strict=True)
        fixed = [(currency, end, size * (spread * accrual - 1.0)) for (_, end), accrual in coupons]
        fixed.append((currency, periods[-1][1], size))
        return fixed, [(Growth(currency, "foreign", begin, end), size) for begin, end in periods]

    def _dollar_leg(
        self, periods: Sequence[tuple[Day, Day]]
    ) -> tuple[list[tuple[str, Day, float]], list[tuple[Growth, float]]]:
        """Each period as a deposit of its notional: at the beginning lent (the first before the start), then repaid."""
        size, dollars = self.notional, self.notional * self.price
        if self.resetting:
            fixed = [(self.currency, begin, size) for begin, _ in periods[1:]]
            return fixed, [(Growth(self.currency, "reset", begin, end), -size) for begin, end in periods]
        fixed = [(DOLLARS, begin, dollars) for begin, _ in periods[1:]]
        return fixed, [(Growth(DOLLARS, "dollar", begin, end), -dollars) for begin, end in periods]


@dataclass(frozen=True)
class _Given:
    """Legs as an instrument."""

    legs: CurrencyLegs

    def currency_legs(self, clock: Clock, start: Start) -> CurrencyLegs:
        return self.legs


def _worth(legs: CurrencyLegs, clock: Clock, start: Start) -> float:
    """Value at the start, $."""
    table, out = CurrencyTable([_Given(legs)], clock, start), np.zeros(1)
    table.value(When(0, 0), start.snapshot, table.new_fixings(1), out)
    return float(out[0])
