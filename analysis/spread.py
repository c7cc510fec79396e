"""Quantiles over paths: a vector is put in order once, whatever the number of quantiles."""

from __future__ import annotations

import math

from analysis.numbers import FloatArray
from sim.ranks import at_ranks

SHARES = {"q05": 0.05, "q25": 0.25, "q50": 0.50, "q75": 0.75, "q95": 0.95}


def at_shares(values: FloatArray) -> list[float]:
    """`SHARES` of a sample: by rank (n - 1) q, linearly between its two neighbours. NaN of an empty one."""
    if not values.size:
        return [math.nan] * len(SHARES)
    ranks = [(values.size - 1) * share for share in SHARES.values()]
    wanted = sorted({part(rank) for rank in ranks for part in (math.floor, math.ceil)})
    at = dict(zip(wanted, at_ranks(values, wanted), strict=True))
    pairs = ((at[math.floor(rank)], at[math.ceil(rank)], rank - math.floor(rank)) for rank in ranks)
    return [a if a == b else a + part * (b - a) for a, b, part in pairs]
