"""Bonds and loans of names that may default."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from markets.products.dates import schedule, thirty_360
from markets.products.of_notional import OfNotional
from markets.products.product import Takes, check_finite, expiry_of, notional_of
from markets.products.risky_bond_table import RiskyBondTable
from sim.dataclass import dataclass
from sim.errors import UserError

if TYPE_CHECKING:
    from markets.products.product import Compile, Line
    from markets.products.start import Start

BOND, LOAN = "risky_bond", "loan"
A_YEAR = {BOND: 2, LOAN: 4}  # coupons
MONTHS = 12


@dataclass(frozen=True, kw_only=True)
class RiskyBond(OfNotional):
    """A fixed coupon (30/360), or of a loan the floating rate and something over it (act/360), of a name.

    Valued off the name's hazard rates, as bonds see them, and a continuous basis that stays: the one given, or the one
    at which the bond is worth its price. Periods run back from the maturity; a day off is not moved.
    """

    table: ClassVar[Compile] = RiskyBondTable
    takes: ClassVar[Takes] = Takes(
        strike="none",
        rate=True,
        any_day=True,
        notional="> 0 holds the debt, < 0 is short of it",
        more=("credit", "start", "spread", "price", "frequency"),
        must=("credit",),
        why="it has none; its coupon is `fixed_rate`, its face is `notional`",
    )

    notional: float  # face
    credit: str
    maturity: date
    floating: bool = False
    rate: float | None = None  # coupon, or over the floating rate, decimal; None: worth its face at the start
    basis: float = 0.0  # decimal, continuous
    price: float | None = None  # clean, per 100, in place of a basis
    begin: date | None = None  # of the coupon under way, or before; None: the first day
    frequency: int = 2  # coupons a year

    def __post_init__(self) -> None:
        for name in ("notional", "basis"):
            check_finite(getattr(self, name), name)
        if self.rate is not None:
            check_finite(self.rate, "fixed_rate")
        if MONTHS % self.frequency:
            raise UserError("coupons are whole months apart", value=self.frequency, place="frequency", remedy="2 or 4")

    @classmethod
    def parse(cls, line: Line, start: Start) -> Self:
        """From a line of a book. Raises UserError for what it lacks."""
        start.credit(line.credit)
        if line.spread is not None and line.price is not None:
            rule, remedy = "has a price or a spread, not both", "leave one out"
            raise UserError(rule, value=line.spread, place="spread", remedy=remedy)
        if line.price is not None and line.fixed_rate is None:
            raise UserError("a price belongs to a coupon", value=line.price, place="price", remedy="give `fixed_rate`")
        if line.start is not None and line.start > start.day:
            rule = "debt has been issued by the start"
            raise UserError(rule, value=str(line.start), place="start", remedy=f"on {start.day} or before")
        return cls(
            notional=notional_of(line),
            credit=line.credit,
            maturity=expiry_of(line, start),
            floating=line.kind == LOAN,
            rate=line.fixed_rate,
            basis=line.spread or 0.0,
            price=line.price,
            begin=line.start,
            frequency=line.frequency or A_YEAR[line.kind],
        )

    @property
    def label(self) -> str:
        """What tables call it."""
        rate = "par" if self.rate is None else f"{100 * self.rate:.6g} %"
        over = "floating + " if self.floating else ""
        return f"{'loan' if self.floating else 'bond'} {self.credit} {over}{rate} {self.maturity}"

    def periods(self, start: Start) -> tuple[list[date], NDArray[np.float64]]:
        """Bounds of the periods not over at the start, and years of each coupon. Raises UserError if there are none."""
        days = schedule(self.begin or start.day, self.maturity, MONTHS // self.frequency)
        alive = [*(day for day in days[:-1] if day <= start.day)][-1:] + [day for day in days if day > start.day]
        if len(alive) < 2:
            rule = "debt matures after the start"
            raise UserError(rule, value=str(self.maturity), place="expiry", remedy="choose a later date")
        count = _act_360 if self.floating else thirty_360
        return alive, np.array([count(a, b) for a, b in pairwise(alive)])


def _act_360(start: date, end: date) -> float:
    return (end - start).days / 360
