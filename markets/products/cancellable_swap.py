"""Swaps that one side may cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from markets.products.bermudan_swaption import BermudanSwaption
from markets.products.bermudan_table import BermudanTable
from markets.products.product import Takes
from markets.products.swap import Swap
from markets.products.swaption_terms import SwaptionTerms
from sim.dataclass import dataclass
from sim.errors import UserError

if TYPE_CHECKING:
    from markets.products.product import Compile, Instrument


@dataclass(frozen=True, kw_only=True)
class CancellableSwap(SwaptionTerms):
    """A swap from the start to `swap_months` after `expiry`, of which who holds it may drop the rest.

    It may be dropped on `expiry`, or at the start of any later fixed period. A payer of fixed who may drop the swap
    holds it, and the right to receive on the same terms: swap + Bermudan receiver. Both are valued as they are by
    themselves.
    """

    table: ClassVar[Compile] = BermudanTable
    called: ClassVar[str] = "cancellable "
    takes: ClassVar[Takes] = SwaptionTerms.takes._replace(
        must=("fixed_rate",),
        why="a cancellable swap has none; its rate is `fixed_rate`, its size is `notional`",
        notional="> 0 may cancel it, < 0 has given the other side the right",
    )

    @property
    def label(self) -> str:
        """What tables call it."""
        return super().label.replace("swaption", "swap")

    @property
    def parts(self) -> tuple[Instrument, ...]:
        """The swap and the option. Raises UserError without a rate."""
        if self.fixed_rate is None:
            rule, remedy = "a cancellable swap has a fixed rate", "give `fixed_rate`: 0.04 is 4 %"
            raise UserError(rule, place="fixed_rate", remedy=remedy)
        sign, other = (-1.0, "receiver") if self.side == "payer" else (1.0, "payer")
        held = Swap(notional=sign * self.notional, maturity=self.swap.maturity, fixed_rate=self.fixed_rate)
        mine = {f: getattr(self, f) for f in ("notional", "expiry", "swap_months", "fixed_rate", "normal_vol")}
        return held, BermudanSwaption(side=other, **mine)  # type: ignore[arg-type]
