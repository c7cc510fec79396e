"""Halts of a venue, path by path. Vectors are (paths,)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.jit import kernel, kernel_inline

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BLOCK = 64  # paths: few halt at one tick, and only their blocks are looked at one by one


@kernel_inline
def any_fallen(price: Floats, close: Floats, level: Floats) -> bool:
    """Whether the price has fallen by `level`, a share, or more since the close on any path."""
    falls = False
    for j in range(price.shape[0]):
        falls |= level[j] <= 1.0 - price[j] / close[j]
    return falls


@kernel
def halt(price: Floats, close: Floats, levels: Floats, following: Floats, halted: Ints, reached: Floats) -> int:
    """Find the paths whose price has newly fallen through a level since the close; returns how many.

    Args:
        levels: (levels,) shares of the close, rising.
        following: the level that comes next, infinite after the last; changed.
        halted, reached: written from the front: those paths, and the deepest level that each has reached.
    """
    paths, number, last = price.shape[0], 0, levels.shape[0]
    for start in range(0, paths, BLOCK):
        stop = min(start + BLOCK, paths)
        if not any_fallen(price[start:stop], close[start:stop], following[start:stop]):
            continue
        for j in range(start, stop):
            fall = 1.0 - price[j] / close[j]
            if following[j] <= fall:
                through = 0
                while through < last and levels[through] <= fall:
                    through += 1
                halted[number], reached[number] = j, levels[through - 1]
                following[j] = np.inf if through == last else levels[through]
                number += 1
    return number
