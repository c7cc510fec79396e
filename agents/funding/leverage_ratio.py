"""The leverage ratio: a share of everything that a desk holds, whatever its risk."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from agents.capital.netting_set import NettingSet
from agents.capital.sa_ccr import ALPHA, exposure
from agents.funding.book_trades import book_trades
from agents.funding.capital import CapitalModel
from sim.dataclass import dataclass
from sim.params import param

if TYPE_CHECKING:
    from agents.funding.portfolio import Portfolio

Vector = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class LeverageRatio(CapitalModel):
    """share x exposure: value of all assets, long and short added up, and what derivatives count for.

    By `notional` these count with all of it. By `add_on`, as the Basel III ratio has it, with 1.4 (replacement cost +
    add-on) of SA-CCR, the multiplier being 1 (LEV30.14 to 30.17; BCBS, Basel III: Finalising post-crisis reforms,
    December 2017, "Leverage ratio").
    """

    kind: ClassVar[str] = "leverage_ratio"
    share: float = param(0.03, unit="share of exposure", help="equity that is required", gt=0, le=1)
    measure: Literal["notional", "add_on"] = param(
        "notional", help="derivatives count with their notional, or with replacement cost and add-on"
    )

    def required(self, portfolio: Portfolio) -> Vector:
        if self.measure == "notional":
            required: Vector = self.share * portfolio.gross_exposure()
            return required
        found = exposure(NettingSet(book_trades(portfolio), np.zeros(portfolio.paths)))
        counted: Vector = portfolio.assets_held() + ALPHA * (found.replacement + found.add_on)
        return self.share * counted
