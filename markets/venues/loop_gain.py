"""Loop gain: the move of one venue's price that follows, through agents' trades, from a unit move of another's.

The matrix entry [at, moved] is impact x flow per unit move / depth, summed over channels: trades at venue `at` caused
by a move of the price at `moved`. Its spectral radius is the factor by which a shock grows from one round of feedback
to the next. Below 1 the shock dies out; at 1 it feeds itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache, lru_cache, reduce

import numpy as np
from numpy.typing import NDArray

from markets.kernels.loops import raise_radius, scaled_sum

Vector = NDArray[np.float64]
Entries = tuple[tuple[str, str], ...]

# Channels: how a move of a price causes orders.
CURVATURE = "curvature"  # a hedge is rebalanced: Gamma of options, convexity of swaps
VANNA = "vanna"  # vol responds to the price, and the hedge follows the changed delta
FUNDS = "funds"  # funds sell as their holdings lose value
CAPITAL = "capital"  # desks without capital to spare shrink as they lose


Sum = Callable[[float, Vector, Sequence[Vector]], Vector]  # of impact, depth and flows
NO_MORE = np.empty(0)


@lru_cache(maxsize=4096)
def summed(
    at: str, names: tuple[tuple[str, ...], ...], channels: tuple[str, ...], but: frozenset[str]
) -> tuple[tuple[tuple[tuple[str, str], int], ...], tuple[Sum, ...]]:
    """How a venue's flows add up: entries of the matrix, each with the number of its sum; and the sums.

    Of each flow the venues that moved, and its channel: flows of one channel are added first. at: the venue's name.
    but: venues whose moves are left out. Many venues of options share the same few sums.
    """
    found: dict[str, dict[str, tuple[int, ...]]] = {}  # by venue that moved, by channel: numbers of flows
    for i, (moved, channel) in enumerate(zip(names, channels, strict=True)):
        for name in moved:
            if name not in but:
                own = found.setdefault(name, {})
                own[channel] = (*own.get(channel, ()), i)
    parts = {name: tuple(own.values()) for name, own in found.items()}
    distinct = {each: i for i, each in enumerate(dict.fromkeys(parts.values()))}
    return tuple(((at, name), distinct[each]) for name, each in parts.items()), tuple(map(_sum_of, distinct))


def _sum_of(parts: tuple[tuple[int, ...], ...]) -> Sum:
    """Impact / depth x the sum of sums of flows, (paths,); parts: their numbers."""
    if len(parts) == len(parts[0]) == 1:
        only = parts[0][0]
        return lambda impact, depth, flows: _scaled(impact, depth, flows[only], NO_MORE)
    if len(parts) == 2 and len(parts[0]) == len(parts[1]) == 1:
        (one,), (other,) = parts
        return lambda impact, depth, flows: _scaled(impact, depth, flows[one], flows[other])
    *others, last = parts if len(parts) > 1 else [(i,) for i in parts[0]]
    return lambda impact, depth, flows: _scaled(
        impact,
        depth,
        _added([_added([flows[i] for i in part]) for part in others]),
        _added([flows[i] for i in last]),
    )


def _scaled(impact: float, depth: Vector, flow: Vector, more: Vector) -> Vector:
    found = np.empty(depth.size)
    scaled_sum(impact, depth, flow, more, found)
    return found


def _added(vectors: list[Vector]) -> Vector:
    return reduce(np.add, vectors)


def spectral_radius(matrix: Mapping[tuple[str, str], Vector], paths: int) -> Vector:
    """Largest modulus of an eigenvalue on every path, (paths,). matrix: entries by (at, moved); others are zero."""
    if len(matrix) == 1:
        ((at, moved),) = matrix
        return np.abs(matrix[at, moved]) if at == moved else np.zeros(paths)
    groups = circuits(tuple(matrix))
    if len(groups) == 1 and len(groups[0]) == 1:
        return np.abs(matrix[groups[0] * 2])
    radius = np.zeros(paths)
    for group in groups:
        if len(group) == 1:
            np.maximum(radius, np.abs(matrix[group[0], group[0]]), out=radius)
            continue
        block = np.empty((len(group), len(group), paths))
        for row, at in enumerate(group):
            for column, moved in enumerate(group):
                block[row, column] = matrix.get((at, moved), 0.0)
        raise_radius(block, radius)
    return radius


def merged(matrix: Mapping[tuple[str, str], Vector], group: Collection[str]) -> dict[tuple[str, str], Vector]:
    """The matrix with venues that move one and the same factor as one venue: its eigenvalues but zeros are the same.

    A move at any venue of the group must have the same column of consequences.
    """
    rows = {at for at, _ in matrix if at in group}
    if len(rows) < 2:
        return dict(matrix)
    first, found = min(rows), dict[tuple[str, str], Vector]()
    for (at, moved), gain in matrix.items():
        if moved not in group or moved == first:
            entry = (first if at in rows else at, moved)
            found[entry] = found[entry] + gain if entry in found else gain
    return found


@cache
def circuits(entries: Entries) -> tuple[tuple[str, ...], ...]:
    """Groups of venues that feed back on one another (strongly connected components)."""
    names = tuple(dict.fromkeys(name for entry in entries for name in entry))
    reached = {name: {moved for at, moved in entries if at == name} for name in names}
    for middle in names:
        for name in names:
            if middle in reached[name]:
                reached[name] |= reached[middle]
    groups = (tuple(other for other in names if other in reached[name] and name in reached[other]) for name in names)
    return tuple(dict.fromkeys(group for group in groups if group))
