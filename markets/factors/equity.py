"""The main asset: storyline, noise, jumps and the impact of trades."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.asset_law import AssetLaw
from markets.factors.jumps import Jumps
from markets.factors.key import SPOT
from markets.factors.law import NO_CURVES, Levels
from markets.kernels.factors import diffuse, diffused_prices, displaced_prices, prices

if TYPE_CHECKING:
    from markets.factors.memory.path_laws import PathLaws
    from markets.factors.noise import Noise
    from markets.factors.realised import RealisedVol
    from markets.factors.setting import Setting
    from markets.factors.snapshot import Snapshot

Vector = NDArray[np.float64]


class Equity(AssetLaw):
    """ln S = ln L + d + p: outside level, noise bridged to the storyline's anchors, impact.

    d <- keep (decay d + sigma sqrt(years) z + jumps), sigma the realised vol in force at the start of the step.
    Path-dependent laws remember the traded price: they get it at both ends of a step.
    """

    def __init__(self, setting: Setting, realised: RealisedVol, path: PathLaws) -> None:
        line = setting.storyline.spot
        super().__init__(SPOT, setting, float(np.exp(line.level[0])), line)
        self._realised, self.path = realised, path
        self._jumps = Jumps(setting.market.jumps, setting.streams)
        self.displacement = np.zeros_like(
            self.deviation
        )  # d + p at this tick before its trades, ln S; d's own array where p is none

    def step(self, tick: int, noise: Noise, now: Snapshot) -> Levels:
        """Carry d into `tick`."""
        years, keep, sigma = self.years[tick], self.keep[tick], self._realised.in_force(self.tick, now)
        jumps = self._jumps.step(years) if self._jumps.any else None
        if self.path and self.path.ends(self.tick):
            self.path.leave(self.tick, self._log_price(self.displaced()))
        self.trades.decay(years)
        drift = keep, self.decay[tick], self.gathered[tick] * keep, sigma, noise.common, self.deviation
        self.tick = tick
        if jumps is None and not self.trades.moved:
            spot, self.displacement = np.empty(self.deviation.size), self.deviation
            self.is_finite = diffused_prices(*drift, self.line[tick], self.price.flat, spot)
            moved: Levels = {SPOT: spot}, NO_CURVES
        else:
            diffuse(*drift)
            if jumps is not None:
                self.deviation += keep * jumps
            moved = self.levels()
        if self.path:
            self.path.arrive(tick, self._log_price(self.displacement))
        return moved

    def levels(self) -> Levels:
        """The price."""
        trades, deviation, level, flat = self.trades, self.deviation, self.line[self.tick], self.price.flat
        if not trades.moved:
            spot, self.displacement = np.empty(deviation.size), deviation
            self.is_finite = prices(level, flat, deviation, spot)
            return {SPOT: spot}, NO_CURVES
        spot, displacement = np.empty((2, deviation.size))
        moves = trades.permanent, trades.transient
        self.is_finite = displaced_prices(level, flat, deviation, *moves, displacement, spot)
        self.displacement = displacement
        return {SPOT: spot}, NO_CURVES

    def _log_price(self, displacement: Vector) -> Vector:
        """ln S at this tick, (paths,)."""
        spot: Vector = self.line[self.tick] + displacement
        return spot

    def realised_vol(self, now: Snapshot) -> Vector:
        """Vol of the noise from this tick to the next, (paths,) a year."""
        return self._realised.at(self.tick, now)

    def if_nobody_trades(self, now: Snapshot, shock: Vector) -> Vector:
        """The price (paths,) $ at the next tick for a known shock of the step, without jumps and trades."""
        tick, sigma = self.tick + 1, self.realised_vol(now)
        keep, left = self.keep[tick], self.decay[tick] * self.deviation
        noise: Vector = keep * left + np.sqrt(sigma * sigma * self.gathered[tick] * keep) * shock
        return self.price.at(self.line[tick], noise + self.trades.after(self.years[tick]))
