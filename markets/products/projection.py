"""Curves that floating rates are read from, and the factors behind the flows of one currency."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markets.kernels.flows import AMOUNT, FLOW_TERMS, OUTER
from sim.dataclass import dataclass
from sim.memo import Memo

if TYPE_CHECKING:
    from markets.curves.curve import Curve
    from markets.curves.quoted_curve import QuotedCurve
    from markets.factors.key import FactorKey
    from markets.factors.snapshot import Snapshot

Floats = NDArray[np.float64]
MOST = 4  # nodes of a spread that a forward rate depends on


@dataclass(frozen=True, eq=False)
class Projection:
    """A curve P over the curve that all is discounted on, in zero rates: what is quoted more, `flat`, and a spread.

    quoted: P at the start, where it is quoted; over each period the quoted gap stays what it is at the start.
    spread: nodes of the spread that moves P. first: their levels that the quotes contain, decimal; else empty.
    """

    quoted: QuotedCurve | None = None
    flat: float = 0.0  # decimal
    spread: Curve | None = None
    first: tuple[float, ...] = ()

    def weights(self, begin: ArrayLike, end: ArrayLike) -> Floats:
        """b such that the spread adds b . s to ln P(begin) / P(end), times of any shape: (..., nodes) years."""
        assert self.spread is not None
        out: Floats = self.spread.weights(end) - self.spread.weights(begin)
        return out

    def growth(self, begin: float, end: float, snapshot: Snapshot) -> Floats | float:
        """What the spread adds to ln P(begin) / P(end), (paths,), beyond what the quotes contain; times from now."""
        if self.spread is None:
            return 0.0
        rates = snapshot.block(self.spread.block)
        added: Floats = self.spread.zero(end, rates) - self.spread.zero(begin, rates)
        return added - float(self.weights(begin, end) @ np.array(self.first)) if self.first else added


class RateRows:
    """Rows of the flow kernels' factors: nodes of a curve, and of the spreads over it that a book's flows depend on."""

    def __init__(self, curve: Curve, projections: Sequence[Projection] = ()) -> None:
        self.curve = curve
        spreads = {each.spread.block: each.spread for each in projections if each.spread is not None}
        self._spreads = [spreads[block] for block in sorted(spreads)]
        self.keys: tuple[FactorKey, ...] = (*curve.nodes, *(key for each in self._spreads for key in each.nodes))
        self._memo: Memo[Floats] = Memo()

    def of(self, snapshot: Snapshot) -> Floats:
        """Levels, (rows, paths)."""
        whole = snapshot.block(self.curve.block)
        if not self._spreads:
            return whole
        parts = [whole, *(snapshot.block(each.block) for each in self._spreads)]
        return self._memo.get(lambda: np.concatenate(parts), *parts)

    def projected(self, by: Projection, amounts: Floats, begin: Floats, end: Floats) -> Floats:
        """Rows of flows at `begin` that grow by the spread of a projection until `end`: (flows, FLOW_TERMS or more).

        amounts: (flows,) $; begin, end: (flows,) years from now.
        """
        if by.spread is None:
            return self.curve.flows(amounts, begin)
        weights = by.weights(begin, end)
        base = self.keys.index(by.spread.nodes[0])
        first = np.array(by.first) if by.first else np.zeros(len(by.spread.nodes))
        terms = self.curve.flows(amounts * np.exp(-weights @ first), begin)
        return np.concatenate([terms, _pairs(-weights, base, min(MOST, weights.shape[1]))], axis=1)


def _pairs(weights: Floats, base: int, number: int) -> Floats:
    """Pairs of row and weight, those that are not zero first: (flows, 2 x number). base: row of the first column."""
    columns = np.argsort(weights == 0, axis=1, kind="stable")[:, :number]
    pairs = np.stack([base + columns, np.take_along_axis(weights, columns, axis=1)], axis=2)
    return np.asarray(pairs.reshape(len(weights), 2 * number), dtype=np.float64)


def sparse(amounts: Floats, weights: Floats) -> Floats:
    """Rows of flows, (flows, FLOW_TERMS or more): amounts (flows,), weights (flows, rows) on the factors."""
    number = max(int((weights != 0).sum(axis=1).max(initial=0)), (FLOW_TERMS - OUTER) // 2)
    pairs = _pairs(_wide(weights, number), 0, number)
    pairs[:, ::2] = np.minimum(pairs[:, ::2], weights.shape[1] - 1)  # of what was filled up the weight is zero
    terms = np.empty((amounts.size, OUTER + pairs.shape[1]))
    terms[:, AMOUNT], terms[:, OUTER:] = amounts, pairs
    return terms


def together(*groups: Floats) -> Floats:
    """Rows of flows one below the other, narrow ones filled up with weights of zero."""
    width = max((each.shape[1] for each in groups), default=FLOW_TERMS)
    return np.concatenate([_wide(each, width) for each in groups])


def _wide(rows: Floats, width: int) -> Floats:
    """Rows with columns of zeros up to at least `width`."""
    missing = width - rows.shape[1]
    return rows if missing <= 0 else np.concatenate([rows, np.zeros((len(rows), missing))], axis=1)
