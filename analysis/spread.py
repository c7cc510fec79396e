"""Quantiles over paths: a vector is sorted once, whatever the number of quantiles."""

from __future__ import annotations

import math

from analysis.numbers import FloatArray

SHARES = {"q05": 0.05, "q25": 0.25, "q50": 0.50, "q75": 0.75, "q95": 0.95}


def at_shares(ascending: FloatArray) -> list[float]:
    """`SHARES` of a sorted sample: by rank (n - 1) q, linearly between its two neighbours. NaN of an empty one."""
    if not ascending.size:
        return [math.nan] * len(SHARES)
    ranks = [(ascending.size - 1) * share for share in SHARES.values()]
    low, high = ([float(ascending[part(rank)]) for rank in ranks] for part in (math.floor, math.ceil))
    return [
        a if a == b else a + (rank - math.floor(rank)) * (b - a) for rank, a, b in zip(ranks, low, high, strict=True)
    ]
