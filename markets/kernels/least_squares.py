"""Least squares on every path: the hedges that leave the least risk open.

Columns of a problem are rows over the paths of a block, so that every loop over paths vectorises.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from sim.jit import kernel

Floats = NDArray[np.float64]

DEPENDENT = 1e-10  # of unit length: a column of which less is left beside those before it adds nothing to them
BLOCK = 128  # paths: small problems stay in a first-level cache


@kernel
def remove(one: Floats, other: Floats, share: Floats) -> None:
    """Take from the columns `other` (rows, paths) their shares along the unit columns `one`; the shares, (paths,)."""
    share[:] = 0.0
    for i in range(one.shape[0]):
        for p in range(share.shape[0]):
            share[p] += one[i, p] * other[i, p]
    for i in range(one.shape[0]):
        for p in range(share.shape[0]):
            other[i, p] -= share[p] * one[i, p]


@kernel
def lengths(column: Floats, out: Floats) -> None:
    """Of the columns (rows, paths) into `out` (paths,)."""
    out[:] = 0.0
    for i in range(column.shape[0]):
        for p in range(out.shape[0]):
            out[p] += column[i, p] * column[i, p]
    for p in range(out.shape[0]):
        out[p] = sqrt(out[p])


@kernel
def solve(columns: Floats, triangle: Floats, out: Floats) -> None:
    """Into `out` (n, paths) the x that make |A x - b| least, by modified Gram-Schmidt (Bjorck 1967).

    A column of A that depends on those before it gets 0.

    Args:
        columns: (n + 1, rows, paths), those of A, of about unit length, and b; written over.
        triangle: (n, n, paths), room for R.
    """
    number, paths = out.shape
    for j in range(number):
        column, left = columns[j], triangle[j, j]
        lengths(column, left)
        for p in range(paths):
            left[p] = left[p] if left[p] > DEPENDENT else 0.0
        for i in range(column.shape[0]):
            for p in range(paths):
                column[i, p] = 0.0 if left[p] == 0.0 else column[i, p] / left[p]
        for k in range(j + 1, number):
            remove(column, columns[k], triangle[j, k])
        remove(column, columns[number], out[j])
    for j in range(number - 1, -1, -1):
        for k in range(j + 1, number):
            for p in range(paths):
                out[j, p] -= triangle[j, k, p] * out[k, p]
        for p in range(paths):
            out[j, p] = 0.0 if triangle[j, j, p] == 0.0 else out[j, p] / triangle[j, j, p]


@kernel
def solve_pairs(slopes: Floats, risk: Floats, out: Floats) -> None:
    """`least_squares` of two hedges of two factors without a ridge, to its digits: `solve` written out for a path."""
    for p in range(out.shape[1]):
        a0, a1, b0, b1 = slopes[0, 0, p], slopes[0, 1, p], slopes[1, 0, p], slopes[1, 1, p]
        size_a, size_b = sqrt(a0 * a0 + a1 * a1), sqrt(b0 * b0 + b1 * b1)
        a0, a1 = (a0 / size_a, a1 / size_a) if size_a > 0.0 else (0.0, 0.0)
        b0, b1 = (b0 / size_b, b1 / size_b) if size_b > 0.0 else (0.0, 0.0)
        r0, r1 = -risk[0, p], -risk[1, p]
        left_a = sqrt(a0 * a0 + a1 * a1)
        left_a = left_a if left_a > DEPENDENT else 0.0
        a0, a1 = (0.0, 0.0) if left_a == 0.0 else (a0 / left_a, a1 / left_a)
        along = 0.0 + a0 * b0 + a1 * b1
        b0, b1 = b0 - along * a0, b1 - along * a1
        of_a = 0.0 + a0 * r0 + a1 * r1
        r0, r1 = r0 - of_a * a0, r1 - of_a * a1
        left_b = sqrt(b0 * b0 + b1 * b1)
        left_b = left_b if left_b > DEPENDENT else 0.0
        b0, b1 = (0.0, 0.0) if left_b == 0.0 else (b0 / left_b, b1 / left_b)
        of_b = 0.0 + b0 * r0 + b1 * r1
        of_b = 0.0 if left_b == 0.0 else of_b / left_b
        of_a = of_a - along * of_b
        of_a = 0.0 if left_a == 0.0 else of_a / left_a
        out[0, p] = of_a / size_a if size_a > 0.0 else 0.0
        out[1, p] = of_b / size_b if size_b > 0.0 else 0.0


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
    if hedges == 2 and factors == 2 and ridge == 0.0:
        solve_pairs(slopes, risk, out)
        return
    rows = factors + hedges if ridge > 0.0 else factors
    columns, triangle = np.empty((hedges + 1, rows, 0)), np.empty((hedges, hedges, 0))
    sizes, found = np.empty((hedges, 0)), np.empty((hedges, 0))
    for start in range(0, paths, BLOCK):
        width = min(BLOCK, paths - start)
        if found.shape[1] != width:
            columns, triangle = np.empty((hedges + 1, rows, width)), np.empty((hedges, hedges, width))
            sizes, found = np.empty((hedges, width)), np.empty((hedges, width))
        columns[:] = 0.0
        triangle[:] = 0.0
        for m in range(hedges):
            column, size = columns[m], sizes[m]
            for k in range(factors):
                for p in range(width):
                    column[k, p] = slopes[m, k, start + p]
            lengths(column, size)
            for k in range(factors):
                for p in range(width):
                    column[k, p] = column[k, p] / size[p] if size[p] > 0.0 else 0.0
            if ridge > 0.0:
                column[factors + m] = np.sqrt(ridge)
        for k in range(factors):
            for p in range(width):
                columns[hedges, k, p] = -risk[k, start + p]
        solve(columns, triangle, found)
        for m in range(hedges):
            for p in range(width):
                out[m, start + p] = found[m, p] / sizes[m, p] if sizes[m, p] > 0.0 else 0.0
