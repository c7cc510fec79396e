"""Mean-reverting noise: the share that stays over a step, and the variance gained."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.named_tuple import NamedTuple

Vector = NDArray[np.float64]


class Reversion(NamedTuple):
    """An Ornstein-Uhlenbeck noise of unit diffusion over the step into each tick, (ticks,) each."""

    decay: Vector  # share that stays: exp(-speed years)
    gathered: Vector  # years in which noise without reversion gains the same variance


def reversion(speed: float, years: Vector) -> Reversion:
    """speed: 1/trading year. years: (ticks,) trading time of the step into each tick."""
    return Reversion(np.exp(-speed * years), gathered(speed, years))


def gathered(speed: float, years: Vector) -> Vector:
    """Variance of a unit noise after `years`: (1 - exp(-2 speed years)) / (2 speed)."""
    return years if speed == 0 else np.asarray(-np.expm1(-2 * speed * years) / (2 * speed))
