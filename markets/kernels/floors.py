"""What stands for zero where something is divided by, or its logarithm taken."""

from __future__ import annotations

from sim.jit import kernel_inline

TINY = 1e-150  # for a zero standard deviation: x / TINY is clipped to the limit
FLOOR = 1e-300  # for a zero spot or vol, so that ratios to them stay finite


@kernel_inline
def at_least(x: float, floor: float) -> float:
    """max(x, floor); NaN stays NaN."""
    return floor if x < floor else x
