"""Whether parts add up to a whole. Vectors are (paths,)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.jit import kernel

Floats = NDArray[np.float64]


@kernel
def accumulate(part: Floats, total: Floats, gross: Floats) -> None:
    """Add a part to `total`, and its size to `gross`."""
    for j in range(part.shape[0]):
        total[j] += part[j]
        gross[j] += abs(part[j])


@kernel
def disagreement(whole: Floats, total: Floats, gross: Floats, tolerance: float) -> int:
    """The first path on which total and whole differ by more than `tolerance` x gross, or are not numbers; else -1."""
    bad = False
    for j in range(whole.shape[0]):
        bad |= not (abs(total[j] - whole[j]) <= tolerance * gross[j])
    if bad:
        for j in range(whole.shape[0]):
            if not (abs(total[j] - whole[j]) <= tolerance * gross[j]):
                return j
    return -1
