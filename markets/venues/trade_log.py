"""The record of a trade."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from markets.venues.listing import Listing
    from markets.venues.order import Fill
    from markets.venues.surroundings import Surroundings

Vector = NDArray[np.float64]


def write_trade(market: Surroundings, listing: Listing, taker: str, fill: Fill, spread: Vector, walk: Vector) -> None:
    """Write the witnesses' trades; spread and walk: (paths,), excess of the price over mid for a buyer."""
    log = market.log
    if not log.sees("trades"):
        return
    traded = np.flatnonzero(fill.ordered[log.witness])
    if not traded.size:
        return
    quantity, per_notional = fill.quantity[traded], listing.cost_per_notional()
    cost = quantity * listing.unit_notional[traded]
    cost *= per_notional[traded] if isinstance(per_notional, np.ndarray) else per_notional
    log.add_taken(
        "trades",
        market.now,
        traded,
        taker=taker,
        venue=listing.name,
        requested=fill.ordered[traded],
        quantity=quantity,
        price=fill.price[traded],
        mid=listing.mid[traded],
        spread_cost=cost * spread[traded],
        impact_cost=cost * walk[traded],
    )
