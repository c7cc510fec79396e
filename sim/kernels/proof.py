"""Whether parts add up to a whole. Vectors are (paths,)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.jit import kernel

Floats = NDArray[np.float64]


@kernel
def add_size(amount: Floats, gross: Floats) -> None:
    """Add an amount to `gross`, without its sign."""
    for j in range(amount.shape[0]):
        gross[j] += abs(amount[j])


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
