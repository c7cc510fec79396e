"""The main asset: storyline, noise, jumps and the impact of trades."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.asset_law import AssetLaw
from markets.factors.jumps import Jumps
from markets.factors.key import SPOT
from markets.factors.law import NO_CURVES, Levels
from markets.kernels.factors import diffuse, diffused_prices, displaced_prices, prices, traded_prices

if TYPE_CHECKING:
    from markets.factors.key import FactorKey
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
        gathered = [years * keep for years, keep in zip(self.gathered, self.keep, strict=True)]
        self._drift = list(zip(self.keep, self.decay, gathered, strict=True))  # of the step into each tick
        self._flat = self.price.flat
        self.displacement = np.zeros_like(
            self.deviation
        )  # d + p at this tick before its trades, ln S; d's own array where p is none

    def step(self, tick: int, noise: Noise, now: Snapshot) -> Levels:
        """Carry d into `tick`."""
        path, trades = self.path, self.trades
        if path.ends[self.tick]:
            path.leave(self.tick, self._log_price(self.displaced()))
        deviation = self.deviation
        vol, ratio = self._realised.in_force(self.tick, now)
        driven = vol, noise.common, deviation
        self.tick = tick
        if self._jumps.any:
            moved = self._jumped(tick, ratio * vol, noise)
        elif trades.moved:
            self.displacement, spot = np.empty((2, deviation.size))
            impact = trades.permanent, trades.transient, self.displacement
            self.is_finite = traded_prices(*self._drift[tick], ratio, *driven, *self._level[tick], *impact, spot)
            moved = {SPOT: spot}, NO_CURVES
        else:
            spot, self.displacement = np.empty(deviation.size), deviation
            self.is_finite = diffused_prices(*self._drift[tick], ratio, *driven, self.line[tick], self._flat, spot)
            moved = {SPOT: spot}, NO_CURVES
        if path.laws:
            path.arrive(tick, self.line[tick] + self.displacement)
        return moved

    def _jumped(self, tick: int, sigma: Vector, noise: Noise) -> Levels:
        """The step with jumps, which come between the noise and the price."""
        jumps = self._jumps.step(self.years[tick])
        self.trades.decay(self.years[tick])
        diffuse(*self._drift[tick], sigma, noise.common, self.deviation)
        if jumps is not None:
            self.deviation += self.keep[tick] * jumps
        return self.levels()

    def let_move(self, key: FactorKey, permanent_share: float, resilience: float) -> None:
        """Let trades displace the price."""
        super().let_move(key, permanent_share, resilience)
        left, flat = map(self.trades.left, self.years), repeat(self.price.flat)
        self._level = list(zip(left, self.line, flat, strict=False))  # of the step into each tick

    def levels(self) -> Levels:
        """The price."""
        trades, deviation, level, flat = self.trades, self.deviation, self.line[self.tick], self._flat
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
