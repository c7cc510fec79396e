"""How far a market moves in a month, by the record: the measure of how mild a storyline is.

Of overlapping changes over 21 trading days, 31 December 1996 to 26 September 2025 (6,766 of them; windows that span a
gap of the sources are left out): ln of the S&P 500, ln of the VIX, the option-adjusted spread of US investment-grade
corporate bonds, and the ten-year Treasury yield.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.named_tuple import NamedTuple

DAYS = 21
DEVIATIONS = np.array([0.04529, 0.21452, 0.00208, 0.00248])  # ln S, ln vol, credit and rates (decimal)
CORRELATION = np.array(
    [
        [1.0, -0.719, -0.537, 0.150],
        [-0.719, 1.0, 0.429, -0.187],
        [-0.537, 0.429, 1.0, -0.283],
        [0.150, -0.187, -0.283, 1.0],
    ]
)
# Distances of the record's own months, in standard deviations: (share of months that went as far, distance).
RECORD = ((0.5, 1.52), (0.1, 2.84), (0.01, 5.55), (0.001, 10.1))
FARTHEST = 14.4  # that which began on 21 February 2020


class Move(NamedTuple):
    """How far a storyline goes from its start."""

    spot: float  # ln
    vol: float  # ln
    credit: float  # decimal
    rates: float  # decimal, all nodes beyond overnight


def covariance(days: int) -> NDArray[np.float64]:
    """Of moves over so many trading days: those of a month, in proportion to time."""
    found: NDArray[np.float64] = CORRELATION * np.outer(DEVIATIONS, DEVIATIONS) * (days / DAYS)
    return found


def distance(move: Move, days: int) -> float:
    """sqrt(m' C^-1 m), standard deviations (Mahalanobis 1936)."""
    m = np.array(move)
    return float(np.sqrt(m @ np.linalg.solve(covariance(days), m)))


def rarity(far: float) -> str:
    """How often the record went so far in a month, in words."""
    beyond = [share for share, at in RECORD if far >= at]
    if not beyond:
        return "as far as every second month of the record, or less"
    if far > FARTHEST:
        return f"farther than any month of the record (the farthest: {FARTHEST:g}, from 21 February 2020)"
    return f"as far as one month in {round(1 / beyond[-1]):,} of the record, or rarer"
