"""Exponents of flows that a name must survive: on the curve that all is discounted on, and on multiples of hazards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.other_curves import in_dollars
from markets.kernels.flows import flow_bends, flow_slopes
from markets.products.foreign import Exponents
from sim.memo import Memo

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markets.credit.name import CreditName
    from markets.curves.curve import Curve
    from markets.factors.key import FactorKey
    from markets.factors.snapshot import Snapshot

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class CreditExponents:
    """Levels are the nodes of the curve, then of each name the multiple m of its hazard rates at the start.

    A flow is worth amount x exp(-(weights . levels + constant)). Derivatives are by the nodes and by ln m.
    """

    def __init__(self, curve: Curve, names: Sequence[CreditName]) -> None:
        self.names, self._curve = tuple(names), curve
        self._discount = Exponents([curve], [])
        self.keys: tuple[FactorKey, ...] = (*self._discount.keys, *(name.key for name in names))
        self._memo: Memo[Floats] = Memo()

    def of(self, snapshot: Snapshot) -> Floats:
        """Levels, (rows, paths)."""
        nodes = snapshot.block(self._curve.block)
        logs = [snapshot.row(name.key) for name in self.names]
        return self._memo.get(lambda: np.concatenate([nodes, self._multiples(logs)]), nodes, *logs)

    def _multiples(self, logs: Sequence[Floats]) -> Floats:
        return np.stack([in_dollars(log - name.start) for name, log in zip(self.names, logs, strict=True)])

    def at(self, name: CreditName, paid: Floats, survived: Floats) -> tuple[Floats, Floats]:
        """Of 1 paid at `paid` if a name is alive at `survived` (flows,) years: weights (flows, rows), constants."""
        weights, constant = self._discount.zero([self._curve], np.maximum(paid, 0.0))
        wide = np.zeros((paid.size, len(self.keys)))
        wide[:, : weights.shape[1]] = weights
        wide[:, self.keys.index(name.key)] = name.cumulative(survived)
        return wide, constant

    def slopes(self, levels: Floats, fixings: Floats, terms: Floats, slots: Ints) -> Floats:
        """Value, then its derivative by each key: (1 + keys, paths)."""
        out = np.zeros((1 + len(self.keys), levels.shape[1]))
        flow_slopes(levels, fixings, terms, slots, out)
        first = len(self.keys) - len(self.names)
        out[1 + first :] *= levels[first:]
        return out

    def bends(
        self, levels: Floats, fixings: Floats, terms: Floats, slots: Ints, slopes: Floats
    ) -> Iterator[tuple[FactorKey, FactorKey, Floats]]:
        """Second derivatives by pairs of keys, (paths,). slopes: see `slopes`."""
        size, first = len(self.keys), len(self.keys) - len(self.names)
        out = np.zeros((size, size, levels.shape[1]))
        flow_bends(levels, fixings, terms, slots, out)
        out[first:] *= levels[first:, None]
        out[:, first:] *= levels[first:]
        for i in range(size):
            for j in range(i, size):
                own = slopes[1 + i] if i == j and i >= first else 0.0
                yield self.keys[i], self.keys[j], out[i, j] + own
