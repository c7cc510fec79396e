"""A seat of a live session: what has been ordered, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from markets.venues.order import Fill

Vector = NDArray[np.float64]


class Filled(NamedTuple):
    """One order and its fill, (paths,) each; a lender's forced orders are part of it."""

    tick: int
    venue: str
    ordered: Vector  # units
    quantity: Vector  # units
    price: Vector  # $/unit, or decimal


class LiveSeat:
    """An `agents.world.Seat` whose orders are written while the world waits."""

    def __init__(self, sent: dict[int, dict[str, Vector]] | None = None) -> None:
        """sent: units by venue, (paths,), by tick."""
        self.sent = {} if sent is None else sent
        self.fills: list[Filled] = []

    def orders(self, tick: int) -> Mapping[str, Vector]:
        """What is ordered at TRADE of a tick."""
        return self.sent.get(tick, {})

    def filled(self, tick: int, venue: str, fill: Fill) -> None:
        """Keep what became of an order."""
        self.fills.append(Filled(tick, venue, fill.ordered.copy(), fill.quantity.copy(), np.copy(fill.price)))
