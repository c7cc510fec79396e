"""Implied vol as a function of the whole traded path."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.implied_vol import ImpliedVol

if TYPE_CHECKING:
    from markets.factors.memory.vol_law import VolLaw
    from markets.factors.setting import Setting
    from markets.factors.snapshot import Snapshot

Vector = NDArray[np.float64]


class PathVol(ImpliedVol):
    """The response is that of the path-dependent law, which has already been given the price."""

    def __init__(self, setting: Setting, law: VolLaw) -> None:
        super().__init__(setting)
        self._law, self.response = law, law.response  # the law writes it in place

    @property
    def answers(self) -> bool:
        """Always."""
        return True

    def respond(self, tick: int, now: Snapshot) -> None:
        """The law has written the response."""

    def elasticity(self, now: Snapshot) -> Vector:
        """Fall of ln s per unit of ln S now, (paths,)."""
        return self._law.elasticity
