"""How a fund estimates vols and correlations of several venues, from daily returns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from agents.world import TradingWorld
    from markets.venues.venue import Venue

Vector = NDArray[np.float64]
LEAST = 1e-4**2  # variance a year of what has not moved: a vol of 0.01 %


class CovarianceEstimate:
    """State of an estimate in one world: C <- kept C + (1 - kept) D r r' at each close, D the trading days in a year.

    r: returns in ln of the price from close to close, each before the trades of its close.
    """

    def __init__(
        self, world: TradingWorld, venues: Sequence[Venue], *, vols: Sequence[Vector], correlation: float, kept: float
    ) -> None:
        """vols: before the start, (paths,) decimal a year. correlation: of all pairs, before the start."""
        self._venues, self._kept, self._days_a_year = venues, kept, world.clock.days_a_year
        self._closes = [venue.mid.copy() for venue in venues]
        number = len(venues)
        self._covariance = np.empty((number, number, world.paths))  # a year
        for i in range(number):
            for k in range(number):
                self._covariance[i, k] = vols[i] * vols[k] * (1.0 if i == k else correlation)

    def learn(self) -> None:
        """Take in the day that ends now, before the trades of its close."""
        prices = [venue.mid.copy() for venue in self._venues]
        self._covariance, self._closes = self._with(prices), prices

    def now(self) -> Vector:
        """(venues, venues, paths) a year."""
        return _at_least(self._covariance)

    def had_the_day_ended(self, prices: Sequence[Vector]) -> Vector:
        """The same if this day ended at these prices."""
        return _at_least(self._with(prices))

    def _with(self, prices: Sequence[Vector]) -> Vector:
        moves = np.array([np.log(now / close) for now, close in zip(prices, self._closes, strict=True)])
        squares = moves[:, None] * moves[None]
        covariance: Vector = self._kept * self._covariance + (1 - self._kept) * self._days_a_year * squares
        return covariance


def _at_least(covariance: Vector) -> Vector:
    """A copy with no variance below `LEAST`."""
    found = covariance.copy()
    for i in range(len(found)):
        np.maximum(found[i, i], LEAST, out=found[i, i])
    return found
