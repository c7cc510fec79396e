"""Repo rates: a median over the overnight rate, and the distribution of borrowers around it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from markets.specs.repo import RepoSpec

Vector = NDArray[np.float64]
BP = 1e-4
# Of a borrower's place u among all: -ln(1 - u) at the median, the 75th and the 99th percentile.
MEDIAN, QUARTILE, LAST = np.log(2.0), np.log(4.0), np.log(100.0)


@dataclass(frozen=True, eq=False)
class RepoMarket:
    """What borrowers of a repo market pay over the overnight rate. spread, tail: (ticks,) decimal, the storyline's."""

    spec: RepoSpec
    spread: Vector  # median over the overnight rate
    tail: Vector  # 99th percentile over the median

    def over_overnight(self, tick: int, place: Vector) -> Vector:
        """Rate over the overnight rate of borrowers at a place u in [0, 1) of the distribution, (paths,) decimal.

        Linear in ln(1 - u) above the median, through the 75th and 99th percentiles and on beyond, and in ln u below it.
        Under stress the 99th percentile widens with the told tail, the 75th with its root; what lies below the median
        stays. The cleared share of their repo costs the median and the fee.
        """
        spec, tail = self.spec, float(self.tail[tick])
        usual = spec.p99 * BP
        quartile = min(spec.p75 * BP * (np.sqrt(tail / usual) if usual > 0 else 1.0), tail)
        above = _through(quartile, tail, -np.log1p(-place))
        below = _through(spec.p25 * BP, spec.p01 * BP, -np.log(np.maximum(place, 1e-12)))
        paid: Vector = self.spread[tick] + np.where(place < 0.5, below, above)
        cleared = spec.cleared
        if cleared.share:
            paid = (1 - cleared.share) * paid + cleared.share * (self.spread[tick] + cleared.fee * BP)
        return paid


def _through(quartile: float, last: float, score: Vector) -> Vector:
    """0 at the median's score, `quartile` and `last` at theirs, linear between and beyond."""
    near = quartile * (score - MEDIAN) / (QUARTILE - MEDIAN)
    far = quartile + (last - quartile) * (score - QUARTILE) / (LAST - QUARTILE)
    paid: Vector = np.where(score < QUARTILE, near, far)
    return paid
