"""Listings besides those of the default market."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markets.spec import VenueSpec
    from markets.venues.listing import Listing
    from markets.venues.surroundings import Surroundings

# By name: how the listing is made, and its venue's parameters; they open after the others, in this order.
FURTHER: dict[str, Callable[[Surroundings], tuple[Listing, VenueSpec]]] = {}
