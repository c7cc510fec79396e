"""A minimum by the simplex of Nelder and Mead (1965), as SciPy's: `scipy.optimize` takes 0.4 s to import."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
WIDE, NARROW = 0.05, 0.00025  # of the first simplex: of a coordinate, and where that is 0


def minimum(f: Callable[[Floats], float], start: Floats, *, x_near: float, f_near: float, most: int) -> Floats:
    """Where f is lowest near `start`, (n,): corners within `x_near` of one another, and values within `f_near`.

    most: steps.
    """
    n = start.size
    corners = np.tile(start, (n + 1, 1))
    for k in range(n):
        corners[k + 1, k] = (1 + WIDE) * start[k] if start[k] != 0 else NARROW
    values = np.array([f(corner) for corner in corners])
    for _ in range(most):
        order = np.argsort(values)
        corners, values = corners[order], values[order]
        if np.abs(corners[1:] - corners[0]).max() <= x_near and np.abs(values[0] - values[1:]).max() <= f_near:
            break
        _move(f, corners, values)
    return np.asarray(corners[np.argsort(values)[0]])


def _move(f: Callable[[Floats], float], corners: Floats, values: Floats) -> None:
    """Reflect the worst corner at the others' middle, further or less far where that is lower; else shrink all."""
    middle = np.add.reduce(corners[:-1], 0) / len(corners[1:])
    tried = 2 * middle - corners[-1]
    value = f(tried)
    if value < values[0]:
        further = 3 * middle - 2 * corners[-1]
        beyond = f(further)
        corners[-1], values[-1] = (further, beyond) if beyond < value else (tried, value)
    elif value < values[-2]:
        corners[-1], values[-1] = tried, value
    else:
        outside = value < values[-1]
        nearer = 1.5 * middle - 0.5 * corners[-1] if outside else 0.5 * middle + 0.5 * corners[-1]
        between = f(nearer)
        if between <= value if outside else between < values[-1]:
            corners[-1], values[-1] = nearer, between
        else:
            for j in range(1, len(corners)):
                corners[j] = corners[0] + 0.5 * (corners[j] - corners[0])
                values[j] = f(corners[j])
