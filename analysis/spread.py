"""Quantiles over paths: a vector is put in order once, whatever the number of quantiles."""

from __future__ import annotations

import math

import numpy as np

from analysis.numbers import FloatArray

SHARES = {"q05": 0.05, "q25": 0.25, "q50": 0.50, "q75": 0.75, "q95": 0.95}
BINS = 4_096  # of equal width, into which a large sample is sorted
MANY = 4_096  # numbers of a large sample
BLOCK = 1 << 16  # numbers that are looked at together: a sample of many takes little more memory than itself


def at_shares(values: FloatArray) -> list[float]:
    """`SHARES` of a sample: by rank (n - 1) q, linearly between its two neighbours. NaN of an empty one.

    The sample may be put in another order: the ranks asked for are found without sorting the rest.
    """
    if not values.size:
        return [math.nan] * len(SHARES)
    ranks = [(values.size - 1) * share for share in SHARES.values()]
    wanted = sorted({part(rank) for rank in ranks for part in (math.floor, math.ceil)})
    at = dict(zip(wanted, _at_ranks(values, wanted), strict=True))
    pairs = ((at[math.floor(rank)], at[math.ceil(rank)], rank - math.floor(rank)) for rank in ranks)
    return [a if a == b else a + part * (b - a) for a, b, part in pairs]


def _at_ranks(values: FloatArray, ranks: list[int]) -> list[float]:
    """The numbers of these ranks, from the lowest.

    Of a large sample only those are sorted that share a bin with a number wanted.
    """
    low, width = float(values.min()), float(values.max()) - float(values.min())
    if width == 0:
        return [low] * len(ranks)
    if values.size < MANY or not 0 < width < math.inf or not math.isfinite(BINS / width):
        values.partition(ranks)
        return [float(values[rank]) for rank in ranks]
    bins, counts = np.empty(values.size, dtype=np.int16), np.zeros(BINS + 1, dtype=np.int64)
    for begin in range(0, values.size, BLOCK):
        part = slice(begin, begin + BLOCK)
        bins[part] = (values[part] - low) * (BINS / width)  # ascends with the numbers
        counts += np.bincount(bins[part], minlength=BINS + 1)
    upto = counts.cumsum()
    of_rank = np.searchsorted(upto, ranks, side="right")
    looked_at = np.zeros(counts.size, dtype=bool)
    looked_at[of_rank] = True
    found = np.sort(values[looked_at[bins]])
    passed = upto - (counts * looked_at).cumsum()  # numbers in bins up to this one that are not looked at
    return [float(found[rank - passed[one]]) for rank, one in zip(ranks, of_rank.tolist(), strict=True)]
