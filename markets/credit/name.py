"""A name as books and venues see it: its hazard rates at the start, and the factor that moves them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import default_key, name_key
from sim.dataclass import dataclass

if TYPE_CHECKING:
    from markets.credit.contract import CreditConvention
    from markets.curves.quoted_curve import QuotedCurve
    from markets.factors.key import FactorKey

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CreditName:
    """Survival to T from now is exp(-m H(T)), H as at the start, m the present spread over that at the start.

    start: ln of the spread at the start, decimal.
    """

    name: str
    start: float
    curve: QuotedCurve
    recovery: float
    convention: CreditConvention
    defaults: bool = False
    cash_share: float = 1.0  # of a move of ln spread that bonds show at once
    cash_days: float = 0.0  # trading days after which half of the rest shows

    @property
    def key(self) -> FactorKey:
        """ln of its spread."""
        return name_key(self.name)

    @property
    def default(self) -> FactorKey:
        """What its default has cost."""
        return default_key(self.name)

    @property
    def hazard(self) -> float:
        """Hazard rate of default at the start, 1/year: that before the shortest maturity quoted."""
        return float(self.curve.y[0] / self.curve.years[0])

    def cumulative(self, years: Floats) -> Floats:
        """H at times of any shape, 0 before now."""
        return -self.curve.log_discount(np.maximum(years, 0.0))
