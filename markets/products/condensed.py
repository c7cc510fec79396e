"""Replaces many flows by a few at fixed times with the same value.

Between two nodes of a curve the value of 1 $ is a smooth function of its time on every path, f(t) = exp(-b(t) . x). So
the amounts c_i of all flows of a segment can be carried to Chebyshev times T_j: m_j = sum_i c_i L_j(t_i), with L_j the
polynomial that is 1 at T_j and 0 at the others. sum_i c_i f(t_i) = sum_j m_j f(T_j) for every polynomial f of degree
below POINTS, and to 2 (h / 2)^POINTS / POINTS! of gross for f = exp(-z) where z varies by 2 h over the segment. The
same holds of derivatives by the nodes, in which f is times a polynomial. The m_j do not depend on the market: they are
summed once a moment, and a revaluation costs POINTS flows a segment whatever the size of the book.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.vectors import distinct

Floats = NDArray[np.float64]

POINTS = 16  # times a segment: 1e-12 of gross while z varies by less than 4 over it
LONGEST = 10.0  # years of a segment; longer ones are cut
MANY = 128  # number of flows from which it is faster


def netted(amounts: Floats, years: Floats) -> tuple[Floats, Floats]:
    """One flow per time, (flows,) amounts and years; flows that net to zero are left out."""
    times = distinct(years)
    where = np.searchsorted(times, years)
    sums = np.bincount(where, weights=amounts, minlength=times.size)
    kept = sums != 0
    return sums[kept], times[kept]


def few(amounts: Floats, years: Floats, nodes: Floats) -> tuple[Floats, Floats]:
    """Amounts (flows,) $ and `years` (flows,) >= 0, replaced by a few if they are many.

    nodes: (nodes,) years of the curve's nodes.
    """
    if amounts.size <= MANY:
        return amounts, years
    weights, times = carrying(years, nodes)
    return weights @ amounts, times


def carrying(years: Floats, nodes: Floats) -> tuple[Floats, Floats]:
    """Weights (times, flows) that carry amounts at `years` (flows,) to a few times, and these, (times,) years."""
    edges = _edges(nodes, float(years.max()))
    segment = np.clip(np.searchsorted(edges, years) - 1, 0, edges.size - 2)
    times, weights = [], []
    for number in distinct(segment):
        (mine,) = np.nonzero(segment == number)
        inside = distinct(years[mine])
        found = inside if inside.size <= POINTS else _chebyshev(inside[0], inside[-1])
        part = np.zeros((found.size, years.size))
        part[:, mine] = found[:, None] == years[mine] if inside.size <= POINTS else _lagrange(found, years[mine])
        times.append(found)
        weights.append(part)
    return np.concatenate(weights), np.concatenate(times)


def _edges(nodes: Floats, last: float) -> Floats:
    """Ends of the segments from now to the last flow, (segments + 1,)."""
    ends = np.array([0.0, *nodes[(nodes > 0) & (nodes < last)], max(last, 1e-9)])
    pieces = np.ceil(np.diff(ends) / LONGEST).astype(int)
    inner = [np.linspace(a, b, n, endpoint=False) for a, b, n in zip(ends[:-1], ends[1:], pieces, strict=True)]
    return np.concatenate([*inner, ends[-1:]])


def _chebyshev(first: float, last: float) -> Floats:
    """Chebyshev points of the second kind, both ends among them, (POINTS,)."""
    angles = np.pi * np.arange(POINTS) / (POINTS - 1)
    return np.asarray(0.5 * (first + last) - 0.5 * (last - first) * np.cos(angles))


def _lagrange(points: Floats, times: Floats) -> Floats:
    """The polynomials that are 1 at one of the points and 0 at the others, at `times`: (points, times).

    Source: Berrut and Trefethen, Barycentric Lagrange Interpolation, SIAM Review 46 (2004), formulas 4.2 and 5.4.
    """
    signs = np.where(np.arange(POINTS) % 2, -1.0, 1.0)
    signs[[0, -1]] *= 0.5
    apart = times - points[:, None]
    at_point = apart == 0
    terms = signs[:, None] / np.where(at_point, 1.0, apart)
    return np.asarray(np.where(at_point.any(axis=0), at_point, terms / terms.sum(axis=0)))
