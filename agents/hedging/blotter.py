"""A desk's blotter: its orders on the way to venues, and what of them was not filled."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import MAIN, SPOT, of_asset
from markets.kernels.hedging import answered
from sim.phases import Phase
from sim.vectors import some

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agents.world import Participant, TradingWorld
    from markets.venues.order import Demand, Fill

    Orders = dict[str, NDArray[np.float64] | Demand]  # by venue

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]


class Blotter:
    """Orders by venue. What is on the way counts as held; a remainder is looked at again."""

    def __init__(self, agent: Participant, world: TradingWorld, assets: Iterable[str], latency: int) -> None:
        """assets: that are hedged. latency: seconds from seeing the price to an order's arrival."""
        self._agent, self._world, self.latency = agent, world, latency
        self._seat = world.seats.get(agent.name)  # who is told of fills
        self._spots = {asset: of_asset(SPOT, asset) for asset in assets}
        self.last_spot = {asset: self._price(asset).copy() for asset in assets}  # $ when last filled, (paths,)
        self.under_way: dict[str, Vector] = {}  # by venue: units sent and not yet filled
        self.unfilled: dict[str, Mask] = {}  # by venue: paths on which the last order was not filled in full
        self.everywhere, self.nowhere = np.ones(world.paths, dtype=bool), np.zeros(world.paths, dtype=bool)

    def looks(self, due: bool, venue: str) -> Mask:
        """Paths on which the desk looks now: all if its interval is over, else those with a remainder."""
        return self.everywhere if due else self.unfilled.get(venue, self.nowhere)

    def with_under_way(self, venue: str, units: Vector) -> Vector:
        """Units with those on the way there, (paths,). Read-only: often the very same."""
        sent = self.under_way.get(venue)
        return units if sent is None else units + sent

    def send(self, orders: Orders) -> None:
        """Send them once all agents have looked.

        They arrive now, or after the desk's latency; an order for nothing never does.
        """
        self.unfilled = {}  # the new orders include all remainders
        self._world.when(self._world.soon(orders), self._leave)

    def _leave(self, orders: Orders) -> None:
        if not self.latency:
            self._arrive(orders)
            return
        for name, order in orders.items():
            if not callable(order):
                self.under_way[name] = self.with_under_way(name, order)
        self._world.when(self._world.after(self.latency, Phase.TRADE), lambda _: self._arrive(orders))

    def _arrive(self, orders: Orders) -> None:
        world = self._world
        for name, order in orders.items():
            if callable(order) or some(order):
                world.when(world.venue(name).trade(self._agent, order), partial(self._answered, name, order))

    def _answered(self, name: str, order: Vector | Demand, fill: Fill) -> None:
        """Take a venue's fill of an order."""
        if name in self.under_way and not callable(order):
            self.under_way[name] = self.under_way[name] - order
        if not fill.in_full:
            self._keep_remainder(name, fill)
        elif name in self._spots:
            self.last_spot[name] = self._price(name)
        if self._seat is not None:
            self._seat.filled(self._world.tick_index, name, fill)

    def _keep_remainder(self, name: str, fill: Fill) -> None:
        seen, paths = name if name in self._spots else MAIN, self._world.paths
        left, last_spot = np.empty(paths, dtype=bool), np.empty(paths)
        answered(fill.ordered, fill.quantity, self._price(seen), self.last_spot[seen], left, last_spot)
        if seen == name:
            self.last_spot[name] = last_spot
        self.unfilled[name] = self.unfilled[name] | left if name in self.unfilled else left

    def _price(self, asset: str) -> Vector:
        return self._world.factors.snapshot.row(self._spots[asset])
