"""The calls and puts of a book."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import SPOT, VOL
from markets.kernels.option_split import attribute_options
from markets.kernels.options import option_greeks, option_steps, option_values
from markets.products.european_table import European, EuropeanTable
from markets.products.risk import STEPPED, Risk
from markets.products.table import Held, Steps, When
from sim.memo import Memo

if TYPE_CHECKING:
    from markets.factors.snapshot import Snapshot
    from markets.products.start import Start
    from sim.clock import Clock

Floats = NDArray[np.float64]


class OptionTable(EuropeanTable):
    """Calls and puts; they come first, so that their kernel writes where others add."""

    order: ClassVar[int] = 0
    lean: ClassVar[bool] = True
    splits: ClassVar[bool] = True

    def __init__(self, options: Sequence[European], clock: Clock, start: Start) -> None:
        super().__init__(options, clock, start)
        self._flat: Memo[bool] = Memo()  # whether vol and curve are alike on all paths

    def value(self, when: When, snapshot: Snapshot, fixings: Floats, out: Floats) -> None:
        """Add $, (paths,), to `out`."""
        rows, curve = self.known(when), snapshot.block(self.start.curve.block)
        if len(rows):
            option_values(snapshot.row(SPOT), snapshot.row(VOL), curve, self._base, rows, out)

    def add_risk(
        self, when: When, snapshot: Snapshot, fixings: Floats | None, into: Risk, vol_multiplier: float | Floats = 1.0
    ) -> None:
        """Add value and derivatives."""
        rows = self.known(when)
        if len(rows):
            market = self._market(snapshot, vol_multiplier)
            option_greeks(snapshot.row(SPOT), *market, self._base, rows, into.blank, into.rows)
            into.blank = False

    def _market(self, snapshot: Snapshot, vol_multiplier: float | Floats) -> tuple[Floats, Floats, Floats]:
        """Vol, curve and stretch, of which a kernel need not look whether they are alike on all paths."""
        vol, curve = snapshot.row(VOL), snapshot.block(self.start.curve.block)
        stretch = self._stretch(snapshot.paths, vol_multiplier)
        if (
            stretch is self._one
            and snapshot.paths > 1
            and self._flat.get(lambda: _alike(vol) and _alike(curve), vol, curve)
        ):
            stretch = stretch[:1]
        return vol, curve, stretch

    def split(self, when: When, old: Snapshot, held: Held, totals: Floats, unhedged: Floats) -> None:
        """By a kernel that keeps neither value nor delta in the old market."""
        number, before, after, spot = held
        market = *self._market(old, 1.0), self._base, self.known(when)
        attribute_options(number, before, old.row(SPOT), spot, after, *market, totals, unhedged)

    def stepped(self, when: When, old: Snapshot, new: Snapshot, fixings: Floats) -> tuple[Risk, Steps] | None:
        """Value and delta in an old market, and the values as first spot, then vol, then the curve move."""
        rows, curve = self.known(when), self.start.curve.block
        slopes, values = Risk(STEPPED, new.paths), np.empty((3, new.paths))
        at_first = old.row(SPOT), old.row(VOL), old.block(curve)
        at_last = new.row(SPOT), new.row(VOL), new.block(curve)
        option_steps(*at_first, *at_last, self._base, rows, slopes.rows, values)
        slopes.blank = False
        return slopes, (values[0], values[1], values[2])


def _alike(levels: Floats) -> bool:
    """Whether levels, (..., paths), are the same on all paths."""
    if levels.shape[-1] == 1:
        return True
    first = levels[..., :1]
    return bool((levels[..., -1:] == first).all() and (levels == first).all())
