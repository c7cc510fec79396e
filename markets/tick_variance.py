"""Realised variance of an asset from tick to tick, between one close and the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from markets.venues.listing import Listing

Vector = NDArray[np.float64]
TOGETHER = 8  # prices that wait at most: a call for few paths costs as much as one for these
NUMBERS = 4096  # in all prices that wait: more would leave the cache before they are read


class TickVariance:
    """Sum of squared returns from tick to tick since the last close, overnight included, (paths,)."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._prices = [listing.mid]  # (paths,) $ each: the last that is in the sum, and those that wait
        self._sum = np.zeros_like(listing.mid)
        self._waiting = max(min(TOGETHER, NUMBERS // self._sum.size), 1)

    def add(self) -> None:
        """Add the square of the move since the last call."""
        self._prices.append(self._listing.mid)
        if len(self._prices) > self._waiting:
            self._gather()

    def _gather(self) -> None:
        if len(self._prices) == 2:
            before, after = (price[None] for price in self._prices)  # not copied
        else:
            prices = np.array(self._prices)
            before, after = prices[:-1], prices[1:]
        self._prices, moves = self._prices[-1:], np.empty(after.shape)
        self._listing.returned(before, after, moves)
        np.multiply(moves, moves, out=moves)
        for move in moves:  # in their order
            self._sum += move

    def take(self) -> Vector:
        """Return the sum, (paths,), and reset it to zero."""
        self._gather()
        found = self._sum.copy()
        self._sum[:] = 0.0
        return found
