"""What every option on a swap says of itself."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, ClassVar, Self

from markets.products.dates import add_months
from markets.products.of_notional import OfNotional
from markets.products.product import Side, Takes, check_finite, check_vol, expiry_of
from markets.products.swap import Swap
from sim.dataclass import dataclass
from sim.errors import UserError

if TYPE_CHECKING:
    from markets.products.product import Line
    from markets.products.start import Start


@dataclass(frozen=True, kw_only=True)
class SwaptionTerms(OfNotional):
    """The right to enter a swap that runs `swap_months` from `expiry`, the first day on which it can be entered."""

    called: ClassVar[str] = ""  # before its side, in tables
    takes: ClassVar[Takes] = Takes(
        strike="none",
        rate=True,
        side=True,
        swap=True,
        vol=True,
        notional="> 0 has bought it, < 0 has sold it",
        why="a swaption has none; its strike is `fixed_rate`, its size is `notional`",
    )

    side: Side
    notional: float  # $; negative: the desk has sold it
    expiry: date
    swap_months: int
    fixed_rate: float | None = None  # decimal; None: the forward par rate at the start
    normal_vol: float | None = None  # decimal per sqrt(trading year); None: the market's
    fixed_months: int = 6
    float_months: int = 3

    def __post_init__(self) -> None:
        check_finite(self.notional, "notional")
        if self.side not in ("payer", "receiver"):
            raise UserError("a swaption is a payer or a receiver", value=self.side, place="side")
        if self.fixed_rate is not None:
            check_finite(self.fixed_rate, "fixed_rate")
        check_vol(self.normal_vol)
        if self.swap_months < 1:
            raise UserError("a swaption's swap lasts at least a month", value=self.swap_months, place="swap_months")

    @classmethod
    def parse(cls, line: Line, start: Start) -> Self:
        """From a line of a book. Raises UserError for what it lacks."""
        if line.notional is None or line.side is None or line.swap_months is None:
            raise UserError("a swaption has `notional`, `side` and `swap_months`", remedy="give all three")
        return cls(
            side=line.side,
            notional=line.notional,
            expiry=expiry_of(line, start),
            swap_months=line.swap_months,
            fixed_rate=line.fixed_rate,
            normal_vol=line.normal_vol,
        )

    @property
    def label(self) -> str:
        """What tables call it."""
        rate = "at the money" if self.fixed_rate is None else f"{100 * self.fixed_rate:.6g} %"
        return f"{self.called}{self.side} swaption {rate} {self.expiry} into {self.swap_months} months"

    @property
    def swap(self) -> Swap:
        """What is entered at `expiry`, receiving fixed on 1 $; its rate is that of a position with a strike."""
        return Swap(
            notional=1.0,
            start=self.expiry,
            maturity=add_months(self.expiry, self.swap_months),
            fixed_rate=self.fixed_rate,
            fixed_months=self.fixed_months,
            float_months=self.float_months,
        )
