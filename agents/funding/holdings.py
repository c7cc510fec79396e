"""What a desk holds: its book and its positions at the venues, or those of them that are in one netting set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agents.desk.book_part import BookPart
from agents.desk.options_held import OptionsHeld, options_held
from markets.factors.key import SPOT, USD, of_asset
from markets.venues.vol_listing import VolListing
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agents.desk.desk import Desk
    from agents.world import TradingWorld
    from markets.curves.curve import Curve
    from markets.factors.factor_market import FactorMarket
    from markets.products.product import Instrument
    from markets.venues.straddle import Straddle
    from markets.venues.venue import Venue
    from sim.clock import Clock

Vector = NDArray[np.float64]


class Part(NamedTuple):
    """What of a desk is in a netting set."""

    instruments: tuple[Instrument, ...]
    venues: frozenset[str]  # whose positions are in it


class Holdings:
    """A view of a desk's book and hedges; the parts of a `Portfolio` look at it."""

    def __init__(self, world: TradingWorld, desk: Desk, part: Part | None = None) -> None:
        """part: what is looked at (default: all)."""
        self._world, self._desk = world, desk
        self._held: Desk | BookPart = desk if part is None else BookPart(desk, part.instruments)
        self._venues = None if part is None else part.venues
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
        """Whether the book holds anything whose rates risk a desk hedges, or a netting set such hedges."""
        if self._held.book.has_rates or self._venues is None:
            return self._held.book.has_rates
        return any(venue.key[:2] == USD for venue in self.held_venues())

    @property
    def curve(self) -> Curve:
        """The curve that the book is discounted on."""
        return self._desk.book.start.curve

    @property
    def scale(self) -> Vector:
        """Share of the book that is left, (paths,)."""
        return self._desk.scale

    @property
    def venues(self) -> Mapping[str, Venue]:
        """Venues whose positions count, by name."""
        found, wanted = self._world.venues, self._venues
        return found if wanted is None else {name: venue for name, venue in found.items() if name in wanted}

    @property
    def straddles(self) -> list[Straddle]:
        """Straddles listed at those venues."""
        return [each for each in self._world.straddles if each.name in self.venues]

    @property
    def assets(self) -> tuple[str, ...]:
        """Assets whose price and vol the desk is exposed to by options, the main one first."""
        return self._desk.legs.assets

    def options_on(self, asset: str) -> OptionsHeld:
        """Options on an asset that the desk holds at those venues."""
        held = options_held(self._world, self.name, asset=asset)
        return held if self._venues is None else OptionsHeld([e for e in held.positions if e[0].name in self.venues])

    def price(self, asset: str) -> Vector:
        """Of an asset, (paths,) $."""
        return self.factors.snapshot.row(of_asset(SPOT, asset))

    def idle(self, venue: Venue) -> bool:
        """Whether options are listed there that the desk neither holds nor hedges with: they need not be valued."""
        if not isinstance(venue.listing, VolListing) or venue.reached(self.name):
            return False
        return venue.name not in self._desk.legs.option_names

    def held_venues(self) -> list[Venue]:
        """Venues at which the desk has ever held a position."""
        return [venue for venue in self.venues.values() if venue.reached(self.name)]

    def value(self) -> Vector:
        """Value of the book that is margined, (paths,) $."""
        return self._held.margined_now()
