"""The leverage ratio: a share of everything that a desk holds, whatever its risk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from agents.funding.capital import CapitalModel
from sim.params import param

if TYPE_CHECKING:
    from agents.funding.portfolio import Portfolio

Vector = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class LeverageRatio(CapitalModel):
    """share x gross exposure: notional of all derivatives and value of all assets, long and short added up.

    The Basel III ratio has the same share, but counts a derivative by its replacement cost and an add-on rather than
    by its notional (BCBS, Basel III: Finalising post-crisis reforms, December 2017, "Leverage ratio").
    """

    kind: ClassVar[str] = "leverage_ratio"
    share: float = param(0.03, unit="share of gross exposure", help="equity that is required", gt=0, le=1)

    def required(self, portfolio: Portfolio) -> Vector:
        required: Vector = self.share * portfolio.gross_exposure()
        return required
