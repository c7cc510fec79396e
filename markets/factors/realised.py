"""Realised vol of the main asset: the vol of its noise."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import VOL

if TYPE_CHECKING:
    from markets.factors.memory.vol_law import VolLaw
    from markets.factors.snapshot import Snapshot

Vector = NDArray[np.float64]


class RealisedVol:
    """The storyline's `realised` if given; else by the path-dependent law, or implied vol x ratio (one-factor law)."""

    def __init__(self, stated: Vector, ratio: float, by_path: VolLaw | None) -> None:
        """stated: (ticks,) decimal a year, NaN if the storyline gives none."""
        self._stated: list[float] = stated.tolist()
        self._ratio, self._by_path = ratio, by_path

    def at(self, tick: int, now: Snapshot) -> Vector:
        """In force from `tick`, at which the market is `now`, to the next: (paths,) decimal a year."""
        if self._by_path is not None:
            return self._by_path.realised.copy()
        implied, stated = now.row(VOL), self._stated[tick]
        return implied * self._ratio if isnan(stated) else np.full_like(implied, stated)
