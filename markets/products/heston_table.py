"""The calls and puts of a book that are valued under Heston's law."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import SPOT, VOL
from markets.kernels.heston import FAR_TERMS, GRID_TERMS, TAIL_TERMS, TAILS, heston_options
from markets.kernels.options import INNER_YEARS, OUTER_YEARS, SD
from markets.kernels.terms import FIXED_VOL
from markets.products.european_table import European, EuropeanTable
from markets.products.table import When
from markets.vols.heston import FAR_NODES, NO_TIME, Grid, Heston
from markets.vols.rates_variance import RatesVariance
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from markets.factors.snapshot import Snapshot
    from markets.products.risk import Risk
    from markets.products.start import Start
    from sim.clock import Clock

Floats = NDArray[np.float64]
GRIDS = 512  # times to expiry whose nodes are remembered


class Integrals(NamedTuple):
    """Nodes of the options alive at a moment, see `markets.kernels.heston`."""

    grid: Floats  # (nodes of all options, GRID_TERMS)
    bounds: NDArray[np.int64]  # (options + 1,) where each option's begin
    tails: Floats  # (options, TAILS, TAIL_TERMS)
    contours: Floats  # (options, TAILS, FAR_NODES, FAR_TERMS)


class HestonTable(EuropeanTable):
    """Calls and puts in closed form on every path: its spot, its curve, and v0 times (vol / vol at the start)^2.

    Variance accrues in trading time, rates move in calendar time. Nodes of the integral are common to all paths.
    """

    order: ClassVar[int] = 5

    def __init__(self, options: Sequence[European], clock: Clock, start: Start) -> None:
        """Raises UserError for terms that the law does not have."""
        super().__init__(options, clock, start)
        self._fixed[:, FIXED_VOL] = 1.0  # so that SD is the root of the trading years left
        terms = start.heston
        v0 = start.vol_base**2 if terms.v0 is None else terms.v0
        self.law = Heston(v0=v0, kappa=terms.kappa, theta=terms.theta, xi=terms.xi, rho=terms.rho)
        self.moving = RatesVariance(sigma=terms.rates_vol, reversion=terms.rates_reversion)
        self._base = np.array([start.spot0, v0 / start.vol_base**2])

    def value(self, when: When, snapshot: Snapshot, fixings: Floats, out: Floats) -> None:
        """Add $, (paths,), to `out`."""
        self._add(when, snapshot, self._ones(snapshot.paths), out[None])

    def add_risk(
        self, when: When, snapshot: Snapshot, fixings: Floats | None, into: Risk, vol_multiplier: float | Floats = 1.0
    ) -> None:
        """Add value and derivatives."""
        self._add(when, snapshot, self._stretch(snapshot.paths, vol_multiplier), into.filled())

    def _add(self, when: When, snapshot: Snapshot, stretch: Floats, out: Floats) -> None:
        rows = self.known(when)
        if len(rows):
            market = snapshot.row(SPOT), snapshot.row(VOL), snapshot.block(self.start.curve.block)
            grid, bounds, tails, contours = self._integrals(rows)
            heston_options(*market, stretch, self._base, rows, grid, bounds, tails, contours, out)

    def _integrals(self, rows: Floats) -> Integrals:
        grids = [self._grid(float(row[SD] ** 2), float(row[OUTER_YEARS] + row[INNER_YEARS])) for row in rows]
        nodes = np.concatenate([np.empty((0, GRID_TERMS)), *(grid.nodes for grid in grids)])
        bounds = np.cumsum([0, *(len(grid.nodes) for grid in grids)])
        tails = np.array([grid.tails for grid in grids]).reshape(len(rows), TAILS, TAIL_TERMS)
        contours = np.array([grid.contours for grid in grids]).reshape(len(rows), TAILS, FAR_NODES, FAR_TERMS)
        return Integrals(nodes, bounds, tails, contours)

    def _grid(self, years: float, calendar_years: float) -> Grid:
        return _grid(self.law, years, float(self.moving.bond(calendar_years))) if years > 0 else NO_TIME


@lru_cache(maxsize=GRIDS)
def _grid(law: Heston, years: float, rates_variance: float) -> Grid:
    return law.grid(years, rates_variance)
