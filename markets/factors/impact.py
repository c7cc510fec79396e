"""Displacement of factors by agents' trades: a permanent part and a part that decays (Obizhaeva and Wang 2013)."""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.kernels.factors import displace

if TYPE_CHECKING:
    from markets.factors.snapshot import Paths

Vector = NDArray[np.float64]
FEW = 0.1  # share of the paths up to which those that move are taken alone


def grown(level: Vector, move: Vector) -> Vector:
    """level x e^move, (paths,). Where trades move few paths, only their exponentials are found: the same digits."""
    there = (move != 0).nonzero()[0]  # of numbers themselves it takes six times as long
    if there.size > FEW * move.size:
        return np.asarray(level * np.exp(move))
    found = level.copy()
    found[there] *= np.exp(move[there])
    return found


class Impact:
    """Displacement of one factor."""

    def __init__(self, rows: Vector, permanent_share: float, resilience: float, days_a_year: float) -> None:
        """rows: (2, paths) of zeros, memory for the two parts. resilience: 1/trading day."""
        self.permanent, self.transient = rows
        self.moved = False  # whether there has been any trade
        self._share = permanent_share
        self._resilience = resilience * days_a_year  # 1/trading year

    @property
    def parts(self) -> tuple[Vector, Vector]:
        """What lasts of the displacement, and what decays, (paths,) each."""
        return self.permanent, self.transient

    @property
    def total(self) -> Vector:
        """Displacement now, (paths,) in ln S or decimal rate."""
        total: Vector = self.permanent + self.transient
        return total

    def on(self, paths: Paths) -> Vector:
        """The same on some paths."""
        some: Vector = self.permanent[paths] + self.transient[paths]
        return some

    def add(self, move: Vector) -> None:
        """Add a move caused by trades now."""
        self.moved = True
        displace(move, self._share, self.permanent, self.transient)

    def decay(self, years: float) -> None:
        """Decay over `years` of trading time."""
        if self.moved:
            self.transient *= self.left(years)

    def after(self, years: float) -> Vector:
        """Displacement after `years` of trading time without a trade, (paths,)."""
        left: Vector = self.permanent + self.transient * self.left(years)
        return left

    def left(self, years: float) -> float:
        """Share of the passing part that is there after `years` of trading time."""
        return float(exp(-self._resilience * years))
