"""What a path law leaves over: an Ornstein-Uhlenbeck process in ln level."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenarios.studies.estimation.path_feed import Vector

LEAST, MOST = 1e-4, 0.9999  # share of a residual that is left a day later


@dataclass(frozen=True)
class Residual:
    """d e = -reversion e dt + noise dW. sd: of e; reversion: 1/trading year."""

    sd: float
    reversion: float

    @property
    def noise(self) -> float:
        """Per sqrt(trading year): sd sqrt(2 reversion)."""
        return self.sd * math.sqrt(2 * self.reversion)

    def kept(self, years: float) -> float:
        """Share of e that is left after so many trading years."""
        return math.exp(-self.reversion * years)


def residual_of(left: Vector, day: float, joined: NDArray[np.bool_] | None = None) -> Residual:
    """Burg's estimate over the days, (days,) with gaps of NaN: 2 sum e_t e_{t-1} / sum (e_t^2 + e_{t-1}^2) is left.

    So the noise is that of a day; a slower part of the residual, if there is one, is not in it. joined: (days - 1,)
    whether a day follows the one before it, where days were redrawn. Both ends of a step count alike: with
    sum e_{t-1}^2 alone, the ends of redrawn blocks would scatter the noise more than the days do.
    """
    before, after = left[:-1], left[1:]
    pairs = np.isfinite(before) & np.isfinite(after)
    pairs = pairs if joined is None else pairs & joined
    one, other = before[pairs], after[pairs]
    kept = 2 * float(one @ other) / (float(one @ one + other @ other) or 1.0)
    return Residual(math.sqrt(float(np.nanmean(left**2))), -math.log(min(max(kept, LEAST), MOST)) / day)


def autocorrelation(left: Vector, lag: int) -> float:
    """Of what is left, (days,), over the pairs of days that are both known."""
    e = left - np.nanmean(left)
    return float(np.nanmean(e[lag:] * e[:-lag]) / np.nanmean(e * e))
