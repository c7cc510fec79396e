"""A name's hazard rates, solved from the quotes of its credit default swaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markets.credit.contract import Cds, CreditConvention
from markets.credit.legs import Form, LegGrid, Legs, LogDiscount, grids
from markets.curves.interpolation import CurveShape, LogLinear
from markets.curves.quoted_curve import QuotedCurve
from sim.dataclass import dataclass
from sim.errors import UserError

Floats = NDArray[np.float64]
ROUNDS = 50
CLOSE, RESIDUAL = 1e-9, 1e-13  # per 1 of notional
MOST = 1e3  # defaults a year
BP = 1e-4
LEAST_LOSS = 0.01  # of notional: a recovery above 99 % leaves no credit risk to solve for


@dataclass(frozen=True, kw_only=True)
class CreditQuote:
    """What the market says of a contract: its par spread, or the upfront paid for a coupon (decimal)."""

    tenor: str
    cds: Cds
    spread: float | None = None
    coupon: float = 0.0
    upfront: float = 0.0
    place: str | None = None

    @property
    def level(self) -> float:
        """The number that is quoted."""
        return self.upfront if self.spread is None else self.spread

    def moved(self, by: float) -> CreditQuote:
        """The quote `by` higher."""
        if self.spread is None:
            return replace(self, upfront=self.upfront + by)
        return replace(self, spread=self.spread + by)


@dataclass(frozen=True, eq=False)
class HazardCurve:
    """Survival of one name: -ln Q piecewise linear, so hazard rates are flat between the maturities quoted.

    log_discount: ln DF by years, of what discounts; its forward rate is flat between `knots`.
    """

    name: str
    day: date
    convention: CreditConvention
    recovery: float
    quotes: tuple[CreditQuote, ...]
    log_discount: LogDiscount
    knots: Floats
    form: Form
    y: Floats  # (quotes,) -ln Q at the maturities
    own: tuple[LegGrid, ...]  # of the quotes

    @property
    def shape(self) -> CurveShape:
        """Times of the maturities."""
        return CurveShape(np.array([quote.cds.end for quote in self.quotes]), LogLinear())

    @property
    def loss(self) -> float:
        """Of notional on default."""
        return 1.0 - self.recovery

    @cached_property
    def curve(self) -> QuotedCurve:
        """Survival as a curve: its "discount factors" are survival probabilities, its forwards hazard rates."""
        return QuotedCurve(self.name, "", self.day, self.shape, self.y)

    def survival(self, years: ArrayLike) -> Floats:
        """Probability to be alive at times of any shape."""
        return np.exp(self.curve.log_discount(years))

    @property
    def hazards(self) -> Floats:
        """Hazard rate before each maturity, (quotes,) 1/year."""
        return np.diff(self.y, prepend=0.0) / np.diff(self.shape.nodes, prepend=0.0)

    def legs(self, contracts: Sequence[Cds]) -> tuple[Legs, ...]:
        """Values and slopes of contracts on this curve."""
        return tuple(
            grid.legs(self.y, self.form)
            for grid in grids(contracts, self.shape, self.log_discount, self.knots, self.form)
        )

    def with_quotes(self, quotes: Sequence[CreditQuote]) -> HazardCurve:
        """The curve solved again from moved quotes of the same contracts."""
        return _solved(replace(self, quotes=tuple(quotes)))

    def with_recovery(self, recovery: float, *, rebuilt: bool = True) -> HazardCurve:
        """Another recovery: with the same quotes solved again, or with the same survival."""
        other = replace(self, recovery=recovery)
        return _solved(other) if rebuilt else other

    def with_rates(self, by: float) -> HazardCurve:
        """Zero rates `by` (decimal) higher, quotes kept."""
        discount = self.log_discount
        return solve_hazards(
            self.name,
            self.day,
            self.convention,
            self.recovery,
            self.quotes,
            lambda years: discount(years) - by * np.asarray(years),
            self.knots,
            form=self.form,
        )

    @cached_property
    def by_quote(self) -> Floats:
        """Derivative of each -ln Q by each quote, (nodes, quotes), from the exact Jacobian of all contracts."""
        legs = [grid.legs(self.y, self.form) for grid in self.own]
        slopes = [_slope(self, quote, leg) for quote, leg in zip(self.quotes, legs, strict=True)]
        return np.asarray(np.linalg.solve(np.array(slopes), np.diag(self.by_own_quote)))

    @cached_property
    def by_own_quote(self) -> Floats:
        """Derivative of the value of each quoted contract, its terms kept, by its own quote: (quotes,)."""
        legs = [grid.legs(self.y, self.form) for grid in self.own]
        return np.array([-_by_level(self, quote, leg) for quote, leg in zip(self.quotes, legs, strict=True)])


def solve_hazards(
    name: str,
    day: date,
    convention: CreditConvention,
    recovery: float,
    quotes: Sequence[CreditQuote],
    log_discount: LogDiscount,
    knots: Floats,
    *,
    form: Form = "closed",
) -> HazardCurve:
    """The hazard rates at which every quoted contract is fair, the shortest first.

    Raises UserError where no quote is given, two end on one day, the recovery leaves nothing to lose, or no hazard
    rate at or above 0 meets a quote.
    """
    if not quotes:
        raise UserError("has no quotes", value=name)
    if not 0.0 <= recovery <= 1.0 - LEAST_LOSS:
        remedy = "write 0.4 for 40 %"
        raise UserError("a recovery lies between 0 and 0.99", value=recovery, place="recovery", remedy=remedy)
    rising = tuple(sorted(quotes, key=lambda quote: quote.cds.end))
    for before, after in pairwise(rising):
        if before.cds.end == after.cds.end:
            rule = f"{before.tenor} and {after.tenor} of {name} end on one day, {after.cds.maturity}"
            raise UserError(rule, place=after.place, remedy="keep one of them")
    blank = HazardCurve(name, day, convention, recovery, rising, log_discount, knots, form, np.zeros(len(rising)), ())
    own = grids([quote.cds for quote in rising], blank.shape, log_discount, knots, form)
    return _solved(replace(blank, own=own))


def _solved(curve: HazardCurve) -> HazardCurve:
    """One hazard rate after the other: a contract does not see what comes after its own maturity."""
    y = np.zeros(len(curve.quotes))
    for k in range(y.size):
        _solve_one(curve, y, k)
    return replace(curve, y=y)


def _solve_one(curve: HazardCurve, y: Floats, k: int) -> None:
    """Set y from k on to the flat hazard rate at which quote k is met, by Newton. Raises UserError if there is none."""
    quote, grid = curve.quotes[k], curve.own[k]
    before = y[k - 1] if k else 0.0
    since = curve.shape.nodes[k:] - (curve.shape.nodes[k - 1] if k else 0.0)  # years
    hazard, close = _start(curve, quote), False
    for _ in range(ROUNDS):
        y[k:] = before + hazard * since
        legs = grid.legs(y, curve.form)
        miss = _miss(curve, quote, legs)
        if close or not abs(hazard) < MOST:
            break
        close = abs(miss) < CLOSE  # one more step squares it: rounding
        hazard -= miss / float(_slope(curve, quote, legs)[k:] @ since)
    if not (abs(miss) < RESIDUAL and hazard >= 0.0):
        y[k:] = before
        low = grid.legs(y, curve.form)
        least = 1e4 * curve.loss * low.protection / low.premium
        rule = f"no hazard rate at or above 0 meets the quote of {curve.name} {quote.tenor}"
        remedy = f"with no default after the maturity before it, its spread is {least:.4g} bp: look for a slip"
        raise UserError(rule, value=quote.level, place=quote.place, remedy=remedy)


def _start(curve: HazardCurve, quote: CreditQuote) -> float:
    """A first guess: the credit triangle."""
    years = max(quote.cds.end, 0.1)
    spread = quote.spread if quote.spread is not None else quote.coupon + quote.upfront / years
    return max(spread, BP) / curve.loss


def _miss(curve: HazardCurve, quote: CreditQuote, legs: Legs) -> float:
    """Value of what is quoted to the buyer, 0 where the quote is met."""
    coupon = quote.coupon if quote.spread is None else quote.spread
    paid = float(np.exp(curve.log_discount(quote.cds.settled)))
    back = paid * quote.cds.accrued
    upfront = paid * quote.upfront if quote.spread is None else 0.0
    return curve.loss * legs.protection - coupon * (legs.premium - back) - upfront


def _slope(curve: HazardCurve, quote: CreditQuote, legs: Legs) -> Floats:
    coupon = quote.coupon if quote.spread is None else quote.spread
    return curve.loss * legs.protection_slope - coupon * legs.premium_slope


def _by_level(curve: HazardCurve, quote: CreditQuote, legs: Legs) -> float:
    paid = float(np.exp(curve.log_discount(quote.cds.settled)))
    return -paid if quote.spread is None else -(legs.premium - paid * quote.cds.accrued)
