"""One unit of a desk's book: what it is worth, and its risk, in the present market or in another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.vectors import on_some

if TYPE_CHECKING:
    from markets.factors.snapshot import Snapshot
    from markets.products.book import CompiledBook
    from markets.products.risk import Risk
    from markets.products.table import Steps
    from markets.products.vega_grid import VegaGrid
    from markets.world import MarketWorld

Vector = NDArray[np.float64]


class UnitBook:
    """The book per unit of the desk's scale: (paths,) of money and of each sensitivity.

    What was last found in the present market is kept, with the market that it is of.
    """

    def __init__(self, world: MarketWorld, book: CompiledBook, *, full: bool, whole: UnitBook | None = None) -> None:
        """full: whether more of the risk than `slopes` will be used; all is then computed together.

        whole: what this is a part of, by whose marks and buckets it goes.
        """
        self._whole = whole or self
        self._factors, self.book, self.full = world.factors, book, full
        self.settled = 0  # tick of the desk's last mark: cash flows until then are paid
        self.fixings: Any = book.new_fixings(world.paths)
        self.grid: VegaGrid | None = None  # buckets of the desk's vega leg
        self._bent = False  # whether anybody has asked for the gamma of slopes
        self._risk: Risk
        self._slopes: Risk
        self._value: Vector
        self._risk_in: Snapshot | None = None
        self._slopes_in: Snapshot | None = None
        self._value_in: Snapshot | None = None

    def forget(self) -> None:
        """Cash was paid or rates were fixed: the same market gives another value now."""
        self._risk_in = self._slopes_in = self._value_in = None

    # --- value ------------------------------------------------------------------------------------------------------
    def value(self) -> Vector:
        """In the present market, (paths,) $; computed once per market."""
        now = self._factors.snapshot
        if self._value_in is not now:
            self._value, self._value_in = self.value_at(now) if self.full else self.slopes().value, now
        return self._value

    def value_at(self, snapshot: Snapshot) -> Vector:
        """In another market, (paths,) $.

        Bit-stability: always valued with the kernel for the present market, so a path's digits do not depend on its
        chunk.
        """
        if not self.full:
            return self.slopes(snapshot).value
        return self.book.value(self._factors.tick, snapshot, self.fixings, settled=self._whole.settled)

    # --- risk -------------------------------------------------------------------------------------------------------
    def risk(self, snapshot: Snapshot | None = None) -> Risk:
        """In the present market, computed once per market, or in a given one.

        In a market on some of the paths: on those.
        """
        if snapshot is not None:
            return self._risk_at(snapshot)
        now = self._factors.snapshot
        if self._risk_in is not now:
            self._risk, self._risk_in = self._risk_at(now), now
        return self._risk

    def _risk_at(self, snapshot: Snapshot) -> Risk:
        fixings = self.fixings if snapshot.among is None else on_some(self.fixings, snapshot.among)
        return self.book.risk(
            self._factors.tick, snapshot, fixings, settled=self._whole.settled, vegas=self._whole.grid
        )

    def slopes(self, snapshot: Snapshot | None = None, *, bent: bool = False) -> Risk:
        """At least value and delta of the risk, in the present market or in a given one. bent: gamma, too.

        Who has asked for gamma once will ask again: it is then computed with the others.
        """
        if self.full:
            return self.risk(snapshot)
        if bent and not self._bent:
            self._bent, self._slopes_in = True, None
        if snapshot is not None:
            return self._slopes_at(snapshot)
        now = self._factors.snapshot
        if self._slopes_in is not now:
            self._slopes, self._slopes_in = self._slopes_at(now), now
        return self._slopes

    def _slopes_at(self, snapshot: Snapshot) -> Risk:
        if not self._bent:
            return self._first_order(snapshot)
        return self.book.slopes(self._factors.tick, snapshot, self.fixings, settled=self._whole.settled)

    def gamma_of(self, asset: str, slopes: Risk, snapshot: Snapshot | None) -> Vector:
        """Gamma in an asset, (paths,), in the market that `slopes` are of: the present one or a given one."""
        return (slopes if slopes.bent else self.slopes(snapshot, bent=True)).gamma_of(asset)

    def first_order(self, snapshot: Snapshot) -> Risk:
        """At least value and delta of the risk in another market, for whom gamma is no use."""
        return self.risk(snapshot) if self.full else self._first_order(snapshot)

    def _first_order(self, snapshot: Snapshot) -> Risk:
        return self.book.first_order(self._factors.tick, snapshot, self.fixings, settled=self._whole.settled)

    def stepped(self, old: Snapshot, new: Snapshot) -> tuple[Risk, Steps] | None:
        """Risk in an old market and the values step by step to the present one, by one kernel where the book has one.

        The value in the present market is known then, too. None elsewhere.
        """
        found = self.book.stepped(self._factors.tick, old, new, self.fixings, settled=self._whole.settled)
        if found is not None and self._value_in is not new:
            self._value, self._value_in = found[1][-1], new
        return found
