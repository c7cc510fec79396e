"""Numbers of a sample by their rank, and its quantiles: nothing is put in order but the few numbers near them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.blockwise import BLOCK

FloatArray = NDArray[np.float64]
BINS = 4_096  # of equal width, into which a large sample is sorted
MANY = 4_096  # numbers of a large sample


def quantiles(values: FloatArray, levels: Sequence[float]) -> list[float]:
    """What `numpy.quantile` gives for (n,) numbers, to the last bit; a large sample is not copied."""
    if math.isnan(values.max()):
        return [math.nan] * len(levels)
    last = values.size - 1
    places = [last * level for level in levels]
    pairs = [(math.floor(place), min(math.floor(place) + 1, last)) for place in places]
    wanted = sorted({rank for pair in pairs for rank in pair})
    at = dict(zip(wanted, at_ranks(values, wanted), strict=True))
    return [_between(at[a], at[b], place - a) for (a, b), place in zip(pairs, places, strict=True)]


def _between(a: float, b: float, part: float) -> float:
    """From a to b, reckoned from the nearer end as in NumPy."""
    return a + (b - a) * part if part < 0.5 else b - (b - a) * (1 - part)


def at_ranks(values: FloatArray, ranks: list[int]) -> list[float]:
    """The numbers of these ranks, ascending, from the lowest (0).

    Of a large sample only those are looked at that share a bin with a number wanted.
    """
    low = float(values.min())
    width = float(values.max()) - low
    if width == 0:
        return [low] * len(ranks)
    if values.size < MANY or not 0 < width < math.inf or not math.isfinite(BINS / width):
        found = np.partition(values, ranks)
        return [float(found[rank]) for rank in ranks]
    bins, counts = np.empty(values.size, dtype=np.int16), np.zeros(BINS + 1, dtype=np.int64)
    for begin in range(0, values.size, BLOCK):
        part = slice(begin, begin + BLOCK)
        bins[part] = (values[part] - low) * (BINS / width)  # ascends with the numbers
        counts += np.bincount(bins[part], minlength=BINS + 1)
    upto = counts.cumsum()
    of_rank = np.searchsorted(upto, ranks, side="right")
    looked_at = np.zeros(counts.size, dtype=bool)
    looked_at[of_rank] = True
    found = values[looked_at[bins]]
    found.sort()
    passed = upto - (counts * looked_at).cumsum()  # numbers in bins up to this one that are not looked at
    return [float(found[rank - passed[one]]) for rank, one in zip(ranks, of_rank.tolist(), strict=True)]
