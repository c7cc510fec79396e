"""What options are on: the main asset, or a further one with a vol of its own, seen as if it were the main one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import MAIN, SMILE_SKEW, SMILE_SPOT, SPOT, VOL, VOL_SLOPE, FactorKey, SmileKeys, of_asset

if TYPE_CHECKING:
    from markets.factors.snapshot import Snapshot
    from markets.specs.asset import AssetSpec

Vector = NDArray[np.float64]
KEPT = 4


class Underlying:
    """The main asset: its market is the market."""

    name = MAIN
    spot, vol, slope, skew = SmileKeys.of(MAIN)

    def seen(self, market: Snapshot) -> Snapshot:
        """The market with the price and the vol of the underlying as those of the main asset."""
        return market

    def named(self, slopes: dict[FactorKey, Vector]) -> dict[FactorKey, Vector]:
        """Sensitivities there by the factors that they are to."""
        return slopes


class OtherUnderlying(Underlying):
    """A further asset: its own price, vol, slope of vols and skew in place of the main one's."""

    def __init__(self, spec: AssetSpec) -> None:
        assert spec.implied is not None
        self.name, self.spec, self.implied = spec.name, spec, spec.implied
        self.spot, self.vol, self.slope, self.skew = SmileKeys.of(spec.name)
        self._held = of_asset(SMILE_SPOT, spec.name)
        self._kept: list[tuple[Snapshot, Snapshot]] = []  # the last few markets and what was seen of them

    def seen(self, market: Snapshot) -> Snapshot:
        """Likewise."""
        for known, view in self._kept:
            if known is market:
                return view
        slope, skew = self.surface(market)
        rows = {SPOT: market.row(self.spot), VOL: market.row(self.vol), VOL_SLOPE: slope, SMILE_SKEW: skew}
        if self._held in market.keys:
            rows[SMILE_SPOT] = market.row(self._held)
        self._kept = [(market, market.with_rows(rows)), *self._kept[: KEPT - 1]]
        return self._kept[0][1]

    def surface(self, market: Snapshot) -> tuple[Vector, Vector]:
        """Slope and skew, (paths,) each; what they are at the start where they are no factors."""
        if self.slope in market.keys:
            return market.row(self.slope), market.row(self.skew)
        slope, skew = (np.full(market.paths, level) for level in self.implied.surface_start)
        return slope, skew

    def named(self, slopes: dict[FactorKey, Vector]) -> dict[FactorKey, Vector]:
        """Likewise; none to slope and skew where they are no factors."""
        own = {SPOT: self.spot, VOL: self.vol, VOL_SLOPE: self.slope, SMILE_SKEW: self.skew}
        away = () if self.implied.surface is not None else (VOL_SLOPE, SMILE_SKEW)
        return {own.get(key, key): slope for key, slope in slopes.items() if key not in away}


MAIN_ASSET = Underlying()
