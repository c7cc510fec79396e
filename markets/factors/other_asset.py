"""A further risky asset: a price beside the main one, with a storyline and a venue of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.asset_law import AssetLaw
from markets.factors.asset_vol import AssetVol
from markets.factors.key import VOL, FactorKey
from markets.factors.law import Moved
from markets.factors.storyline import asset_level

if TYPE_CHECKING:
    from markets.factors.noise import Noise
    from markets.factors.setting import Setting
    from markets.factors.snapshot import Snapshot
    from markets.spec import AssetSpec

Vector = NDArray[np.float64]


class OtherAsset(AssetLaw):
    """ln S = ln L + x + p: x correlates with the main asset's noise and is bridged to the asset's own anchors."""

    def __init__(self, setting: Setting, spec: AssetSpec, vol_base: float) -> None:
        """vol_base: implied vol of the market at the start."""
        super().__init__(FactorKey("spot", spec.name), setting, spec.spot, asset_level(spec, setting.clock))
        self._spec, self._vol_base = spec, vol_base
        self.vol = (
            None if spec.implied is None else AssetVol(setting, spec, self.displaced, vol_base)
        )  # its own, if any

    def step(self, tick: int, noise: Noise, now: Snapshot) -> Moved:
        """Carry x into `tick`."""
        keep, sigma = self.keep[tick], self.realised_vol(now)
        scale = sigma * np.sqrt(self.gathered[tick] * keep)
        self.deviation = keep * self.decay[tick] * self.deviation + scale * noise.assets[self._spec.name]
        self.trades.decay(self.years[tick])
        self.tick = tick
        return self.levels()

    def levels(self) -> Moved:
        """The price."""
        price = self.price.at(self.line[self.tick], self.displaced())
        self.is_finite = bool(np.isfinite(price).all())
        return Moved({self.keys[0]: price})

    def realised_vol(self, now: Snapshot) -> Vector:
        """`vol` (s/s_base)^vol_power, or x its own vol over that at the start, (paths,) a year."""
        if self.vol is not None:
            return self._spec.vol * self.vol.realised_ratio(now)
        ratio = now.row(VOL) / self._vol_base
        vol: Vector = self._spec.vol * ratio**self._spec.vol_power
        return vol
