"""Value of a book with its first and chosen second derivatives by factor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import LN_VOL, MAIN, SPOT, VOL, FactorKey, of_asset
from markets.kernels.options import DELTA, GAMMA, SLOPES, VANNA
from markets.products.vega_grid import VegaGrid

Floats = NDArray[np.float64]
Keys = tuple[FactorKey, ...]  # none: the value itself; one: a first derivative; two: a second one

# Rows that every book has, in the order of `markets.kernels.options`; those of the nodes follow.
GREEKS: tuple[Keys, ...] = ((), (SPOT,), (SPOT, SPOT), (VOL,), (SPOT, LN_VOL))
SLOPES_ONLY: dict[Keys, int] = {keys: row for row, keys in enumerate(GREEKS[:SLOPES])}
STEPPED: dict[Keys, int] = {keys: row for row, keys in enumerate(GREEKS[:2])}  # value and delta


def layout(
    nodes: Iterable[FactorKey],
    *,
    bends: bool = False,
    further: Iterable[FactorKey] = (),
    assets: Iterable[str] = (),
) -> dict[Keys, int]:
    """Row of every derivative: `GREEKS`, the first by each node and, with `bends`, the second by each pair of nodes.

    further: factors of a smile, and buckets of a `VegaGrid`, which have a row each at the end. assets: further ones,
    which have `GREEKS` of their own after those.
    """
    nodes = tuple(nodes)
    pairs = combinations_with_replacement(nodes, 2) if bends else ()
    last = [(key,) for key in further]
    own = (greek_of(greek, asset) for asset in assets for greek in GREEKS[1:])
    return {keys: row for row, keys in enumerate((*GREEKS, *((node,) for node in nodes), *pairs, *last, *own))}


@cache
def greek_of(greek: Keys, asset: str) -> Keys:
    """The derivative by an asset's factors that `greek` is by those of the main one."""
    return tuple(of_asset(key, asset) if key.name == MAIN else key for key in greek)


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
        delta: Floats = self.rows[DELTA]
        return delta

    @property
    def gamma(self) -> Floats:
        """Units of the asset per $."""
        return self.second(SPOT, SPOT)

    @property
    def bent(self) -> bool:
        """Whether it has gammas."""
        return len(self.rows) > GAMMA

    @property
    def vega(self) -> Floats:
        """$ per 1.00 of the market's implied vol."""
        return self.first(VOL)

    @property
    def vanna(self) -> Floats:
        """Units of the asset per unit of the log of the market's implied vol."""
        return self.second(SPOT, LN_VOL)

    def delta_of(self, asset: str) -> Floats:
        """Units of an asset; 0 of one that the book does not know."""
        found: Floats = self.rows[DELTA] if asset == MAIN else self._of((SPOT,), asset)
        return found

    def gamma_of(self, asset: str) -> Floats:
        """Units of an asset per $ of its price, likewise."""
        found: Floats = self.rows[GAMMA] if asset == MAIN else self._of((SPOT, SPOT), asset)
        return found

    def vega_of(self, asset: str) -> Floats:
        """$ per 1.00 of an asset's implied vol, likewise."""
        return self._of((VOL,), asset)

    def vanna_of(self, asset: str) -> Floats:
        """Units of an asset per unit of the log of its implied vol, likewise."""
        if asset == MAIN and len(self.rows) > VANNA:
            found: Floats = self.rows[VANNA]
            return found
        return self._of((SPOT, LN_VOL), asset)

    def _of(self, greek: Keys, asset: str) -> Floats:
        row = self.where.get(greek_of(greek, asset))
        found: Floats = np.zeros(self.rows.shape[1]) if row is None else self.rows[row]
        return found

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
