"""Weights whose contributions to the risk of a portfolio are all alike, on every path."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.jit import kernel, kernel_inline

Floats = NDArray[np.float64]

SWEEPS = 10_000
TOLERANCE = 1e-14  # of x_i: change in a sweep at which the weights stand


@kernel_inline
def swept(covariance: Floats, path: int, x: Floats) -> float:
    """One sweep of coordinate descent over the weights of a path; the largest relative change."""
    number, largest = x.shape[0], 0.0
    for i in range(number):
        others = 0.0
        for k in range(number):
            if k != i:
                others += covariance[i, k, path] * x[k]
        own = covariance[i, i, path]
        root = np.sqrt(others * others + 4.0 * own / number)
        found = (root - others) / (2.0 * own) if others < 0.0 else 2.0 / (number * (root + others))
        largest = max(largest, abs(found / x[i] - 1.0))
        x[i] = found
    return largest


@kernel
def equal_risk(covariance: Floats, out: Floats) -> None:
    """Into `out` (assets, paths) the x > 0 with x_i (C x)_i = 1 / n: each adds as much to the variance x'C x = 1.

    Cyclical coordinate descent of x'C x / 2 - sum of ln x_i / n, which has one minimum (Griveau-Billion, Richard and
    Roncalli 2013): x_i = (-b + sqrt(b^2 + 4 C_ii / n)) / (2 C_ii), b the covariance with the others. Each path stops by
    itself, so that it does not depend on the others.

    Args:
        covariance: C, (assets, assets, paths), with a diagonal above 0.
    """
    number, paths = out.shape
    for j in range(paths):
        x = np.empty(number)
        for i in range(number):
            x[i] = 1.0 / np.sqrt(number * covariance[i, i, j])
        for _ in range(SWEEPS):
            if swept(covariance, j, x) <= TOLERANCE:
                break
        out[:, j] = x
