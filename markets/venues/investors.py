"""Outside investors of one venue, and what they ask for taking makers' inventory over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from markets.specs.investors import InvestorsSpec
    from markets.venues.listing import Listing
    from markets.venues.surroundings import Surroundings

Vector = NDArray[np.float64]


class Investors:
    """State of the investors at a venue: taken, signed $ notional, which fades with its half-life.

    All makers of an instant are priced alike, from what had been taken before it; so their order plays no part.
    """

    def __init__(self, market: Surroundings, listing: Listing, spec: InvestorsSpec) -> None:
        self._market, self._listing, self._spec = market, listing, spec
        self.taken = np.zeros(market.paths)  # before this instant
        self._fresh = np.zeros(market.paths)  # in it

    def step(self, tick: int) -> None:
        """Carry what has been taken into `tick`."""
        clock = self._market.clock
        days = float(clock.variance_years[tick] - clock.variance_years[tick - 1]) * clock.days_a_year
        self.taken = (self.taken + self._fresh) * 0.5 ** (days / self._spec.half_life_days)
        self._fresh = np.zeros_like(self.taken)

    def discount(self, offered: Vector) -> Vector:
        """On the first $ of what is offered, (paths,) signed $ notional, in the unit of spreads; 0 against `taken`."""
        return self._scale() * self._filled(np.sign(offered) * self.taken) ** self._spec.power

    def take(self, offered: Vector) -> Vector:
        """Take (paths,) signed $ notional over; returns what they ask, $: the discount summed up over the notional."""
        side, power = np.sign(offered), self._spec.power + 1
        before, after = (self._filled(side * level) for level in (self.taken, self.taken + offered))
        summed = self._spec.capacity / power * (after**power - before**power)
        self._fresh = self._fresh + offered
        asked: Vector = self._scale() * summed * self._listing.cost_per_notional()
        return asked

    def _scale(self) -> Vector:
        """Discount at capacity, (paths,) in the unit of spreads."""
        scale: Vector = self._spec.compensation * self._listing.vol() / np.sqrt(self._market.clock.days_a_year)
        return scale

    def _filled(self, taken: Vector) -> Vector:
        """Share of the capacity, not below 0."""
        filled: Vector = np.maximum(taken, 0.0) / self._spec.capacity
        return filled
