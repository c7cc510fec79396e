"""Orders of a seat that are known before the run: those of a session that is repeated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from markets.venues.order import Fill
    from sim.ensemble import Chunk

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class GivenOrders:
    """Orders of one seat: an `agents.world.Seat`.

    by_tick: units by venue, (paths,) each, by the tick at which they are sent.
    """

    by_tick: Mapping[int, Mapping[str, Vector]]

    def orders(self, tick: int) -> Mapping[str, Vector]:
        """What is ordered at TRADE of a tick."""
        return self.by_tick.get(tick, {})

    def filled(self, tick: int, venue: str, fill: Fill) -> None:
        """Nobody asks."""

    def of(self, chunk: Chunk) -> GivenOrders:
        """Those of a chunk's paths."""
        cut = slice(chunk.first, chunk.first + chunk.paths)
        return GivenOrders(
            {tick: {venue: units[cut] for venue, units in by.items()} for tick, by in self.by_tick.items()}
        )
