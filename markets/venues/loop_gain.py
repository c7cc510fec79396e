"""Loop gain: what a unit move of one venue's price adds to the next move of another's, as agents answer it.

The matrix has an entry [at, moved] for every venue `at` whose listing somebody trades for a move of the price at
`moved`: impact x flow per unit move / depth, a sum over channels. Its spectral radius is the reproduction number of the
spiral: answered at once, round after round, a shock is multiplied by it. Below 1 it dies out; at 1 it feeds itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from markets.kernels.loops import raise_radius

Vector = NDArray[np.float64]
Entries = tuple[tuple[str, str], ...]

# Channels: by what a move of a price becomes an order.
CURVATURE = "curvature"  # a hedge is rebalanced: Gamma of options, convexity of swaps
VANNA = "vanna"  # vol answers the price, and the hedge follows the delta
FUNDS = "funds"  # funds that sell as what they hold loses value


def spectral_radius(matrix: Mapping[tuple[str, str], Vector], paths: int) -> Vector:
    """Largest modulus of an eigenvalue on every path, (paths,). matrix: entries by (at, moved); others are zero."""
    radius = np.zeros(paths)
    for group in circuits(tuple(matrix)):
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


@cache
def circuits(entries: Entries) -> tuple[tuple[str, ...], ...]:
    """Groups of venues in which a move comes back to where it began; between groups moves go one way at most."""
    names = tuple(dict.fromkeys(name for entry in entries for name in entry))
    reached = {name: {moved for at, moved in entries if at == name} for name in names}
    for middle in names:
        for name in names:
            if middle in reached[name]:
                reached[name] |= reached[middle]
    groups = (tuple(other for other in names if other in reached[name] and name in reached[other]) for name in names)
    return tuple(dict.fromkeys(group for group in groups if group))
