"""Further risky assets: correlated prices beside the main one, each with a venue of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.asset_noise import AssetNoise
from markets.factors.price import PriceLaw
from markets.factors.storyline import asset_level

if TYPE_CHECKING:
    from markets.spec import AssetSpec, MarketSpec
    from sim.clock import Clock
    from sim.streams import Streams

Vector = NDArray[np.float64]
MAIN = "asset"  # name of the main asset


def correlation_matrix(assets: tuple[AssetSpec, ...]) -> NDArray[np.float64]:
    """Correlations of the main asset, then the others, (1 + n, 1 + n)."""
    names = [MAIN, *(asset.name for asset in assets)]
    with_main = np.array([1.0, *(asset.correlation.get(MAIN, 0.0) for asset in assets)])
    matrix = np.outer(with_main, with_main)
    for row, asset in enumerate(assets, 1):
        for other, value in asset.correlation.items():
            matrix[row, names.index(other)] = matrix[names.index(other), row] = value
    np.fill_diagonal(matrix, 1.0)
    return matrix


class OtherAssets:
    """Noise of the further assets, (n, paths), bridged to their own anchors as the main asset's is."""

    def __init__(self, specs: tuple[AssetSpec, ...], clock: Clock, streams: Streams, market: MarketSpec) -> None:
        self.specs = specs
        self.names = [spec.name for spec in specs]
        self.laws = {spec.name: PriceLaw(spec.spot, market.price_model == "normal") for spec in specs}
        self.levels = [asset_level(spec, clock) for spec in specs]
        self.deviation = np.zeros((len(specs), streams.paths))
        self._noise = AssetNoise(specs, correlation_matrix(specs), streams)
        self._weight = 1.0 - market.dispersion

    def step(self, tick: int, variance_time: float, decay: float, main_shock: Vector, vol_ratio: Vector) -> None:
        """Carry the noise into `tick`; `variance_time` is the years of variance that a reverting noise gathers."""
        shocks = self._noise.step(main_shock)
        for row, (spec, level) in enumerate(zip(self.specs, self.levels, strict=True)):
            keep = 1.0 - self._weight * float(level.pull[tick])
            sigma = self.realised_vol(spec.name, vol_ratio)
            self.deviation[row] = (
                keep * decay * self.deviation[row] + sigma * np.sqrt(variance_time * keep) * shocks[row]
            )

    def price(self, tick: int, name: str, impact: Vector | float) -> Vector:
        """Level, noise and impact together, (paths,) $."""
        row = self.names.index(name)
        return self.laws[name].at(float(self.levels[row].level[tick]), self.deviation[row] + impact)

    def realised_vol(self, name: str, vol_ratio: Vector) -> Vector:
        """Vol of an asset's noise where implied vol is `vol_ratio` of base vol, (paths,) a year."""
        spec = self.specs[self.names.index(name)]
        vol: Vector = spec.vol * vol_ratio**spec.vol_power
        return vol
