"""European options on swaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from markets.products.rate_option_table import Optionlet, RateOptionTable, par, vol_of
from markets.products.swaption_terms import SwaptionTerms
from sim.dataclass import dataclass
from sim.errors import UserError

if TYPE_CHECKING:
    from markets.products.product import Compile
    from markets.products.start import Start
    from sim.clock import Clock


@dataclass(frozen=True, kw_only=True)
class Swaption(SwaptionTerms):
    """The right to enter a swap at the close of `expiry` that runs `swap_months` from there.

    Settled in cash for what the swap is then worth on the curve of the path: notional A max(F - K, 0) for a payer, with
    the annuity A and the par rate F of a `Swap`. Before, notional A times the value of the option on F by Bachelier's
    formula, with a normal vol that accrues in trading time.
    """

    table: ClassVar[Compile] = RateOptionTable

    def optionlets(self, clock: Clock, start: Start) -> list[Optionlet]:
        """The one option that it is. Raises UserError where it expires by the start."""
        if clock.seconds(self.expiry) <= int(clock.ticks[0]):
            remedy = "choose a later date"
            raise UserError("a swaption expires after the start", value=str(self.expiry), place="expiry", remedy=remedy)
        swap = self.swap
        one = Optionlet(
            expiry=self.expiry,
            paid=self.expiry,
            sign=1.0 if self.side == "payer" else -1.0,
            notional=self.notional,
            fixed=tuple(swap.fixed_leg(self.expiry)),
            floating=tuple(swap.float_leg(self.expiry)),
        )
        strike = par([one], clock, start) if self.fixed_rate is None else self.fixed_rate
        one = one._replace(strike=strike)
        return [one._replace(vol=vol_of(one, self.normal_vol, clock, start))]
