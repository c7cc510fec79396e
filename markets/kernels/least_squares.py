"""Least squares on every path: the hedges that leave the least risk open."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.jit import kernel, kernel_inline

Floats = NDArray[np.float64]

DEPENDENT = 1e-10  # of unit length: a column of which less is left beside those before it adds nothing to them


@kernel_inline
def removed(columns: Floats, one: int, other: int) -> float:
    """Take from column `other` its share along the unit column `one`; that share."""
    share = 0.0
    for i in range(columns.shape[0]):
        share += columns[i, one] * columns[i, other]
    for i in range(columns.shape[0]):
        columns[i, other] -= share * columns[i, one]
    return share


@kernel_inline
def length(columns: Floats, one: int) -> float:
    """Of a column."""
    total = 0.0
    for i in range(columns.shape[0]):
        total += columns[i, one] * columns[i, one]
    found: float = np.sqrt(total)
    return found


@kernel_inline
def solve(columns: Floats, triangle: Floats, out: Floats) -> None:
    """Into `out` (n,) the x that makes |A x - b| least, by modified Gram-Schmidt (Bjorck 1967).

    A column of A that depends on those before it gets 0.

    Args:
        columns: (rows, n + 1), A with columns of about unit length, and b; written over.
        triangle: (n, n), room for R.
    """
    number = out.shape[0]
    for j in range(number):
        left = length(columns, j)
        depends = not left > DEPENDENT
        triangle[j, j] = 0.0 if depends else left
        for i in range(columns.shape[0]):
            columns[i, j] = 0.0 if depends else columns[i, j] / left
        for k in range(j + 1, number):
            triangle[j, k] = removed(columns, j, k)
        out[j] = removed(columns, j, number)
    for j in range(number - 1, -1, -1):
        for k in range(j + 1, number):
            out[j] -= triangle[j, k] * out[k]
        out[j] = 0.0 if triangle[j, j] == 0.0 else out[j] / triangle[j, j]


@kernel
def least_squares(slopes: Floats, risk: Floats, ridge: float, out: Floats) -> None:
    """Into `out` the units q of each hedge that make, path by path,

        |J q + risk|^2 + ridge |w|^2,   w_m = q_m |J_m|

    least. w is the risk that a hedge brings, so the ridge has no unit: books, hedges and currencies may be scaled.

    Args:
        slopes: (hedges, factors, paths), J transposed: gain of a unit of each hedge per 1.00 of each factor.
        risk: (factors, paths) $ per 1.00.
        ridge: at least 0. At 0 a hedge whose risk the hedges before it can make gets 0.
        out: (hedges, paths).
    """
    hedges, factors, paths = slopes.shape
    rows = factors + hedges if ridge > 0.0 else factors
    columns, triangle = np.zeros((rows, hedges + 1)), np.zeros((hedges, hedges))
    sizes, found = np.zeros(hedges), np.zeros(hedges)
    for path in range(paths):
        columns[:] = 0.0
        for m in range(hedges):
            total = 0.0
            for k in range(factors):
                total += slopes[m, k, path] * slopes[m, k, path]
            sizes[m] = np.sqrt(total)
            for k in range(factors):
                columns[k, m] = slopes[m, k, path] / sizes[m] if sizes[m] > 0.0 else 0.0
            if ridge > 0.0:
                columns[factors + m, m] = np.sqrt(ridge)
        for k in range(factors):
            columns[k, hedges] = -risk[k, path]
        solve(columns, triangle, found)
        for m in range(hedges):
            out[m, path] = found[m] / sizes[m] if sizes[m] > 0.0 else 0.0
