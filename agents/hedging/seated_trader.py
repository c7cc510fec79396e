"""The trader of a desk whose orders come from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.hedging.seat import ORDERS, ordered
from agents.hedging.trader import Trader
from sim.phases import Phase

if TYPE_CHECKING:
    from agents.base import Process

Vector = NDArray[np.float64]


class SeatedTrader(Trader):
    """It begins as the desk's policy would, and lenders reduce it as they do others."""

    def run(self) -> Process:
        """Send what is ordered at every tick, once; a remainder that is not filled lapses."""
        world, seat, name = self.world, self.world.seats[self.agent.name], self.agent.name
        together = {asset for asset, hedge in self.assets.items() if hedge.together}  # by the price that results
        while True:
            yield world.tick(Phase.TRADE)
            given = seat.orders(world.tick_index)
            for venue, units in given.items():
                kept = {"tick": world.tick_index, "seat": name, "venue": venue, "units": units}
                world.log.add(ORDERS.name, world.now, units != 0, **kept)
            self.blotter.send(ordered(self.desk, given, self._holding, together=together))

    def _holding(self, venue: str) -> Vector:
        return self.blotter.with_under_way(venue, self.world.venue(venue).held(self.agent.name))
