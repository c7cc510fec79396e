"""A part of a desk's book, valued as a book of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.products.book import Book
from sim.memo import Memo

if TYPE_CHECKING:
    from agents.desk.desk import Desk
    from markets.factors.key import FactorKey
    from markets.factors.snapshot import Snapshot
    from markets.products.product import Instrument
    from markets.products.risk import Risk

Vector = NDArray[np.float64]


class BookPart:
    """Some positions of a desk's book; it follows the desk from the start of the run, and shrinks with it."""

    def __init__(self, desk: Desk, instruments: Iterable[Instrument]) -> None:
        self._desk = desk
        self.book = Book(tuple(instruments)).compile(desk.book.clock, desk.book.start)
        self.fixings = self.book.new_fixings(desk.world.paths)
        self._risk: Memo[Risk] = Memo()
        self._value: Memo[Vector] = Memo()
        desk.followers.append(self)

    def settle(self, since: int, tick: int, snapshot: Snapshot) -> None:
        """Fix the floating rates of periods that start in (since, tick]."""
        if self.book.settles(since, tick):
            self.book.fix(since, tick, snapshot, self.fixings)
            self._risk.forget()
            self._value.forget()

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
        now = self._desk.world.factors.snapshot
        return np.asarray(self.scale * self._value.get(lambda: self._value_at(now), now))

    def _value_at(self, now: Snapshot) -> Vector:
        tick = self._desk.world.factors.tick
        return self.book.value(tick, now, self.fixings, settled=self.marked)

    def risk(self) -> Risk:
        """Risk of one unit of scale in the present market, vegas by the buckets of the desk's vega leg."""
        factors, hedge = self._desk.world.factors, self._desk.vega_hedge
        grid = None if hedge is None else hedge.grid
        return self._risk.get(
            lambda: self.book.risk(factors.tick, factors.snapshot, self.fixings, settled=self.marked, vegas=grid),
            factors.snapshot,
        )
