"""Quantiles over paths: a vector is put in order once, whatever the number of quantiles."""

from __future__ import annotations

import math

from analysis.numbers import FloatArray

SHARES = {"q05": 0.05, "q25": 0.25, "q50": 0.50, "q75": 0.75, "q95": 0.95}


def at_shares(values: FloatArray) -> list[float]:
    """`SHARES` of a sample: by rank (n - 1) q, linearly between its two neighbours. NaN of an empty one.

    The sample is put in another order: the ranks asked for are found without sorting the rest.
    """
    if not values.size:
        return [math.nan] * len(SHARES)
    ranks = [(values.size - 1) * share for share in SHARES.values()]
    values.partition(sorted({part(rank) for rank in ranks for part in (math.floor, math.ceil)}))
    low, high = ([float(values[part(rank)]) for rank in ranks] for part in (math.floor, math.ceil))
    return [
        a if a == b else a + (rank - math.floor(rank)) * (b - a) for rank, a, b in zip(ranks, low, high, strict=True)
    ]
