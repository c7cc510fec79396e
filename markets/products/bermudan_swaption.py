"""Options on swaps with several exercise dates."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from markets.products.bermudan_table import BermudanTable
from markets.products.swaption_terms import SwaptionTerms
from sim.dataclass import dataclass

if TYPE_CHECKING:
    from markets.products.product import Compile


@dataclass(frozen=True, kw_only=True)
class BermudanSwaption(SwaptionTerms):
    """The right to enter a swap to a fixed maturity, once, at `expiry` or at the start of any later fixed period.

    At a later date what is entered is the rest of the swap. Settled in cash for what that is then worth on the curve of
    the path. Valued in a Hull-White model with the vol that, at the start, is closest to `normal_vol` for the European
    options on the same swaps. Who holds it exercises where that is worth more than waiting, path by path.
    """

    table: ClassVar[Compile] = BermudanTable
    called: ClassVar[str] = "bermudan "
