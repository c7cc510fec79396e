"""Memory of the moves of a curve and of falls of the asset, from which a vol of rates follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from markets.spec import RatesVolSpec

Vector = NDArray[np.float64]


class RatesMemory:
    """m = base + trend R1 + activity sqrt(R2) within [least, most], after Guyon and Lekeufack (2023).

    R <- R exp(-speed dt) + speed x: x the log return of the asset for R1, the mean over the nodes of their squared
    moves for the two factors of R2. Moves end at closes; the running one counts as if it ended now.
    """

    def __init__(self, spec: RatesVolSpec, start: float, size: int) -> None:
        """start: level at which it begins, decimal a year. size: paths."""
        self._spec = spec
        self._speed = (spec.squares.fast, spec.squares.slow)  # 1/trading year
        self._share = (1 - spec.squares.slow_share, spec.squares.slow_share)
        settled = (max(start - spec.base, 0.0) / spec.activity) ** 2
        self._squares = [np.full(size, settled) for _ in self._speed]  # decimal^2 a year
        self._trend = np.zeros(size)  # ln S a year

    def level(self, years: float, fall: Vector, square: Vector, *, ends: bool) -> Vector:
        """The vol with the running move, begun `years` (trading) ago, (size,) decimal a year.

        fall: log return of the asset. square: mean squared move of the nodes. ends: whether the move ends here.
        """
        spec = self._spec
        trend = np.exp(-spec.returns * years) * self._trend + spec.returns * fall
        squares = [
            np.exp(-speed * years) * held + speed * square
            for speed, held in zip(self._speed, self._squares, strict=True)
        ]
        if ends:
            self._trend, self._squares = trend, squares
        activity = np.sqrt(self._share[0] * squares[0] + self._share[1] * squares[1])
        level: Vector = spec.base + spec.trend * trend + spec.activity * activity
        return np.minimum(np.maximum(level, spec.least), spec.most)  # a third of the time of np.clip on few paths
