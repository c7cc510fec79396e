"""Implied vol by the leverage effect: a response to moves of the price that decays."""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.implied_vol import ImpliedVol
from markets.factors.key import VOL
from markets.factors.storyline import LEAST_VOL
from markets.kernels.factors import answers_of, lever

if TYPE_CHECKING:
    from markets.factors.equity import Equity
    from markets.factors.setting import Setting
    from markets.factors.snapshot import Snapshot

Vector = NDArray[np.float64]


class LeverageVol(ImpliedVol):
    """da = -kappa a dt - beta (s_base/s) (d ln S - d ln L), s there not below L_vol / 4.

    Without that limit a long rally from low vol would take vol to zero, as each fall of vol makes the next one larger.
    """

    def __init__(self, setting: Setting, equity: Equity) -> None:
        super().__init__(setting)
        self._equity = equity
        self._led = np.zeros(setting.streams.paths)  # displacement of the price already responded to
        beta = setting.feedback.leverage * setting.market.beta
        self._at_unit_vol, self._on = beta * self.base, beta != 0

    @property
    def answers(self) -> bool:
        """Whether the loop is on."""
        return self._on

    def respond(self, tick: int, now: Snapshot) -> None:
        """Respond to the price's move since the last step, trades included."""
        least, moved = self._least(), self._equity.displacement
        lever(self.decay[tick], self._at_unit_vol, least, now.row(VOL), moved, self._led, self.response)

    def elasticity(self, now: Snapshot) -> Vector:
        """It falls as vol rises, (paths,)."""
        vol = now.row(VOL)
        found = np.empty(vol.size)
        answers_of(self._at_unit_vol, self._least(), vol, found)
        return found

    def _least(self) -> float:
        return LEAST_VOL * exp(self.line[self.tick])
