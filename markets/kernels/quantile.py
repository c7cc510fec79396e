"""Quantiles of a function of a standard normal, exact for a function that is made of cubic pieces."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sim.jit import kernel, kernel_inline

Floats = NDArray[np.float64]

SQRT_HALF = 0.7071067811865476
MOST = 200  # steps to one root; about 10 are needed
CLOSE = 1e-14  # of a bracket, and of a probability


@kernel_inline
def _chance(z: float) -> float:
    """N(z)."""
    return 0.5 * math.erfc(-z * SQRT_HALF)


@kernel_inline
def _cubic(u: float, left: float, right: float, rise: float, fall: float) -> float:
    """Hermite's cubic on [0, 1] with these ends and slopes."""
    v = 1.0 - u
    return v * v * ((1.0 + 2.0 * u) * left + u * rise) + u * u * ((1.0 + 2.0 * v) * right - v * fall)


@kernel_inline
def _turns(left: float, right: float, rise: float, fall: float) -> tuple[float, float]:
    """Where the slope of a cubic is 0 inside (0, 1), in order; 2 where it is not."""
    gap = right - left
    a, b, c = 3.0 * (rise + fall - 2.0 * gap), 2.0 * (3.0 * gap - 2.0 * rise - fall), rise
    first, last = 2.0, 2.0
    under = b * b - 4.0 * a * c
    if under > 0.0:
        q = -0.5 * (b + math.copysign(math.sqrt(under), b))
        one = q / a if a != 0.0 else 2.0
        other = c / q if q != 0.0 else 2.0
        first, last = min(one, other), max(one, other)
    if not 0.0 < last < 1.0:
        last = 2.0
    if not 0.0 < first < 1.0:
        first, last = last, 2.0
    return first, last


@kernel
def _where(level: float, low: float, high: float, left: float, right: float, rise: float, fall: float) -> float:
    """u in [low, high], where a cubic is monotone, at which it has this level."""
    below, above = low, high
    f_below = _cubic(low, left, right, rise, fall) - level
    f_above = _cubic(high, left, right, rise, fall) - level
    side = 0
    for number in range(MOST):
        if above - below <= CLOSE or f_below == f_above:
            break
        u = below - f_below * (above - below) / (f_above - f_below)
        if number % 8 == 7 or not below < u < above:
            u = 0.5 * (below + above)
        f = _cubic(u, left, right, rise, fall) - level
        if f == 0.0:
            return u
        if (f > 0.0) == (f_above > 0.0):
            above, f_above = u, f
            f_below = 0.5 * f_below if side == 1 else f_below
            side = 1
        else:
            below, f_below = u, f
            f_above = 0.5 * f_above if side == -1 else f_above
            side = -1
    return 0.5 * (below + above)


@kernel
def _pieces(values: Floats, slopes: Floats, cells: Floats, points: Floats) -> int:
    """Into `cells` and `points` the monotone pieces of a function: cell, where it begins and ends in it; values there.

    cells: (3 x cells, 3). points: (3 x cells, 2). Returns how many there are.
    """
    count = 0
    for k in range(values.size - 1):
        ends = values[k], values[k + 1], slopes[k], slopes[k + 1]
        begin, at = 0.0, ends[0]
        for stop in _turns(*ends):
            if stop < 1.0:
                value = _cubic(stop, *ends)
                cells[count, 0], cells[count, 1], cells[count, 2] = k, begin, stop
                points[count, 0], points[count, 1] = at, value
                begin, at = stop, value
                count += 1
        cells[count, 0], cells[count, 1], cells[count, 2] = k, begin, 1.0
        points[count, 0], points[count, 1] = at, ends[1]
        count += 1
    return count


