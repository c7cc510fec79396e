"""Claims of a book on a further asset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from markets.factors.key import MAIN, SMILE_SKEW, VOL, VOL_SLOPE, of_asset
from markets.products.risk import SLOPES_ONLY, Risk, greek_of, layout
from markets.products.table import Table, When
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from markets.factors.snapshot import Snapshot
    from markets.factors.underlying import Underlying
    from markets.products.product import Compile
    from markets.products.start import Start
    from sim.clock import Clock

    Floats = NDArray[np.float64]


class FurtherTable(Table[Any]):
    """A table of claims on the main asset, valued in the market as a further asset's options see it.

    Its derivatives are by that asset's factors, `Risk.delta_of` and the like.
    """

    order: ClassVar[int] = 100  # after those of the main asset, by name

    def __init__(self, table: Table[Any], underlying: Underlying, start: Start) -> None:
        """table: compiled on the asset's own starting market. start: the market's."""
        super().__init__()
        self._table, self._underlying, self.asset = table, underlying, underlying.name
        own = (of_asset(key, self.asset) if key.name == MAIN else key for key in table.needs)
        self.needs = tuple(key for key in own if key in start.snapshot.keys)
        self.dates, self.gross_units, self.slides = table.dates, table.gross_units, table.slides
        smile = (key for key in (VOL_SLOPE, SMILE_SKEW) if of_asset(key, self.asset) in self.needs)
        self._all = layout(start.curve.nodes, further=smile)

    def rows(self, when: When) -> Any:
        """What is alive at a moment."""
        return self._table.known(when)

    def value(self, when: When, snapshot: Snapshot, fixings: Floats, out: Floats) -> None:
        """Add $, (paths,), to `out`."""
        self._table.value(when, self._underlying.seen(snapshot), fixings, out)

    def add_risk(
        self, when: When, snapshot: Snapshot, fixings: Floats | None, into: Risk, vol_multiplier: float | Floats = 1.0
    ) -> None:
        """Add value and derivatives."""
        every = (of_asset(VOL, self.asset),) in into.where
        own = Risk(self._all if every else SLOPES_ONLY, snapshot.paths)
        self._table.add_risk(when, self._underlying.seen(snapshot), fixings, own, vol_multiplier)
        rows = own.filled()
        for greek, row in own.where.items():
            into.add(rows[row], *greek_of(greek, self.asset))

    def nearest_expiry(self, tick: int) -> tuple[float, float] | None:
        """Calendar and trading years to the nearest expiry ahead; None if there is none."""
        return self._table.nearest_expiry(tick)


class _OnAsset(NamedTuple):
    make: Compile
    asset: str

    def __call__(self, items: Sequence[Any], clock: Clock, start: Start, /) -> FurtherTable:
        """Raises UserError for what is over by the start, or where there is no such asset."""
        own = start.of(self.asset)
        return FurtherTable(self.make(items, clock, own), start.assets[self.asset], start)


def compiled_on(make: Compile, asset: str) -> Compile:
    """How instruments become a table that do so by `make` on the main asset."""
    return make if asset == MAIN else _OnAsset(make, asset)
