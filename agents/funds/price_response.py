"""How the orders of a fund at one venue answer the venue's price."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from markets.venues.venue import Venue

Vector = NDArray[np.float64]


def price_at(venue: Venue, move: Vector) -> Vector:
    """Price at which an order fills that displaces the price by `move`, (paths,) $."""
    listing = venue.listing
    return listing.pricing(listing.relative(move), np.zeros_like(move))()


def flow_per_move(venue: Venue, exposure: Vector, slope: Vector) -> Vector:
    """Flow at a venue per unit of displacement, (paths,) $ notional: (E' - E) (reference / S)^2.

    exposure: E, the $ that it wants to hold. slope: E', its change per unit of ln S. The units are E / S, and a unit of
    displacement moves S by the reference price.
    """
    flow: Vector = (slope - exposure) * (venue.listing.unit_notional / venue.mid) ** 2
    return flow
