"""Sums and deviations of long vectors, block by block: NumPy's digits, in memory that does not grow with the vector.

NumPy adds up contiguous numbers by halves (`sim.pairwise`): a sum of blocks that are cut where it cuts has its digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.pairwise import WAYS

BLOCK = 1 << 16  # numbers that are looked at together, half a megabyte
FloatArray = NDArray[np.float64]
Terms = Callable[[slice], NDArray[Any]]  # gives the numbers of that slice, in contiguous memory


def total(n: int, terms: Terms) -> float:
    """What `numpy.sum` gives for n numbers, 0 for none."""
    return _sum(terms, 0, n)


def deviation(n: int, terms: Terms, ddof: int = 0) -> float:
    """What `numpy.std` gives for n numbers, more than ddof."""
    mean = total(n, terms) / n
    return math.sqrt(total(n, lambda part: _square(terms(part) - mean)) / (n - ddof))


def deviation_without(values: FloatArray, left_out: slice) -> float:
    """What `numpy.std` gives for (n,) numbers without some that follow one another."""
    begin, end, _ = left_out.indices(values.size)
    gone = end - begin

    def rest(part: slice) -> FloatArray:
        before = values[part.start : min(part.stop, begin)]
        if before.size == part.stop - part.start:
            return before
        after = values[max(part.start + gone, end) : part.stop + gone]
        return np.concatenate([before, after]) if before.size else after

    return deviation(values.size - gone, rest)


def _sum(terms: Terms, begin: int, end: int) -> float:
    n = end - begin
    if n <= BLOCK:
        return float(terms(slice(begin, end)).sum())
    half = n // 2
    middle = begin + half - half % WAYS
    return _sum(terms, begin, middle) + _sum(terms, middle, end)


def _square(numbers: FloatArray) -> FloatArray:
    return np.multiply(numbers, numbers, out=numbers)
