"""What a book is fixed against when it is compiled."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import SPOT, USD, VOL
from markets.factors.snapshot import Snapshot
from sim.errors import UserError


@dataclass(frozen=True, kw_only=True)
class Start:
    """The starting market, the same on all paths, and the shape of smile and curves."""

    snapshot: Snapshot  # one path
    skew: float = 0.0  # see markets.vols.smile
    term_reversion: float = 0.0  # 1/year
    dividend_yield: float = 0.0  # decimal a year, continuous
    projection_spread: float = 0.0  # decimal, projection zero curve minus discount zero curve

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

    @property
    def nodes(self) -> NDArray[np.float64]:
        """Zero rates of the discount curve, (nodes,) decimal."""
        return self.snapshot.block(USD)[:, 0]
