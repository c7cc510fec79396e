"""Capital for counterparty risk by SA-CCR, from a desk's own derivatives."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from agents.capital.netting_set import Margining, NettingSet
from agents.capital.sa_ccr import exposure
from agents.funding.book_trades import book_trades
from agents.funding.capital import CapitalModel
from markets.plausible import DAYS
from sim.dataclass import dataclass
from sim.params import param

if TYPE_CHECKING:
    from agents.funding.portfolio import Portfolio

Vector = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class SaCcrCapital(CapitalModel):
    """ratio x risk weight x exposure at default of the derivatives of each netting set, added up (CRE52).

    With a margin period all gains and losses are exchanged in cash every day: replacement cost is zero, and add-ons
    have the margin period's factor. Without one nothing is.
    """

    kind: ClassVar[str] = "sa_ccr"
    by_set: ClassVar[bool] = True
    ratio: float = param(0.08, unit="share of weighted exposure", help="equity that is required", gt=0, le=1)
    risk_weight: float = param(1.0, help="of the counterparty", gt=0, le=12.5)
    mpor_days: float = param(
        0.0, unit="business days", help="margin period of risk; 0: no margin agreement", ge=0, le=250, plausible=DAYS
    )

    def required(self, portfolio: Portfolio) -> Vector:
        trades = book_trades(portfolio)
        worth = sum((trade.value for trade in trades), np.zeros(portfolio.paths))
        margined = self.mpor_days > 0
        terms = Margining(period_days=self.mpor_days) if margined else None
        netting = NettingSet(trades, worth if margined else np.zeros(portfolio.paths), terms)
        required: Vector = self.ratio * self.risk_weight * exposure(netting).at_default
        return required
