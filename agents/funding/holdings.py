"""What a desk holds: its book and its positions at the venues, in the present market."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from agents.desk.desk import Desk
    from agents.world import TradingWorld
    from markets.curves.curve import Curve
    from markets.factors.factor_market import FactorMarket
    from markets.venues.venue import Venue
    from sim.clock import Clock

Vector = NDArray[np.float64]


class Holdings:
    """A view of a desk's book and hedges; the parts of a `Portfolio` look at it."""

    def __init__(self, world: TradingWorld, desk: Desk) -> None:
        self._world, self._desk = world, desk
        self.memory: dict[str, Any] = {}  # of a margin model, by what it keeps

    @property
    def name(self) -> str:
        """The desk's account."""
        return self._desk.name

    @property
    def paths(self) -> int:
        """Number of paths."""
        return self._world.paths

    @property
    def clock(self) -> Clock:
        """The instants of the run."""
        return self._world.clock

    @property
    def factors(self) -> FactorMarket:
        """The market."""
        return self._world.factors

    @property
    def has_rates(self) -> bool:
        """Whether the book holds anything whose rates risk a desk hedges."""
        return self._desk.book.has_rates

    @property
    def curve(self) -> Curve:
        """The curve that the book is discounted on."""
        return self._desk.book.start.curve

    @property
    def scale(self) -> Vector:
        """Share of the book that is left, (paths,)."""
        return self._desk.scale

    def held_venues(self) -> list[Venue]:
        """Venues at which the desk has ever held a position."""
        return [venue for venue in self._world.venues.values() if venue.reached(self._desk.name)]
