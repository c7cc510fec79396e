"""Realised vol of the main asset: the vol of its noise."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import VOL

if TYPE_CHECKING:
    from collections.abc import Callable

    from markets.factors.memory.vol_law import VolLaw
    from markets.factors.snapshot import Snapshot

Vector = NDArray[np.float64]


class RealisedVol:
    """The storyline's `realised` if given; else by the path-dependent law, or implied vol x ratio (one-factor law).

    What trades in options add to implied vol is the price of vol: the asset does not move more for it.
    """

    def __init__(
        self, stated: Vector, ratio: float, by_path: VolLaw | None, premium: Callable[[], Vector | None] = lambda: None
    ) -> None:
        """stated: (ticks,) decimal a year, NaN if the storyline gives none.

        premium: (paths,) ln s by which trades in options have displaced implied vol; None where none trade.
        """
        self._stated: list[float] = stated.tolist()
        self._ratio, self._by_path, self._premium = ratio, by_path, premium

    def at(self, tick: int, now: Snapshot) -> Vector:
        """In force from `tick`, at which the market is `now`, to the next: (paths,) decimal a year."""
        vol, ratio = self.in_force(tick, now)
        return ratio * vol

    def in_force(self, tick: int, now: Snapshot) -> tuple[Vector, float]:
        """The same as a product, to be read before the law's next step: the vector may be the law's or the market's."""
        if self._by_path is not None:
            return self._by_path.realised, 1.0
        implied, stated = now.row(VOL), self._stated[tick]
        if not isnan(stated):
            return np.full_like(implied, stated), 1.0
        premium = self._premium()
        return (implied if premium is None else implied * np.exp(-premium)), self._ratio
