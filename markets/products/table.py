"""Tables: instruments of one kind as arrays, over which a book sums."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import MAIN
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from markets.factors.key import FactorKey
    from markets.factors.snapshot import Snapshot
    from markets.products.risk import Risk

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Steps = tuple[Floats, Floats, Floats]  # values after three moves, (paths,) $ each
Rows = TypeVar("Rows")

KEPT = 8  # moments whose rows are remembered: an attribution uses the same few repeatedly
NEVER: Ints = np.empty(0, dtype=np.int64)


class When(NamedTuple):
    """The moment of a valuation, and which flows it counts."""

    tick: int
    settled: int  # the tick through which flows count as paid
    due: bool = False  # only what is paid by `tick`
    later: float = 0.0  # years, of trading and of calendar time, passed since with nothing else changed


class Held(NamedTuple):
    """A book between two marks at which only time and spot have moved, (paths,) each."""

    scale: Floats  # number of books
    before: Floats  # $ of one at the last mark
    after: Floats  # and now
    spot: Floats  # $, now


class Table(ABC, Generic[Rows]):
    """All instruments of a book that are valued by the same arithmetic.

    A subclass is made from (items, clock, start) and defines `rows`, `value` and `add_risk`; everything else has a
    default here. `Rows`: the part of its arrays that depends on the moment and not on the market.
    """

    order: ClassVar[int]  # tables of a book add up in this order: the digits of a sum depend on it
    asset: str = MAIN  # on which its claims are written, if on any
    lean: ClassVar[bool] = False  # whether its value and delta alone cost less than with its gamma
    splits: ClassVar[bool] = False  # whether one kernel attributes the steps of time and spot
    bends: ClassVar[bool] = False  # whether it knows its second derivatives by pairs of nodes
    needs: tuple[FactorKey, ...] = ()  # factors that its value depends on
    dates: Ints = NEVER  # seconds at which something expires, is paid or is fixed
    gross_units: float = 0.0  # sum of absolute quantities of the asset
    asset_units: float = 0.0  # of the asset itself, which pays dividends
    fixings: int = 0  # floating rates that it remembers
    slides: bool = False  # whether its vols move as spot does, along a smile
    rates: bool = False  # whether it holds anything whose rates risk a desk hedges

    def __init__(self) -> None:
        self._kept: dict[When, Rows] = {}

    @abstractmethod
    def rows(self, when: When) -> Rows:
        """What is alive at a moment."""

    @abstractmethod
    def value(self, when: When, snapshot: Snapshot, fixings: Floats, out: Floats) -> None:
        """Add $, (paths,), to `out`. fixings: (self.fixings, paths)."""

    @abstractmethod
    def add_risk(
        self, when: When, snapshot: Snapshot, fixings: Floats | None, into: Risk, vol_multiplier: float | Floats = 1.0
    ) -> None:
        """Add value and derivatives.

        fixings: None where only derivatives by spot are wanted. vol_multiplier: scales every option's vol, scalar or
        (paths,).
        """

    def stepped(self, when: When, old: Snapshot, new: Snapshot, fixings: Floats) -> tuple[Risk, Steps] | None:
        """Value and delta in an old market, and the values as first spot, then vol, then the curve move to a new one.

        $, (paths,) each, to the digits of `add_risk` and `value`. None where no kernel does all of it together.
        """
        return None

    def split(self, when: When, old: Snapshot, held: Held, totals: Floats, unhedged: Floats) -> None:
        """Attribute by one kernel what time and spot have made of claims on the main asset, where it `splits`.

        To the digits of `add_risk` and `markets.kernels.hedging.attribute`. totals, unhedged: added to.
        """
        raise NotImplementedError

    def known(self, when: When) -> Rows:
        """The rows of a moment; those of the last few moments are remembered."""
        rows = self._kept.get(when)
        if rows is None:
            if len(self._kept) >= KEPT:
                del self._kept[next(iter(self._kept))]
            rows = self._kept[when] = self.rows(when)
        return rows

    def new_fixings(self, paths: int) -> Floats:
        """Memory of floating rates, (fixings, paths) decimal, with the rates of periods under way at the start."""
        return np.zeros((0, paths))

    def fix(self, since: int, tick: int, snapshot: Snapshot, fixings: Floats) -> None:
        """Fix the rates of periods that start in (since, tick], from the market at `tick`."""

    def nearest_expiry(self, tick: int) -> tuple[float, float] | None:
        """Calendar and trading years to the nearest expiry of an option ahead; None if there is none."""
        return None
