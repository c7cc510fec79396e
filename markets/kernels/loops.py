"""Spectral radius of a matrix of loop gains: the factor per round of feedback. Vectors are (paths,)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from markets.kernels.normal import exp, log
from sim.jit import kernel, kernel_inline

Floats = NDArray[np.float64]

SQUARINGS = 48  # leave 2^-48 of the error of the first power's norm


@kernel
def gain_of(impact: float, depth: Floats, flow: Floats, out: Floats) -> None:
    """Into `out` the loop gain of a flow: impact x flow / depth."""
    for j in range(out.shape[0]):
        out[j] = impact * flow[j] / depth[j]


@kernel
def scaled_sum(impact: float, depth: Floats, flow: Floats, more: Floats, out: Floats) -> None:
    """Into `out` impact / depth x the sum of two flows; more: (paths,), or (0,) where there is no second one."""
    if more.shape[0] == 0:
        for j in range(out.shape[0]):
            out[j] = impact / depth[j] * flow[j]
    else:
        for j in range(out.shape[0]):
            out[j] = impact / depth[j] * (flow[j] + more[j])


@kernel_inline
def radius_of_two(a: float, b: float, c: float, d: float) -> float:
    """Largest modulus of an eigenvalue of ((a, b), (c, d))."""
    half, spread = 0.5 * (a + d), 0.25 * (a - d) * (a - d) + b * c
    real = spread >= 0.0
    root: float = np.sqrt(spread if real else a * d - b * c)
    return abs(half) + root if real else root


@kernel_inline
def square(matrix: Floats, size: float, out: Floats) -> None:
    """Into `out` the square of matrix / size, (n, n)."""
    number = matrix.shape[0]
    for i in range(number):
        for j in range(number):
            out[i, j] = 0.0
            for k in range(number):
                out[i, j] += (matrix[i, k] / size) * (matrix[k, j] / size)


@kernel
def radius_of_many(matrix: Floats) -> float:
    """The same of a matrix (n, n), which is written over: lim |M^m|^(1/m), by repeated squaring (Gelfand 1941)."""
    power, following, logarithm, weight = matrix, np.empty_like(matrix), 0.0, 1.0
    for _ in range(SQUARINGS):
        size: float = np.max(np.abs(power))
        if not size > 0.0:
            return size
        logarithm += weight * log(size)
        weight *= 0.5
        square(power, size, following)
        power, following = following, power
    return exp(logarithm)


@kernel
def raise_radius(matrix: Floats, radius: Floats) -> None:
    """Raise `radius` to the spectral radius of each path's matrix, (n, n, paths)."""
    size = matrix.shape[0]
    for j in range(radius.shape[0]):
        if size == 1:
            found = abs(matrix[0, 0, j])
        elif size == 2:
            found = radius_of_two(matrix[0, 0, j], matrix[0, 1, j], matrix[1, 0, j], matrix[1, 1, j])
        else:
            found = radius_of_many(matrix[:, :, j].copy())
        radius[j] = radius[j] if radius[j] >= found else found  # NaN is passed on
