"""What a book is fixed against when it is compiled."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from markets.curves.curve import Curve, usd_curve
from markets.factors.key import SPOT, VOL
from markets.factors.snapshot import Snapshot
from markets.specs.rates import NORMAL_VOL
from sim.errors import UserError


@dataclass(frozen=True, kw_only=True)
class Start:
    """The starting market, the same on all paths, and the shape of smile and curves."""

    day: date
    snapshot: Snapshot  # one path
    curve: Curve = field(default_factory=usd_curve)  # that all is discounted on
    skew: float = 0.0  # see markets.vols.smile
    term_reversion: float = 0.0  # 1/year
    dividend_yield: float = 0.0  # decimal a year, continuous
    projection_spread: float = 0.0  # decimal, projection zero curve minus discount zero curve
    normal_vol: float = NORMAL_VOL  # decimal per sqrt(trading year), of forward swap rates

    def __post_init__(self) -> None:
        for name in ("spot0", "vol_base"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise UserError("the starting spot and vol are positive", value=getattr(self, name), place=name)
        if not self.term_reversion >= 0:
            raise UserError("a reversion is not negative", value=self.term_reversion, place="term_reversion")

    @property
    def spot0(self) -> float:
        """$, to which strikes' vol multiples refer."""
        return float(self.snapshot.row(SPOT)[0])

    @property
    def vol_base(self) -> float:
        """Decimal, 30-day implied vol."""
        return float(self.snapshot.row(VOL)[0])

    def log_discount(self, weights: NDArray[np.float64]) -> float:
        """-ln DF, or a difference of two, by weights of the nodes, (nodes,) years."""
        return float(weights @ self.snapshot.block(self.curve.block)[:, 0])

    def discount(self, years: float) -> float:
        """Discount factor on the starting curve, $ per $."""
        return float(np.exp(self.log_discount(-self.curve.weights(years))))

    def forward_rate(self, begin: float, end: float) -> float:
        """P(begin) / P(end) - 1 on the starting projection curve P = DF exp(-spread t), times in years."""
        growth = self.log_discount(self.curve.weights(end) - self.curve.weights(begin))
        return float(np.expm1(growth + self.projection_spread * (end - begin)))

    def forward_price(self, years: float) -> float:
        """S e^((z - q) t) on the starting curve, $."""
        return float(self.spot0 * np.exp(self.log_discount(self.curve.weights(years)) - self.dividend_yield * years))
