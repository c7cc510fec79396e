"""Circuit breakers: a venue halts where its price has fallen far since the last close."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.kernels.trading import fallen
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
        self._after = np.append(self._levels, np.inf)  # by number of levels fallen through: the next one
        self._next = np.full(market.paths, self._after[0])  # the first that is not fallen through since the close
        self.halted_until = np.zeros(market.paths)  # seconds

    def look(self, _: int) -> None:
        """At every tick, when the market has moved: halt the paths whose price has newly fallen through a level."""
        price = self._listing.mid
        if not fallen(price, self._close, self._next):
            return
        market, levels = self._market, self._levels
        with np.errstate(divide="ignore", invalid="ignore"):  # from a close of zero nothing falls
            fall = 1.0 - price / self._close
        fresh = np.flatnonzero(self._next <= fall)  # few
        reached, value = np.searchsorted(levels, fall[fresh], side="right"), np.empty(market.paths)
        self.halted_until[fresh] = np.where(
            reached == levels.size, market.clock.ticks[-1] + 1, market.now + self._length
        )
        self._next[fresh] = self._after[reached]
        value[fresh] = levels[reached - 1]
        market.log.add("events", market.now, fresh, kind="halt", subject=self._listing.name, value=value)

    def close_day(self) -> None:
        """Remember the close, and reset the levels."""
        if self._levels.size:
            self._close = self._listing.mid
            self._next[:] = self._after[0]
            self.halted_until = np.minimum(self.halted_until, self._market.now)
