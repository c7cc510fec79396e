"""Levels that a record lacks: derived from the others, else the calm market's. Notes say so."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise

from sim.figure_text import percent
from sim.sessions import TRADING_DAYS

Levels = list[float | None]

WINDOW = 21  # lines of trailing realised vol
LEAST = 5  # returns that a realised vol needs
LOWEST, HIGHEST = 0.08, 1.5  # of a vol that is derived
# Whose level a rate takes that the record lacks, the nearest first; the mean where both are there.
NEIGHBOURS = {
    "overnight": (("us2y",), ("us10y",)),
    "us2y": (("overnight", "us10y"),),
    "us10y": (("us2y",), ("overnight",)),
}


def fill(
    levels: Mapping[str, Levels], days: Sequence[date], calm: Mapping[str, float]
) -> tuple[dict[str, Levels], list[str]]:
    """Levels (decimals) by key, each with at least one number, and a line for each that was filled.

    calm: the level of each key in the presets' calm market.
    """
    filled, notes = {key: list(values) for key, values in levels.items()}, []
    for key, values in levels.items():
        if any(value is not None for value in values):
            continue
        made, how = _realised(levels["spot"], days) if key == "vol" else _neighbour(key, levels)
        if made is None:
            made = [calm[key], *[None] * (len(values) - 1)]
            how = f"{percent(calm[key], 2)}, as in the calm market, throughout"
        filled[key] = made
        notes.append(f"no {key} in the record: {how}")
    return filled, notes


def _realised(spot: Levels, days: Sequence[date]) -> tuple[Levels | None, str]:
    """Realised vol over the last `WINDOW` lines, the first ones sharing the first whole window."""
    known = [(i, value) for i, value in enumerate(spot) if value is not None]
    returns = []
    for (i, before), (k, after) in pairwise(known):
        apart = (days[k] - days[i]).days
        years = apart * 5 / 7 / TRADING_DAYS if apart > 4 else 1 / TRADING_DAYS
        returns.append((k, math.log(after / before) ** 2 / years))
    if len(returns) < LEAST:
        return None, ""
    vols: Levels = [None] * len(spot)
    size = min(WINDOW, len(returns))
    for end in range(size, len(returns) + 1):
        mean = sum(square for _, square in returns[end - size : end]) / size
        vols[returns[end - 1][0]] = min(max(math.sqrt(mean), LOWEST), HIGHEST)
    first = next(value for value in vols if value is not None)
    vols[0] = first
    return vols, f"realised vol of spot over {size} lines, from {percent(first, 1)}"


def _neighbour(key: str, levels: Mapping[str, Levels]) -> tuple[Levels | None, str]:
    """A rate from the rates that the record has."""
    for names in NEIGHBOURS.get(key, ()):
        there = [name for name in names if any(value is not None for value in levels[name])]
        if there:
            rows = zip(*(levels[name] for name in there), strict=True)
            means = [None if None in row else math.fsum(v for v in row if v is not None) / len(row) for row in rows]
            if any(value is not None for value in means):
                return means, f"{'the mean of ' * (len(there) > 1)}{' and '.join(there)}"
    return None, ""
