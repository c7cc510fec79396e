"""The gamma claims of a book."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import SPOT, VOL
from markets.kernels.claims import claim_greeks
from markets.kernels.options import NODE
from markets.products.european_table import EuropeanTable
from markets.products.table import When

if TYPE_CHECKING:
    from markets.factors.snapshot import Snapshot
    from markets.products.risk import Risk

Floats = NDArray[np.float64]


class ClaimTable(EuropeanTable):
    """Claims that pay S ln(S/K) - S + K."""

    order: ClassVar[int] = 1

    def value(self, when: When, snapshot: Snapshot, fixings: Floats, out: Floats) -> None:
        """Add $, (paths,), to `out`."""
        rows = self.known(when)
        if len(rows):
            curve = snapshot.block(self.start.curve.block)
            greeks = np.zeros((NODE + len(curve), snapshot.paths))
            spot, vol = snapshot.row(SPOT), snapshot.row(VOL)
            claim_greeks(spot, vol, curve, self._ones(snapshot.paths), self._base, rows, greeks)
            out += greeks[0]

    def add_risk(
        self, when: When, snapshot: Snapshot, fixings: Floats | None, into: Risk, vol_multiplier: float | Floats = 1.0
    ) -> None:
        """Add value and derivatives."""
        rows = self.known(when)
        if len(rows):
            curve, greeks = snapshot.block(self.start.curve.block), into.filled()
            if len(greeks) < NODE:
                greeks = np.zeros((NODE + len(curve), snapshot.paths))
                greeks[: len(into.rows)] = into.rows
            stretch = self._stretch(snapshot.paths, vol_multiplier)
            claim_greeks(snapshot.row(SPOT), snapshot.row(VOL), curve, stretch, self._base, rows, greeks)
            if greeks is not into.rows:
                into.rows[:] = greeks[: len(into.rows)]
