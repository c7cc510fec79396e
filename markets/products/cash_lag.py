"""How prices of bonds lag behind protection on their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.other_curves import in_dollars

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markets.credit.name import CreditName
    from markets.factors.snapshot import Snapshot
    from markets.products.table import When
    from sim.clock import Clock

Floats = NDArray[np.float64]
GAP, SEEN, ROWS = 0, 1, 2  # rows of a name: the gap G, and ln of its spread when it was looked at


class CashLag:
    """ln of the multiple of hazard rates that bonds of a name see is that of the name less (1 - share) G.

    dG = d ln spread - ln 2 / half-life G dt, in trading time: `cash_share` of a move shows at once, half of the rest
    after `cash_days`. G is carried from close to close, so it does not depend on how often a book is marked.
    """

    def __init__(self, names: Sequence[CreditName], clock: Clock) -> None:
        self._names, self._clock = tuple(names), clock
        closes = np.flatnonzero(clock.is_close)
        before = np.searchsorted(closes, np.arange(len(clock.ticks)), side="right") - 1
        self._closed = np.where(before >= 0, closes[np.maximum(before, 0)], 0)  # the last close by each tick
        self.rows = ROWS * len(self._names)

    def new(self, paths: int) -> Floats:
        """At the start bonds are where protection is, (rows, paths)."""
        out = np.zeros((self.rows, paths))
        for k, name in enumerate(self._names):
            out[ROWS * k + SEEN] = name.start
        return out

    def look(self, when: When, snapshot: Snapshot, kept: Floats) -> None:
        """At a close: carry every gap to it."""
        for k, name in enumerate(self._names):
            kept[ROWS * k + GAP] = self._gap(k, when, snapshot, kept)
            kept[ROWS * k + SEEN] = snapshot.row(name.key)

    def multiply(self, levels: Floats, when: When, snapshot: Snapshot, kept: Floats) -> Floats:
        """Levels whose last rows are the names' multiples, as bonds see them; `levels` where no name lags."""
        lagging = [(k, name.cash_share) for k, name in enumerate(self._names) if name.cash_share < 1.0]
        if not lagging:
            return levels
        levels, first = levels.copy(), len(levels) - len(self._names)
        for k, share in lagging:
            levels[first + k] *= in_dollars(-(1.0 - share) * self._gap(k, when, snapshot, kept))
        return levels

    def _gap(self, k: int, when: When, snapshot: Snapshot, kept: Floats) -> Floats:
        """What was left at the last close has decayed since, and what has moved since is added: (paths,)."""
        clock, name = self._clock, self._names[k]
        since = float(clock.variance_years[when.tick] - clock.variance_years[self._closed[when.settled]])
        days = (since + when.later) * clock.days_a_year
        left = 0.5 ** (days / name.cash_days) if name.cash_days > 0 else 0.0
        gap: Floats = kept[ROWS * k + GAP] * left + (snapshot.row(name.key) - kept[ROWS * k + SEEN])
        return gap
