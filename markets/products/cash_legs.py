"""What products in cash and overnight rates pay: the terms that `CashTable` values."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Protocol

from sim.dataclass import dataclass
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from markets.products.start import Start
    from sim.clock import Clock


class Payment(NamedTuple):
    """A known amount. It is worth amount DF(t) exp(-spread t), t the years to `day`.

    over: first day of a period to `day` over which the projection curve discounts: amount DF(over) P(day) / P(over).
    """

    day: date
    amount: float  # $
    spread: float = 0.0  # decimal, continuous: what the instrument yields above the curve
    settled: date | None = None  # day on which its value is paid out, where that is before `day`
    over: date | None = None


class Overnight(NamedTuple):
    """A period that pays notional x (growth - 1) of the overnight rate on `paid`, or its average.

    known: what the fixings before the first day add up to: growth so far (compounded), sum of rates x days (averaged).
    above: of an averaged one, what its daily rates add up to beyond their logs, per year; it stays as at the start.
    """

    start: date
    end: date
    paid: date
    notional: float  # $ on which the rate is received; negative: paid
    averaged: bool = False
    known: float | None = None  # None: the period does not begin before the first day
    above: float = 0.0


class RateFuture(NamedTuple):
    """A future on the overnight rate R of a period: gains `size` x the fall of R, paid at every close.

    R = (growth - 1) / accrual of the compounded rate, or (sum of rates x days) / accrual of the averaged one.
    """

    start: date
    end: date
    size: float  # $ per 1.00 of R; positive: bought, gains where R falls
    accrual: float  # years by the contract's day count
    rate: float | None  # R agreed on; None: that of the model at the start
    averaged: bool
    reversion: float  # 1/year, of the Hull-White model that says the convexity
    vol: float  # its normal vol, decimal per sqrt(year)
    known: float | None = None  # as of `Overnight`


@dataclass(frozen=True)
class CashLegs:
    """All that an instrument pays."""

    payments: tuple[Payment, ...] = ()
    overnight: tuple[Overnight, ...] = ()
    futures: tuple[RateFuture, ...] = ()


class Cash(Protocol):
    """An instrument that is nothing but `CashLegs`."""

    def cash_legs(self, clock: Clock, start: Start) -> CashLegs:
        """What is still to be paid. Raises UserError if that is nothing."""
