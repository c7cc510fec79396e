"""Capital for market risk by the standardised approach (FRTB), from a desk's own positions."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from agents.capital.frtb import frtb, risk_classes
from agents.funding.book_sensitivities import BookSensitivities
from agents.funding.capital import CapitalModel
from markets.plausible import FACTOR
from sim.dataclass import dataclass
from sim.params import param

if TYPE_CHECKING:
    from agents.funding.portfolio import Portfolio

Vector = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class FrtbCapital(CapitalModel):
    """multiple x the charge on delta, vega and curvature of book and hedges, on defaults and on residual risks.

    MAR20 to MAR23 of the Basel framework, in dollars. The asset is an equity of `equity_bucket`. Only names of credit
    default swaps default here: all of one bucket and rating.
    """

    kind: ClassVar[str] = "frtb"
    multiple: float = param(1.0, help="of the charge that is required", gt=0, plausible=FACTOR)
    equity_bucket: int = param(12, help="of the main asset, 1 to 13: 12 is an index of large companies", ge=1, le=13)
    asset_bucket: int = param(8, help="of further assets, 1 to 13: 5 to 8 are large companies", ge=1, le=13)

    credit_bucket: int = param(4, help="of names of credit default swaps, 1 to 18: 4 is industry", ge=1, le=18)
    credit_rating: Literal["AAA", "AA", "A", "BBB", "BB", "B", "CCC", "unrated"] = param(
        "BBB", help="of those names, for the default risk charge"
    )

    def required(self, portfolio: Portfolio) -> Vector:
        sensitivities = BookSensitivities(
            portfolio,
            risk_classes(),
            equity=str(self.equity_bucket),
            others=str(self.asset_bucket),
            names=str(self.credit_bucket),
            rating=self.credit_rating,
        )
        required: Vector = self.multiple * frtb(sensitivities.positions(), paths=portfolio.paths).total
        return required
