"""Running extremes of the market's levels, all in one pass. Vectors are (paths,)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from markets.kernels.trading import DEPTH, HALF_SPREAD
from sim.jit import kernel, kernel_inline

Floats = NDArray[np.float64]

# Rows of the extremes; the lowest and the highest rate of each node but the first follow.
LOW_MID, HIGH_MID, HIGH_VOL, HIGH_HALF_SPREAD, LOW_DEPTH, HIGH_CREDIT, HIGH_GAIN, HIGH_RADIUS = range(8)
EXTREMES = 8


@kernel_inline
def lower(level: Floats, least: Floats) -> None:
    """Lower `least` to a level; as NumPy's minimum, what is no number stays."""
    for j in range(level.shape[0]):
        least[j] = level[j] if (level[j] < least[j]) | (level[j] != level[j]) else least[j]


@kernel_inline
def higher(level: Floats, most: Floats) -> None:
    """Raise `most` to a level."""
    for j in range(level.shape[0]):
        most[j] = level[j] if (level[j] > most[j]) | (level[j] != level[j]) else most[j]


@kernel
def widen(
    mid: Floats,
    vol: Floats,
    book: Floats,
    credit: Floats,
    gain: Floats,
    radius: Floats,
    rates: Floats,
    found: Floats,
) -> None:
    """Widen the extremes by the present levels.

    Args:
        book: (QUOTE_ROWS, paths) of the main asset; rates: (nodes, paths). Levels of no paths are left out.
        found: (EXTREMES + 2 (nodes - 1), paths), changed.
    """
    lower(mid, found[LOW_MID])
    higher(mid, found[HIGH_MID])
    higher(vol, found[HIGH_VOL])
    higher(book[HALF_SPREAD], found[HIGH_HALF_SPREAD])
    lower(book[DEPTH], found[LOW_DEPTH])
    higher(credit, found[HIGH_CREDIT])
    higher(gain, found[HIGH_GAIN])
    higher(radius, found[HIGH_RADIUS])
    for i in range(1, rates.shape[0]):
        lower(rates[i], found[EXTREMES + 2 * i - 2])
        higher(rates[i], found[EXTREMES + 2 * i - 1])
