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
        self._block = start.curve.block
        self._market_of: tuple[Floats, Floats, Floats] | None = None  # the last, at the market's own vol
        self._logs: tuple[tuple[Snapshot, Floats], ...] = ()  # of the last two markets, as `option_greeks` writes them

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
            market, logs = self._market(snapshot, vol_multiplier), np.empty(snapshot.paths)
            option_greeks(snapshot.row(SPOT), *market, self._base, rows, into.blank, logs, into.rows)
            into.blank = False
            self._logs = *self._logs[-1:], (snapshot, logs)

    def _market(self, snapshot: Snapshot, vol_multiplier: float | Floats) -> tuple[Floats, Floats, Floats]:
        """Vol, curve and stretch, of which a kernel need not look whether they are alike on all paths."""
        vol, curve = snapshot.row(VOL), snapshot.block(self._block)
        if not isinstance(vol_multiplier, float) or vol_multiplier != 1.0:
            return vol, curve, self._stretch(snapshot.paths, vol_multiplier)
        last = self._market_of
        if last is None or last[0] is not vol or last[1] is not curve:
            ones = self._ones(snapshot.paths)
            if ones.size > 1 and _alike(vol) and _alike(curve):
                ones = ones[:1]
            last = self._market_of = vol, curve, ones
        return last

    def _logs_of(self, snapshot: Snapshot, rows: Floats) -> Floats:
        """What `option_greeks` has written at a market of lately, (paths,); else it is valued again."""
        for market, logs in self._logs:
            if market is snapshot:
                return logs
        found = np.empty(snapshot.paths)
        again = np.empty((len(STEPPED), snapshot.paths))
        option_greeks(snapshot.row(SPOT), *self._market(snapshot, 1.0), self._base, rows, True, found, again)
        return found

    def split(self, when: When, old: Snapshot, held: Held, totals: Floats, unhedged: Floats) -> None:
        """By a kernel that keeps neither value nor delta in the old market."""
        number, before, after, spot = held
        rows = self.known(when)
        market = self._logs_of(old, rows), *self._market(old, 1.0), self._base, rows
        attribute_options(number, before, old.row(SPOT), spot, after, *market, totals, unhedged)

    def stepped(self, when: When, old: Snapshot, new: Snapshot, fixings: Floats) -> tuple[Risk, Steps] | None:
        """Value and delta in an old market, and the values as first spot, then vol, then the curve move."""
        curve, before, now = self._block, old.row, new.row
        slopes, values = Risk(STEPPED, new.paths), np.empty((3, new.paths))
        at_first, at_last = (before(SPOT), before(VOL), old.block(curve)), (now(SPOT), now(VOL), new.block(curve))
        option_steps(*at_first, *at_last, self._base, self.known(when), slopes.rows, values)
        slopes.blank = False
        by_spot, by_vol, by_curve = values
        return slopes, (by_spot, by_vol, by_curve)


def _alike(levels: Floats) -> bool:
    """Whether levels, (..., paths), are the same on all paths."""
    first, last = levels[..., 0], levels[..., -1]
    return first.tolist() == last.tolist() and bool((levels == first[..., None]).all())
