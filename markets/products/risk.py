"""Value of a book with its first and chosen second derivatives by factor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import LN_VOL, SPOT, VOL, FactorKey
from markets.kernels.options import SLOPES
from markets.products.vega_grid import VegaGrid

Floats = NDArray[np.float64]
Keys = tuple[FactorKey, ...]  # none: the value itself; one: a first derivative; two: a second one

# Rows that every book has, in the order of `markets.kernels.options`; those of the nodes follow.
GREEKS: tuple[Keys, ...] = ((), (SPOT,), (SPOT, SPOT), (VOL,), (SPOT, LN_VOL))
SLOPES_ONLY: dict[Keys, int] = {keys: row for row, keys in enumerate(GREEKS[:SLOPES])}


def layout(nodes: Iterable[FactorKey], *, bends: bool = False, further: Iterable[FactorKey] = ()) -> dict[Keys, int]:
    """Row of every derivative: `GREEKS`, the first by each node and, with `bends`, the second by each pair of nodes.

    further: factors of a smile, and buckets of a `VegaGrid`, which have a row each at the end.
    """
    nodes = tuple(nodes)
    pairs = combinations_with_replacement(nodes, 2) if bends else ()
    last = ((key,) for key in further)
    return {keys: row for row, keys in enumerate((*GREEKS, *((node,) for node in nodes), *pairs, *last))}


class Risk:
    """A value and its derivatives, (paths,) each, found by key.

    What tables write first and add to later: `rows` (derivatives, paths) are empty memory while `blank`.
    """

    __slots__ = ("blank", "grid", "rows", "where")

    def __init__(self, where: Mapping[Keys, int], paths: int, grid: VegaGrid | None = None) -> None:
        """where: the row of each derivative; see `layout`. grid: the buckets among them, if vega is asked for."""
        self.where, self.rows, self.blank = where, np.empty((len(where), paths)), True
        self.grid = grid

    @property
    def value(self) -> Floats:
        """$."""
        value: Floats = self.rows[0]
        return value

    @property
    def delta(self) -> Floats:
        """Units of the asset."""
        return self.first(SPOT)

    @property
    def gamma(self) -> Floats:
        """Units of the asset per $."""
        return self.second(SPOT, SPOT)

    @property
    def vega(self) -> Floats:
        """$ per 1.00 of the market's implied vol."""
        return self.first(VOL)

    @property
    def vanna(self) -> Floats:
        """Units of the asset per unit of the log of the market's implied vol."""
        return self.second(SPOT, LN_VOL)

    @property
    def vegas(self) -> Floats:
        """Vega of options on rates by bucket of the grid, (buckets, paths) $ per 1.00 of normal vol."""
        if self.grid is None:
            return np.zeros((0, self.rows.shape[1]))
        return np.stack([self.first(key) for key in self.grid.keys])

    def first(self, key: FactorKey) -> Floats:
        """$ per 1.00 of a factor, (paths,). Raises KeyError where it was not asked for."""
        slope: Floats = self.rows[self.where[key,]]
        return slope

    def second(self, one: FactorKey, other: FactorKey) -> Floats:
        """$ per 1.00 of each of two factors, (paths,). Raises KeyError where it was not asked for."""
        row = self.where.get((one, other))
        bend: Floats = self.rows[self.where[other, one] if row is None else row]
        return bend

    def add(self, values: Floats | float, *keys: FactorKey) -> None:
        """Add to the value, or to the derivative by one or two factors; what was not asked for is left out."""
        row = self.where.get(keys, self.where.get(keys[::-1]))
        if row is not None:
            self.filled()[row] += values

    def filled(self) -> Floats:
        """The rows, to be added to."""
        if self.blank:
            self.rows[:] = 0.0
            self.blank = False
        return self.rows
