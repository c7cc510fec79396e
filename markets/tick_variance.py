"""Realised variance of an asset from tick to tick, between one close and the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from markets.venues.listing import Listing

Vector = NDArray[np.float64]


class TickVariance:
    """Sum of squared returns from tick to tick since the last close, overnight included, (paths,)."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._last = np.array(listing.mid)  # (paths,) $
        self._sum = np.zeros_like(self._last)
        self._move = np.empty_like(self._last)

    def add(self) -> None:
        """Add the square of the move since the last call."""
        move = self._move
        self._listing.returned(self._last, move)
        np.multiply(move, move, out=move)
        self._sum += move
        self._last[:] = self._listing.mid

    def take(self) -> Vector:
        """Return the sum, (paths,), and reset it to zero."""
        found = self._sum.copy()
        self._sum[:] = 0.0
        return found
