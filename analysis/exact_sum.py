"""Sums that are the same to the last bit in whatever order and parts the numbers come."""

from __future__ import annotations

import math
from collections.abc import Iterable


def pieces(numbers: Iterable[float]) -> list[float]:
    """A few numbers whose exact sum is that of all of them, the largest first (Shewchuk 1997, Discrete &
    Computational Geometry 18): sums of parts are added up with `math.fsum` of their pieces.
    """
    rest, found = list(numbers), list[float]()
    while left := math.fsum(rest):
        found.append(left)
        if not math.isfinite(left):
            break
        rest.append(-left)
    return found
