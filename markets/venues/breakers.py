"""Circuit breakers: a venue halts where its price has fallen far since the last close."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.kernels.halts import halt
from sim.phases import minutes

if TYPE_CHECKING:
    from markets.spec import VenueSpec
    from markets.venues.listing import Listing
    from markets.venues.surroundings import Surroundings

Vector = NDArray[np.float64]


class Breakers:
    """Halts of one venue, path by path: each level stops trading for some minutes, the last one for the day."""

    def __init__(self, market: Surroundings, listing: Listing, spec: VenueSpec) -> None:
        self._market, self._listing = market, listing
        self._levels = np.asarray(spec.halts if listing.priced else (), dtype=np.float64)
        self.watches = self._levels.size > 0  # whether it ever halts
        self._length = minutes(spec.halt_minutes)
        self._close = listing.mid if self._levels.size else np.empty(0)
        self._first = float(self._levels[0]) if self.watches else np.inf
        self._next = np.full(market.paths, self._first)  # the first that is not fallen through since the close
        self._end = market.clock.ticks[-1] + 1  # of the run, seconds
        self._halted, self._reached = np.empty(market.paths, dtype=np.int64), np.empty(market.paths)  # work
        self.halted_until = np.zeros(market.paths)  # seconds

    def look(self, _: int) -> None:
        """At every tick, when the market has moved: halt the paths whose price has newly fallen through a level."""
        halted, reached = self._halted, self._reached
        number = halt(self._listing.mid, self._close, self._levels, self._next, halted, reached)
        if number:
            self._halt(halted[:number].copy(), reached[:number].copy())

    def _halt(self, paths: NDArray[np.int64], reached: Vector) -> None:
        """Halt some paths. reached: the level that each has fallen through."""
        market, last = self._market, reached == self._levels[-1]
        self.halted_until[paths] = np.where(last, self._end, market.now + self._length)
        market.log.add_taken("events", market.now, paths, kind="halt", subject=self._listing.name, value=reached)

    def close_day(self) -> None:
        """Remember the close, and reset the levels."""
        if self._levels.size:
            self._close = self._listing.mid
            self._next[:] = self._first
            self.halted_until = np.minimum(self.halted_until, self._market.now)
