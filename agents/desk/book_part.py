"""A part of a desk's book, valued as a book of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.desk.unit_book import UnitBook
from markets.products.book import Book

if TYPE_CHECKING:
    from agents.desk.desk import Desk
    from markets.factors.key import FactorKey
    from markets.factors.snapshot import Snapshot
    from markets.products.product import Instrument

Vector = NDArray[np.float64]


class BookPart:
    """Some positions of a desk's book; it follows the desk from the start of the run, and shrinks with it."""

    def __init__(self, desk: Desk, instruments: Iterable[Instrument]) -> None:
        self._desk = desk
        self.book = Book(tuple(instruments)).compile(desk.book.clock, desk.book.start)
        self.unit = UnitBook(desk.world, self.book, full=True, whole=desk.unit)
        desk.followers.append(self)

    def settle(self, since: int, tick: int, snapshot: Snapshot) -> None:
        """Fix the floating rates of periods that start in (since, tick]."""
        if self.book.settles(since, tick):
            self.book.fix(since, tick, snapshot, self.unit.fixings)
            self.unit.forget()

    def receive(self, due: Vector) -> None:
        """Nothing to do: dividends change no position's value."""

    @property
    def scale(self) -> Vector:
        """Share of it that is left, (paths,): the desk's."""
        return self._desk.scale

    @property
    def marked(self) -> int:
        """Tick of the desk's last mark."""
        return self._desk.marked

    @property
    def needs(self) -> tuple[FactorKey, ...]:
        """Factors that its value depends on, with those of the desk's CVA."""
        there = self._desk.counterparty
        return self.book.needs if there is None else (*self.book.needs, *there.keys)

    def margined_now(self) -> Vector:
        """What variation margin on it is exchanged for, (paths,) $: nothing of a book without collateral."""
        there = self._desk.counterparty
        exchanged = there is None or there.terms.collateralised
        return self.clean_now() if exchanged else np.zeros(self._desk.world.paths)

    def clean_now(self) -> Vector:
        """Value of what is left as if its counterparty could not default, (paths,) $."""
        return np.asarray(self.scale * self.unit.value())
