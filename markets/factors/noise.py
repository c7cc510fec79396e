"""Shocks of a step that several laws share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.asset_noise import AssetNoise, correlation_matrix

if TYPE_CHECKING:
    from markets.spec import AssetSpec
    from sim.streams import Streams

Vector = NDArray[np.float64]
SPOT_NOISE = "market/spot"  # stream


class Noise:
    """Standard normals of one step, (paths,) each: the main asset's, with which others correlate, and the assets'."""

    common: Vector
    assets: dict[str, Vector]  # of the further assets by name

    def __init__(self, streams: Streams, assets: tuple[AssetSpec, ...]) -> None:
        """Raises UserError if the assets' correlations are impossible."""
        self._common = streams.stream(SPOT_NOISE)
        self._assets = AssetNoise(assets, correlation_matrix(assets), streams)
        self._names = [asset.name for asset in assets]
        self.assets = {}

    def draw(self) -> None:
        """The next step's."""
        self.common = self._common.normal()
        if self._names:
            self.assets = dict(zip(self._names, self._assets.step(self.common), strict=True))
