"""The positions of a desk's book, each valued alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.products.book import Book
from markets.products.instruments import Asset, Swap

if TYPE_CHECKING:
    from agents.desk.desk import Desk
    from markets.factors.snapshot import Snapshot
    from markets.products.instruments import Instrument

Vector = NDArray[np.float64]


class BookLine:
    """One position as a book of its own, per unit of the desk's scale; it follows the desk from the start on."""

    def __init__(self, desk: Desk, instrument: Instrument) -> None:
        self.instrument = instrument
        self._world, book = desk.world, desk.book
        self._book = Book((instrument,)).compile(book.clock, book.start)
        self._fixings = self._book.new_fixings(desk.world.paths)

    def settle(self, since: int, tick: int, snapshot: Snapshot) -> None:
        """Fix the floating rates of periods that start in (since, tick]."""
        if self._book.settles(since, tick):
            self._book.fix(since, tick, snapshot, self._fixings)

    def receive(self, due: Vector) -> None:
        """Dividends are paid on the asset itself and change no position's value."""

    def value(self) -> Vector:
        """In the market as it stands, (paths,) $."""
        factors = self._world.factors
        return self._book.value(factors.tick, factors.snapshot, self._fixings)

    @property
    def years(self) -> float:
        """Calendar years to expiry or maturity; infinite for the asset."""
        if isinstance(self.instrument, Asset):
            return math.inf
        end = self.instrument.maturity if isinstance(self.instrument, Swap) else self.instrument.expiry
        clock = self._book.clock
        return clock.calendar_years_to(end) - float(clock.calendar_years[self._world.factors.tick])
