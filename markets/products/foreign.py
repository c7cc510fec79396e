"""A currency beside the dollar, as books see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.dataclass import dataclass
from sim.memo import Memo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markets.curves.curve import Curve
    from markets.factors.key import FactorKey
    from markets.factors.snapshot import Snapshot

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Foreign:
    """Curves of a currency and its price.

    curve: of its own overnight rate. basis: the spread over it at which flows in it with collateral in dollars are
    discounted; None: none. fx: the log of its price in dollars.
    """

    curve: Curve
    fx: FactorKey
    basis: Curve | None = None

    @property
    def discount(self) -> tuple[Curve, ...]:
        """Curves whose -ln DF add up to that with collateral in dollars."""
        return (self.curve,) if self.basis is None else (self.curve, self.basis)


class Exponents:
    """Exponents of flows on several curves and FX rates: weights (flows, rows) on the levels of all their factors.

    A flow is worth amount x exp(-(weights . levels + constant)).
    """

    def __init__(self, curves: Sequence[Curve], rates: Sequence[FactorKey]) -> None:
        """curves: of different blocks. rates: logs of FX rates."""
        first = [0, *np.cumsum([len(curve.nodes) for curve in curves]).tolist()]
        self._columns = {curve.block: slice(a, b) for curve, a, b in zip(curves, first, first[1:], strict=False)}
        self.keys: tuple[FactorKey, ...] = (*(key for curve in curves for key in curve.nodes), *rates)
        self._blocks = [*self._columns, *(key[:2] for key in rates)]
        self._memo: Memo[Floats] = Memo()

    def of(self, snapshot: Snapshot) -> Floats:
        """Levels, (rows, paths)."""
        parts = [snapshot.block(block) for block in self._blocks]
        return self._memo.get(lambda: np.concatenate(parts), *parts)

    def zero(self, curves: Sequence[Curve], years: Floats) -> tuple[Floats, Floats]:
        """-ln DF of the sum of some curves at `years` (flows,): weights (flows, rows), constants (flows,)."""
        weights, constant = np.zeros((years.size, len(self.keys))), np.zeros(years.size)
        for curve in curves:
            weights[:, self._columns[curve.block]] += curve.weights(years)
            constant += curve.excess(years)
        return weights, constant

    def price(self, key: FactorKey, flows: int) -> Floats:
        """Weights that multiply flows by an FX rate, (flows, rows)."""
        out = np.zeros((flows, len(self.keys)))
        out[:, self.keys.index(key)] = -1.0
        return out