@kernel
def _probability(
    level: float,
    count: int,
    cells: Floats,
    points: Floats,
    chances: Floats,
    values: Floats,
    slopes: Floats,
    low: float,
    step: float,
) -> float:
    """P(f(Z) <= level)."""
    total = 0.0
    for i in range(count):
        at, then = points[i, 0], points[i, 1]
        if max(at, then) <= level:
            total += chances[i, 1] - chances[i, 0]
        elif min(at, then) <= level:
            k = int(cells[i, 0])
            u = _where(level, cells[i, 1], cells[i, 2], values[k], values[k + 1], slopes[k], slopes[k + 1])
            chance = _chance(low + step * (k + u))
            total += chance - chances[i, 0] if at < then else chances[i, 1] - chance
    return total


@kernel
def normal_quantiles(
    table: Floats, rows: Floats, sides: Floats, low: float, step: float, level: float, out: Floats
) -> None:
    """The least q with P(f_j(Z) <= q) >= level, Z standard normal, of each function j.

    Each function is Hermite's cubic in each cell of a uniform grid, exact to that: where it turns within a cell, the
    cell is cut there, and what lies below q is found piece by piece. What lies beyond the grid counts at its ends.

    Args:
        table: (nodes, functions), values that determine each function.
        rows: (2, cells + 1, nodes), weights on them of the function's values at the grid, and of its slopes there
            times `step`.
        low: standard deviations, where the grid begins. step: width of a cell.
        sides: (2, nodes), weights of the function's values at -z and at z, N(z) = level: the answers for one that only
            falls or only rises.
        level: in (0, 1).
        out: (functions,).
    """
    nodes, count = table.shape[0], rows.shape[1]
    values, slopes, own = np.empty(count), np.empty(count), np.empty(nodes)
    cells, points, chances = np.empty((3 * count, 3)), np.empty((3 * count, 2)), np.empty((3 * count, 2))
    for j in range(table.shape[1]):
        for i in range(nodes):
            own[i] = table[i, j]
        for k in range(count):
            value, slope = 0.0, 0.0
            for i in range(nodes):
                value += rows[0, k, i] * own[i]
                slope += rows[1, k, i] * own[i]
            values[k], slopes[k] = value, slope
        pieces = _pieces(values, slopes, cells, points)
        least, most, rising, falling = np.inf, -np.inf, True, True
        for i in range(pieces):
            rising, falling = rising and points[i, 0] <= points[i, 1], falling and points[i, 0] >= points[i, 1]
        if rising or falling:
            out[j] = 0.0
            for i in range(nodes):
                out[j] += sides[1 if rising else 0, i] * own[i]
            continue
        for i in range(pieces):
            chances[i, 0] = _chance(low + step * (cells[i, 0] + cells[i, 1])) if i else 0.0
            chances[i, 1] = _chance(low + step * (cells[i, 0] + cells[i, 2])) if i < pieces - 1 else 1.0
            least = min(least, points[i, 0], points[i, 1])
            most = max(most, points[i, 0], points[i, 1])
        out[j] = _quantile(level, least, most, pieces, cells, points, chances, values, slopes, low, step)


@kernel
def _quantile(
    level: float,
    least: float,
    most: float,
    count: int,
    cells: Floats,
    points: Floats,
    chances: Floats,
    values: Floats,
    slopes: Floats,
    low: float,
    step: float,
) -> float:
    """The quantile of one function, by Illinois' rule: the side that is kept has at least the level below it."""
    below, above = least, most
    f_below = _probability(below, count, cells, points, chances, values, slopes, low, step) - level
    f_above = 1.0 - level
    if f_below >= 0.0 or not below < above:
        return below
    side = 0
    for number in range(MOST):
        if above - below <= CLOSE * max(abs(below), abs(above)):
            break
        q = below - f_below * (above - below) / (f_above - f_below)
        if number % 4 == 3 or not below < q < above:
            q = 0.5 * (below + above)
            if not below < q < above:
                break
        f = _probability(q, count, cells, points, chances, values, slopes, low, step) - level
        if 0.0 <= f <= CLOSE:
            return q
        if f > 0.0:
            above, f_above = q, f
            f_below = 0.5 * f_below if side == 1 else f_below
            side = 1
        else:
            below, f_below = q, f
            f_above = 0.5 * f_above if side == -1 else f_above
            side = -1
    return above
