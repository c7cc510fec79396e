"""Forward rates without arbitrage: the drift that their vols ask for (Heath, Jarrow and Morton 1992)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def drift(vols: ArrayLike, step: float) -> Floats:
    """Drift a year of the forwards of periods of `step` years, (periods,) decimal, from vols (..., periods) a year.

    ((sum_(i<=j) s_i h)^2 - (sum_(i<j) s_i h)^2) / (2 h), summed over the factors before the last axis: on this grid
    discounted bonds are martingales exactly.
    """
    sums = np.cumsum(np.asarray(vols, dtype=np.float64), axis=-1) * step
    squares = np.diff(sums**2, axis=-1, prepend=0.0) / (2 * step)
    return np.asarray(squares.reshape(-1, squares.shape[-1]).sum(axis=0))


def expected_forwards(forwards: Floats, vols: Floats, step: float, steps: int) -> Floats:
    """Mean forwards by period from then, after so many steps, (periods - steps,) decimal.

    forwards: (periods,), the first of the period that begins now. vols: (factors, periods) a year, the first of the
    period that begins a step from now; the same at each step.
    """
    rates, rise = forwards, drift(vols, step) * step
    for _ in range(steps):
        rates = rates[1:] + rise[: rates.size - 1]
    return rates
