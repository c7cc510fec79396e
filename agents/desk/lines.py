"""The positions of a desk's book, each valued alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.products.book import Book
from markets.products.cds import Cds
from sim.clock import CALENDAR_DAYS, CONTINUOUS_DAYS
from sim.sessions import DAY

if TYPE_CHECKING:
    from agents.desk.desk import Desk
    from markets.factors.snapshot import Snapshot
    from markets.products.product import Instrument

Vector = NDArray[np.float64]


class BookLine:
    """One position as a book, per unit of the desk's scale; it follows the desk from the start of the run."""

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
        """Nothing to do: dividends change no position's value."""

    def value(self) -> Vector:
        """Value in the present market, (paths,) $."""
        factors = self._world.factors
        return self._book.value(factors.tick, factors.snapshot, self._fixings)

    @property
    def rates(self) -> bool:
        """Whether it is a position in rates, not in the asset."""
        return self._book.has_rates

    @property
    def of_notional(self) -> bool:
        """Whether its size is a notional in $, not units of the asset."""
        return self.rates or isinstance(self.instrument, Cds)

    @property
    def years(self) -> float:
        """Calendar years to its last date, infinite if it has none."""
        dates = [table.dates.max() for table in self._book.tables if table.dates.size]
        if not dates:
            return math.inf
        clock = self._book.clock
        days = CONTINUOUS_DAYS if clock.sessions is None else CALENDAR_DAYS
        return float(max(dates) - clock.ticks[self._world.factors.tick]) / (days * DAY)
