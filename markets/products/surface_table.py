"""The calls, puts and gamma claims of a book on a smile that moves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import SMILE_SKEW, SPOT, VOL, VOL_SLOPE
from markets.kernels.options import OPTION_TERMS, SLOPES
from markets.kernels.surface import (
    BY_SKEW,
    BY_SLOPE,
    CLAIM,
    LOADING,
    MONEYNESS,
    STEEPNESS,
    SURFACE_TERMS,
    surface_greeks,
)
from markets.kernels.terms import FIXED_SIGN, FIXED_VOL
from markets.products.claim_table import ClaimTable
from markets.products.european_table import European, EuropeanTable
from markets.products.option_table import OptionTable
from markets.products.table import When
from markets.vols.moving_smile import MovingSmile
from markets.vols.smile import slope_loading, steepness

if TYPE_CHECKING:
    from markets.factors.snapshot import Snapshot
    from markets.products.risk import Risk
    from markets.products.start import Start
    from sim.clock import Clock

Floats = NDArray[np.float64]
NO_STRIKES, NO_ORIGINS = np.empty((0, 0)), np.empty(0)  # of options with one strike on all paths


class SurfaceTable(EuropeanTable):
    """Options whose vols move with spot, or with the factors of the surface."""

    order: ClassVar[int] = 0

    def __init__(self, claims: Sequence[European], clock: Clock, start: Start, smile: MovingSmile) -> None:
        super().__init__(claims, clock, start)
        self._smile, self.slides = smile, start.slides
        if VOL_SLOPE in start.snapshot.keys:
            self.needs = (*self.needs, VOL_SLOPE, SMILE_SKEW)
        self._fixed[:, FIXED_VOL] = start.vol_base  # at the money
        self._shapes = np.stack([np.log(self.strike / start.spot0), steepness(self.variance_years)], axis=1)

    def rows(self, when: When) -> Floats:
        """Terms of what was alive after `settled`, (alive, SURFACE_TERMS)."""
        plain, now = super().rows(when), self._times[when.tick]
        alive = self.dates > self._times[when.settled][0]
        if when.due:
            alive &= self.dates <= now[0]
        rows = np.empty((len(plain), SURFACE_TERMS))
        rows[:, :OPTION_TERMS] = plain
        rows[:, [MONEYNESS, STEEPNESS]] = self._shapes[alive]
        rows[:, LOADING] = slope_loading(self.variance_years[alive] - now[1] - when.later)
        return rows

    def value(self, when: When, snapshot: Snapshot, fixings: Floats, out: Floats) -> None:
        """Add $, (paths,), to `out`."""
        found = np.zeros((SLOPES, snapshot.paths))
        self._add(when, snapshot, self._ones(snapshot.paths), found, np.empty((0, 0)))
        out += found[0]

    def add_risk(
        self, when: When, snapshot: Snapshot, fixings: Floats | None, into: Risk, vol_multiplier: float | Floats = 1.0
    ) -> None:
        """Add value and derivatives."""
        by = np.zeros((2, snapshot.paths)) if (VOL_SLOPE,) in into.where else np.empty((0, 0))
        self._add(when, snapshot, self._stretch(snapshot.paths, vol_multiplier), into.filled(), by)
        if len(by):
            into.add(by[BY_SLOPE], VOL_SLOPE)
            into.add(by[BY_SKEW], SMILE_SKEW)

    def _add(self, when: When, snapshot: Snapshot, stretch: Floats, out: Floats, by: Floats) -> None:
        rows, curve, seen = self.known(when), snapshot.block(self.start.curve.block), self._smile.seen(snapshot)
        surface_greeks(
            snapshot.row(SPOT),
            snapshot.row(VOL),
            curve,
            stretch,
            seen.reference,
            seen.surface,
            self._base,
            seen.form,
            seen.slides,
            rows,
            NO_STRIKES,
            NO_ORIGINS,
            out,
            by,
            NO_ORIGINS,
        )


class SurfaceClaimTable(SurfaceTable):
    """Gamma claims on such a smile."""

    order: ClassVar[int] = 1

    def __init__(self, claims: Sequence[European], clock: Clock, start: Start, smile: MovingSmile) -> None:
        super().__init__(claims, clock, start, smile)
        self._fixed[:, FIXED_SIGN] = CLAIM


def options(claims: Sequence[European], clock: Clock, start: Start) -> EuropeanTable:
    """Calls and puts, on a smile that stays or one that moves. Raises UserError for what expires by the start."""
    smile = start.moving_smile
    return OptionTable(claims, clock, start) if smile is None else SurfaceTable(claims, clock, start, smile)


def gamma_claims(claims: Sequence[European], clock: Clock, start: Start) -> EuropeanTable:
    """The same of gamma claims."""
    smile = start.moving_smile
    return ClaimTable(claims, clock, start) if smile is None else SurfaceClaimTable(claims, clock, start, smile)
