"""The common part of all laws of prices: one price, displaced by trades."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.impact import Impact
from markets.factors.law import Law
from markets.factors.price import PriceLaw
from markets.factors.reversion import reversion

if TYPE_CHECKING:
    from markets.factors.key import FactorKey
    from markets.factors.level import Level
    from markets.factors.setting import Setting
    from markets.factors.snapshot import Snapshot

Vector = NDArray[np.float64]


class AssetLaw(Law):
    """The law of one asset's price: outside level, noise, impact."""

    trades: Impact  # ln S

    def __init__(self, key: FactorKey, setting: Setting, spot0: float, line: Level) -> None:
        """spot0: $ at the start. line: ln of the outside price."""
        market, years = setting.market, np.diff(setting.clock.variance_years, prepend=0.0)
        stays = reversion(market.spot_reversion, years)
        self.keys = (key,)
        self.price = PriceLaw(spot0, market.price_model == "normal")
        self.line: list[float] = line.level.tolist()  # ln, at every tick
        # of the step into each tick:
        self.years: list[float] = years.tolist()
        self.keep: list[float] = line.kept(market.dispersion).tolist()  # share of the noise left by the bridge
        self.decay: list[float] = stays.decay.tolist()
        self.gathered: list[float] = stays.gathered.tolist()  # years of variance
        self.tick = 0
        self.deviation = np.zeros(setting.streams.paths)  # noise, ln S
        self._days_a_year = setting.clock.days_a_year
        self.let_move(key, 1.0, 0.0)

    @abstractmethod
    def realised_vol(self, now: Snapshot) -> Vector:
        """Vol of the noise from this tick, at which the market is `now`, to the next: (paths,) decimal a year."""

    def let_move(self, key: FactorKey, permanent_share: float, resilience: float) -> None:
        """Let trades displace the price."""
        rows = np.zeros((2, self.deviation.size))
        self.trades = Impact(rows, permanent_share, resilience, self._days_a_year)
        self.impact = {key: self.trades}

    def displace(self, key: FactorKey, move: Vector, level: Vector) -> Vector:
        """Move ln S, or S under the normal law."""
        self.trades.add(move)
        return self.price.moved(level, move)

    def displaced(self) -> Vector:
        """Noise and impact together, (paths,) ln S. Until trades have moved the price it is the noise's own array."""
        return self.deviation + self.trades.total if self.trades.moved else self.deviation
