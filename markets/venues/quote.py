"""One maker's market at a venue."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.dataclass import dataclass

Vector = NDArray[np.float64]


class Lean(NamedTuple):
    """How a maker shifts both sides of its quote against its inventory: by -slope x inventory, up to a limit."""

    slope: Vector  # (paths,) share of mid, or decimal rate, per $ notional
    limit: float  # $ notional
    held: Vector  # (paths,) $ notional, when it quoted

    @property
    def skew(self) -> Vector:
        """The shift, (paths,)."""
        shift: Vector = -self.slope * np.clip(self.held, -self.limit, self.limit)
        return shift


@dataclass
class Quote:
    """Both sides, each (paths,)."""

    half_spread: Vector  # share of mid, or decimal rate
    skew: Vector  # shift of both sides, same unit
    depth: Vector  # $ notional
    lean: Callable[[], Lean] | None = None  # shift as a function of fills; None: constant until the next quote
