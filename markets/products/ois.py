"""Overnight index swaps by the convention of a quoted curve."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from markets.products.dates import Period
from markets.products.linear_table import Legs, LinearTable
from markets.products.product import Takes, check_finite
from sim.errors import UserError

if TYPE_CHECKING:
    from markets.curves.conventions import Convention
    from markets.curves.legs import Leg
    from markets.products.product import Compile, Line
    from markets.products.start import Start
    from sim.clock import Clock

Floats = NDArray[np.float64]
YEAR = 365  # days of the curves' years


@dataclass(frozen=True, kw_only=True)
class Ois:
    """A fixed rate against the compounded overnight rate, from spot, as the quoted curve's market counts.

    Calendar, spot lag, day counts, stubs and payment lag are the convention's. A floating period pays
    P(start)/P(end) - 1 of the projection curve. Where it pays some days after its end, the run settles it at its end,
    discounted over the lag at the start's forward rate: exact at the start, and later to what that rate moves over the
    two days of the lag (2e-6 of notional for a coupon of 4 % and a move of 100 bp). What falls on a day without a
    close is paid, and discounted, at the last close before it.
    """

    table: ClassVar[Compile] = LinearTable
    takes: ClassVar[Takes] = Takes(
        strike="none",
        rate=True,
        any_day=True,
        notional="> 0 receives fixed, < 0 pays fixed",
        why="a swap has none; its size is `notional`",
    )

    notional: float  # of the curve's currency; positive: receives fixed
    maturity: date | None = None  # unadjusted
    months: int | None = None  # from spot, in place of a maturity
    fixed_rate: float | None = None  # decimal; None: par at the start

    def __post_init__(self) -> None:
        check_finite(self.notional, "notional")
        if self.fixed_rate is not None:
            check_finite(self.fixed_rate, "fixed_rate")

    @classmethod
    def parse(cls, line: Line, start: Start) -> Self:
        """From a line of a book. Raises UserError for what it lacks."""
        if line.notional is None:
            raise UserError("a swap has a notional", remedy="give `notional`")
        return cls(notional=line.notional, maturity=line.expiry, months=line.months, fixed_rate=line.fixed_rate)

    @property
    def label(self) -> str:
        """What tables call it."""
        rate = "par" if self.fixed_rate is None else f"{100 * self.fixed_rate:.6g} %"
        return f"ois {rate} {self.maturity or f'{self.months}M'}"

    @property
    def size(self) -> float:
        """Signed size: notional."""
        return self.notional

    def gross(self, spot: float) -> float:
        """Notional, without sign."""
        return abs(self.notional)

    def legs(self, clock: Clock, start: Start) -> Legs:
        """What is still to be paid. Raises UserError without a quoted curve, or where it ends before it starts."""
        fixed, floating = self._legs(start)
        lag = np.array([start.log_discount(end, pay) for end, pay in zip(floating.end, floating.pay, strict=True)])
        owed = -self.notional * np.exp(-lag)  # of each floating period, carried from its payment to its end
        rate = _par(fixed, floating, lag, start) if self.fixed_rate is None else self.fixed_rate
        coupons = self.notional * rate * fixed.tau
        paid = zip(_days(start, fixed.pay), coupons.tolist(), strict=True)
        begins, ends = _days(start, floating.start), _days(start, floating.end)
        periods = (
            Period(start=begin, end=end, accrual=tau)
            for begin, end, tau in zip(begins, ends, floating.tau.tolist(), strict=True)
        )
        return Legs(fixed=tuple(paid), floating=tuple(zip(periods, owed.tolist(), strict=True)), rates=True)

    def _legs(self, start: Start) -> tuple[Leg, Leg]:
        from markets.curves.deal import make_deal  # it loads QuantLib

        tenor = f"{self.months}M" if self.months else ""
        deal = make_deal(_convention(start), start.day, tenor=tenor, end=self.maturity)
        return deal.fixed, deal.floating


def _convention(start: Start) -> Convention:
    if start.convention is None:
        remedy = "quote a curve: [market.rates.curves.sofr] with a convention and rates, or --curves FILE.csv"
        raise UserError("an ois counts as the market of a quoted curve", value="no quoted curve", remedy=remedy)
    return start.convention


def _days(start: Start, years: Floats) -> list[date]:
    return [start.day + timedelta(days=round(time * YEAR)) for time in years.tolist()]


def _par(fixed: Leg, floating: Leg, lag: Floats, start: Start) -> float:
    """The fixed rate at which the swap is worth nothing at the start."""
    annuity = sum(tau * start.discount(float(pay)) for tau, pay in zip(fixed.tau, fixed.pay, strict=True))
    rates = (
        start.forward_rate(float(a), float(b)) * start.discount(float(b))
        for a, b in zip(floating.start, floating.end, strict=True)
    )
    return float(np.dot(np.exp(-lag), list(rates)) / annuity)
