"""Quantiles over paths, time by time: a column is sorted once, whatever the number of quantiles."""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from analysis.numbers import FloatArray

SHARES = {"q05": 0.05, "q25": 0.25, "q50": 0.50, "q75": 0.75, "q95": 0.95}


def spread(rows: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    """time, `<column>_q05` ... `<column>_q95`, linearly interpolated; one row a time, ascending."""
    ordered = rows.select("time", *columns).sort("time")
    times = ordered["time"].to_physical().to_numpy()
    starts = np.flatnonzero(np.diff(times, prepend=times[:1] - 1))
    found = {"time": ordered["time"].gather(starts)}
    for column in columns:
        groups = np.split(ordered[column].cast(pl.Float64).to_numpy(), starts[1:]) if len(starts) else []
        levels = np.array([_at_shares(np.sort(group)) for group in groups]).reshape(-1, len(SHARES))
        found |= {f"{column}_{name}": pl.Series(levels[:, i]) for i, name in enumerate(SHARES)}
    return pl.DataFrame(found)


def _at_shares(ascending: FloatArray) -> list[float]:
    """The quantiles of a sorted sample: by rank (n - 1) q, between its two neighbours."""
    ranks = [(ascending.size - 1) * share for share in SHARES.values()]
    low, high = ([float(ascending[part(rank)]) for rank in ranks] for part in (math.floor, math.ceil))
    return [
        a if a == b else a + (rank - math.floor(rank)) * (b - a) for rank, a, b in zip(ranks, low, high, strict=True)
    ]
