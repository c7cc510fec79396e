"""Running extremes of a run. Vectors are (paths,)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.jit import kernel

Floats = NDArray[np.float64]

MID, US2Y, US10Y = range(3)  # rows of both
LOW_DEPTH = 3
LOWS = 4
VOL, HALF_SPREAD, CREDIT, GAIN, RADIUS = range(3, 8)
HIGHS = 8


@kernel
def track(
    mid: Floats,
    us2y: Floats,
    us10y: Floats,
    depth: Floats,
    vol: Floats,
    half_spread: Floats,
    credit: Floats,
    gain: Floats,
    radius: Floats,
    low: Floats,
    high: Floats,
) -> None:
    """Lower `low` (LOWS, paths) and raise `high` (HIGHS, paths) to the values of now."""
    for j in range(mid.shape[0]):
        low[MID, j] = min(low[MID, j], mid[j])
        high[MID, j] = max(high[MID, j], mid[j])
        low[US2Y, j] = min(low[US2Y, j], us2y[j])
        high[US2Y, j] = max(high[US2Y, j], us2y[j])
        low[US10Y, j] = min(low[US10Y, j], us10y[j])
        high[US10Y, j] = max(high[US10Y, j], us10y[j])
        low[LOW_DEPTH, j] = min(low[LOW_DEPTH, j], depth[j])
        high[VOL, j] = max(high[VOL, j], vol[j])
        high[HALF_SPREAD, j] = max(high[HALF_SPREAD, j], half_spread[j])
        high[CREDIT, j] = max(high[CREDIT, j], credit[j])
        high[GAIN, j] = max(high[GAIN, j], gain[j])
        high[RADIUS, j] = max(high[RADIUS, j], radius[j])
