"""The other side of a desk's book: who it is, and what it posts; parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from markets.plausible import DAYS, SPEED, YIELD_VOL
from sim.dataclass import dataclass
from sim.nearest import nearest
from sim.params import param

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.place import Place


@dataclass(frozen=True, kw_only=True)
class CounterpartyTerms:
    """Whom all swaps of a book are with, as one netting set, and how its credit value adjustment (CVA) is found.

    CVA = loss x sum over future intervals of expected exposure x probability of a default in it, by the Hull-White
    model on the path's own curve and the name's present hazard rates.
    """

    credit: str = param(help="the one of `market.credits` that the book is with", longest=40)
    collateralised: bool = param(False, help="whether it exchanges variation margin on the book")
    threshold: float = param(
        0.0, unit="$", help="value of the whole book that margin leaves open, on either side", ge=0
    )
    margin_days: float = param(
        10.0,
        unit="trading days",
        help="from the last margin exchanged to the end of the book in a default",
        ge=0,
        plausible=DAYS,
    )
    reversion: float = param(
        0.03, unit="1/year", help="of the short rate in future exposures", ge=1e-6, le=10, plausible=SPEED
    )
    sigma: float | None = param(
        None,
        unit="decimal per sqrt(year)",
        help="vol of the short rate there (default: the market's vol of rates, or `market.rates.normal_vol`)",
        ge=1e-6,
        le=0.5,
        plausible=YIELD_VOL,
    )
    looked_at: Literal["middle", "end"] = param(
        "middle", help="when in an interval a default finds the exposure: its middle or its end"
    )
    step_months: int = param(6, unit="months", help="length of the longest interval", gt=0, le=120)

    def check(self, names: Sequence[str], at: Place) -> None:
        """Raise UserError for a name that is not quoted, or a threshold without margin. names: that are quoted."""
        if self.credit not in names:
            remedy = nearest(self.credit, list(names)) if names else f"quote it in [market.credits.{self.credit}]"
            raise at.at("credit").error("no such name", value=self.credit, remedy=remedy)
        if self.threshold and not self.collateralised:
            remedy = "write collateralised = true, or leave it out"
            raise at.at("threshold").error("there is no margin that it limits", value=self.threshold, remedy=remedy)
