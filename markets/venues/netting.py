"""Netting of the orders of one instant: fills, displacement of the price, and the walk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.kernels.trading import net
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from markets.venues.order import Order

Vector = NDArray[np.float64]


class Netting(NamedTuple):
    """Ordered and filled quantity of each order; displacement of the price by all of them, and their walk."""

    ordered: Vector  # (orders, paths)
    filled: Vector  # (orders, paths)
    displacement: Vector  # (paths,) ln S or decimal rate
    walk: Vector  # (paths,) excess of the price over mid and spread for a buyer: a share of the displacement
    said: NDArray[np.bool_]  # (2, orders) whether an order wants anything on any path; something on each, and gets it


# What netting needs of the venue, (paths,) unless said: $ notional of one unit of quantity; depth, $ notional; seconds
# until which it is halted; seconds now (a number); share of the depth that may remain net; displacement by all of it;
# share of the displacement that orders walk.
Terms = tuple[Vector, Vector, Vector, float, float, float, float]


def netted(orders: Sequence[Order], move: Vector, terms: Terms, nothing: Vector) -> Netting:
    """Net the orders at a displacement `move` (paths,) of the price. nothing: (paths,), where trades do not move it."""
    if len(orders) == 1:
        ordered = orders[0].quantity(move)[None]
    else:
        ordered = np.array([order.quantity(move) for order in orders])
    filled, displacement, walk = np.empty(ordered.shape), nothing, nothing
    *_, impact, _slope = terms
    if impact:
        displacement, walk = np.empty(move.size), np.empty(move.size)
    said = np.empty((2, len(orders)), dtype=bool)
    net(ordered, *terms, filled, displacement, walk, said)
    return Netting(ordered, filled, displacement, walk, said)
