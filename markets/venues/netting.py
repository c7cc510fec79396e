"""Netting of the orders of one instant: fills, and displacement of the price."""

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
    """Ordered and filled quantity of each order, and the displacement of the price by all of them."""

    ordered: Vector  # (orders, paths)
    filled: Vector  # (orders, paths)
    displacement: Vector  # (paths,) ln S or decimal rate
    said: NDArray[np.bool_]  # (2, orders) whether an order wants anything on any path; something on each, and gets it


# What netting needs of the venue, (paths,) unless said: $ notional of one unit of quantity; depth, $ notional; seconds
# until which it is halted; seconds now (a number); share of the depth that may remain net; displacement by all of it.
Terms = tuple[Vector, Vector, Vector, float, float, float]


def netted(orders: Sequence[Order], move: Vector, terms: Terms, nothing: Vector) -> Netting:
    """Net the orders at a displacement `move` (paths,) of the price. nothing: (paths,), where trades do not move it."""
    if len(orders) == 1:
        ordered = orders[0].quantity(move)[None]
    else:
        ordered = np.array([order.quantity(move) for order in orders])
    filled, displacement = np.empty(ordered.shape), np.empty(move.size) if terms[-1] else nothing
    said = np.empty((2, len(orders)), dtype=bool)
    net(ordered, *terms, filled, displacement, said)
    return Netting(ordered, filled, displacement, said)
