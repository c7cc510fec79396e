"""`markets.kernels.terms.hats` for many nodes: to the same digits, without looking at each node."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def many_hats(years: Floats, nodes: Floats) -> Floats:
    """Rows of the two nodes around each of `years` (n,) and their weights, (n, 4).

    nodes: (nodes,) years, rising, at least two.
    """
    last = nodes.size - 1
    left = np.where(np.isnan(years), 0, np.searchsorted(nodes[1:last], years))
    before, after = nodes[left], nodes[left + 1]
    share = np.where(years <= before, 0.0, (years - before) / (after - before))
    share = np.where(years > after, 1.0, share)
    rest, even = 1.0 - share, left % 2 == 0
    outer, inner = np.where(even, left, left + 1), np.where(even, left + 1, left)
    return np.stack([outer, years * np.where(even, rest, share), inner, years * np.where(even, share, rest)], axis=1)
