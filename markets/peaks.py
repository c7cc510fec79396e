"""The extremes of a run: lowest and highest value of each watched level at MARK."""

from __future__ import annotations

from operator import is_
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import CREDIT, MAIN, USD, VOL
from markets.kernels.extremes import EXTREMES, widen
from markets.kernels.trading import QUOTE_ROWS

if TYPE_CHECKING:
    from markets.world import MarketWorld

Vector = NDArray[np.float64]

# Columns of the table `peaks` (`markets.tables`), in the order of the kernel's rows.
OF_ASSET = (
    "low_mid",
    "high_mid",
    "peak_vol",
    "peak_half_spread_multiple",
    "low_depth_multiple",
    "peak_credit",
    "peak_loop_gain",
    "peak_spectral_radius",
)


class Peaks:
    """Running extremes, (paths,) each by column: of the main asset's venue, vol, credit, and the traded nodes."""

    def __init__(self, world: MarketWorld) -> None:
        self._world, self._venue = world, world.venue(MAIN)
        nodes = world.factors.rates.keys
        rates = [f"{side}_{key.node}" for key in nodes[1:] for side in ("low", "high")]
        self._names = (*OF_ASSET, *rates)
        self._found = np.empty((len(self._names), world.paths))
        for row, name in zip(self._found, self._names, strict=True):
            row[:] = np.inf if name.startswith("low") else -np.inf
        nothing = np.empty(0)
        none, book, curve = nothing, np.empty((QUOTE_ROWS, 0)), np.empty((len(nodes), 0))
        self._left_out = (none, none, book, none, none, none, curve)  # in place of an unchanged level
        self._seen: tuple[Vector, ...] = self._left_out
        assert len(self._names) == EXTREMES + 2 * (len(nodes) - 1)
        self._rates_vol = world.full(-np.inf)

    def look(self, radius: Vector) -> None:
        """Update the extremes with the present levels. radius: the spectral radius of the loop gains now, (paths,)."""
        factors, venue = self._world.factors, self._venue
        now = factors.snapshot
        levels: tuple[Vector, ...] = (
            venue.mid,
            now.row(VOL),
            venue.quotes.book().levels,
            now.row(CREDIT),
            venue.reactions.loop_gain,
            radius,
            now.block(USD),
        )
        seen, self._seen = self._seen, levels
        if any(map(is_, levels, seen)):
            which = zip(levels, seen, self._left_out, strict=True)
            levels = tuple(none if level is before else level for level, before, none in which)
        given = *levels, self._found
        widen(*given)
        if factors.rates_vol is not None:
            np.maximum(self._rates_vol, factors.rate_vol(), out=self._rates_vol)

    def columns(self) -> dict[str, Vector]:
        """Columns of the table `peaks`; spread and depth as multiples of the base."""
        found, spec = dict(zip(self._names, self._found, strict=True)), self._venue.spec
        if self._world.factors.rates_vol is not None:
            found["peak_rates_vol"] = self._rates_vol
        widest = found["peak_half_spread_multiple"]
        found["peak_half_spread_multiple"] = (
            widest / spec.half_spread if spec.half_spread > 0 else self._world.full(1.0)
        )
        found["low_depth_multiple"] = found["low_depth_multiple"] / spec.depth
        return found
