"""Loop gain: the move of one venue's price that follows, through agents' trades, from a unit move of another's.

The matrix entry [at, moved] is impact x flow per unit move / depth, summed over channels: trades at venue `at` caused
by a move of the price at `moved`. Its spectral radius is the factor by which a shock grows from one round of feedback
to the next. Below 1 the shock dies out; at 1 it feeds itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from markets.kernels.loops import raise_radius

Vector = NDArray[np.float64]
Entries = tuple[tuple[str, str], ...]

# Channels: how a move of a price causes orders.
CURVATURE = "curvature"  # a hedge is rebalanced: Gamma of options, convexity of swaps
VANNA = "vanna"  # vol responds to the price, and the hedge follows the changed delta
FUNDS = "funds"  # funds sell as their holdings lose value
CAPITAL = "capital"  # desks without capital to spare shrink as they lose


class Sums:
    """Sums of flows in one tick, each pair added once: many venues of options share the same few flows."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], tuple[Vector, Vector, Vector]] = {}  # holds both, so that ids stay theirs

    def of(self, one: Vector, other: Vector) -> Vector:
        """one + other, (paths,); the same object for the same pair."""
        pair = id(one), id(other)
        if pair not in self._known:
            self._known[pair] = (one, other, one + other)
        return self._known[pair][2]


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
        block = np.zeros((len(group), len(group), paths))
        for row, at in enumerate(group):
            for column, moved in enumerate(group):
                if (at, moved) in matrix:
                    block[row, column] = matrix[at, moved]
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
