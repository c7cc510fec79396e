"""Realised variance of an asset at the grain of the clock, between one close and the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from markets.venues.asset_venue import AssetVenue

Vector = NDArray[np.float64]


class TickVariance:
    """Sum of squared returns from tick to tick since the last close, the night's among them, (paths,).

    Returns are ln S's; under the normal law the change over the price at the start.
    """

    def __init__(self, venue: AssetVenue) -> None:
        self._venue = venue
        self._last = np.array(venue.mid)  # (paths,) $
        self._sum = np.zeros_like(self._last)
        self._move = np.empty_like(self._last)

    def add(self) -> None:
        """Add the square of the move since the last call."""
        mid, move = self._venue.mid, self._move
        law = self._venue.price
        if law.normal:
            np.subtract(mid, self._last, out=move)
            move /= law.spot0
        else:
            with np.errstate(divide="ignore", invalid="ignore"):  # a price that has run into zero has no return
                np.divide(mid, self._last, out=move)
                np.log(move, out=move)
        np.multiply(move, move, out=move)
        self._sum += move
        self._last[:] = mid

    def take(self) -> Vector:
        """The sum, (paths,), which begins again at zero."""
        found = self._sum.copy()
        self._sum[:] = 0.0
        return found
