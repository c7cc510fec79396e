"""Realised variance of an asset from tick to tick, between one close and the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from markets.venues.listing import Listing

Vector = NDArray[np.float64]
TOGETHER = 8  # prices that wait: a call for few paths costs as much as one for these


class TickVariance:
    """Sum of squared returns from tick to tick since the last close, overnight included, (paths,)."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._prices = [listing.mid]  # (paths,) $ each: the last that is in the sum, and those that wait
        self._sum = np.zeros_like(listing.mid)

    def add(self) -> None:
        """Add the square of the move since the last call."""
        self._prices.append(self._listing.mid)
        if len(self._prices) > TOGETHER:
            self._gather()

    def _gather(self) -> None:
        prices, self._prices = np.array(self._prices), self._prices[-1:]
        moves = np.empty_like(prices[1:])
        self._listing.returned(prices[:-1], prices[1:], moves)
        np.multiply(moves, moves, out=moves)
        for move in moves:  # in their order
            self._sum += move

    def take(self) -> Vector:
        """Return the sum, (paths,), and reset it to zero."""
        self._gather()
        found = self._sum.copy()
        self._sum[:] = 0.0
        return found
