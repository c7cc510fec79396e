"""A factor's outside level on the clock."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.dataclass import dataclass

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Level:
    """One factor's outside level at every tick, and how its noise is bridged.

    level: (ticks,), in ln for spot and vol. pull: (ticks,), the share of the noise that a full bridge takes out in the
    step into the tick: dt / (T_next - t), 1 at an anchor, 0 after the last.
    """

    level: Vector
    pull: Vector

    def kept(self, dispersion: float) -> Vector:
        """Share of the noise that the bridge leaves in each step, (ticks,): all of it at a dispersion of 1.

        1 - weight * dt / (T_next - t): exact for a full bridge.
        """
        return 1.0 - (1.0 - dispersion) * self.pull
