"""Credit default swaps."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, ClassVar, Self

from markets.credit.contract import cds_of, maturity_after
from markets.curves.dates import parse_tenor
from markets.products.cds_table import CdsTable
from markets.products.product import Takes, check_finite, notional_of
from sim.dataclass import dataclass

if TYPE_CHECKING:
    from markets.credit.contract import Cds as Contract
    from markets.products.product import Compile, Line
    from markets.products.start import Start


@dataclass(frozen=True, kw_only=True)
class Cds:
    """Protection on a name against a quarterly coupon; on default it pays what the auction leaves of the notional.

    notional: > 0 is protected, < 0 protects. coupon: decimal a year; None: at par at the start.
    """

    table: ClassVar[Compile] = CdsTable
    takes: ClassVar[Takes] = Takes(
        strike="none",
        rate=True,
        any_day=True,
        notional="> 0 buys protection, < 0 sells it",
        more=("credit",),
        must=("credit",),
    )

    notional: float
    credit: str
    maturity: date
    coupon: float | None = None

    def __post_init__(self) -> None:
        check_finite(self.notional, "notional")
        if self.coupon is not None:
            check_finite(self.coupon, "fixed_rate")

    @classmethod
    def parse(cls, line: Line, start: Start) -> Self:
        """From a line of a book. Raises UserError for what it lacks."""
        name = start.credit(line.credit)
        maturity = line.expiry or maturity_after(start.day, parse_tenor(f"{line.months}M"), name.convention)
        return cls(notional=notional_of(line), credit=line.credit, maturity=maturity, coupon=line.fixed_rate)

    @property
    def label(self) -> str:
        """What tables call it."""
        coupon = "par" if self.coupon is None else f"{1e4 * self.coupon:.6g} bp"
        return f"CDS {self.credit} {coupon} {self.maturity}"

    @property
    def size(self) -> float:
        """Signed size, $ notional."""
        return self.notional

    def gross(self, spot: float) -> float:
        """$ notional, without sign."""
        return abs(self.notional)

    def contract(self, start: Start) -> Contract:
        """Its dates. Raises UserError where it is over by the start."""
        return cds_of(start.day, self.maturity, start.credit(self.credit).convention)
