"""The rule that makers start from: a venue's half-spread and depth at the present vol."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from markets.kernels.trading import rules

Vector = NDArray[np.float64]


class Rule:
    """Half-spread and depth of a venue at one state of the market, computed at the first read.

    half-spread = base x outside multiple x (s/s_base)^spread_power;  depth = outside depth x (s_base/s)^depth_power.
    """

    _levels: tuple[Vector, Vector] | None = None
    _some: tuple[slice, tuple[Vector, Vector]] | None = None  # paths, and levels on them

    def __init__(
        self,
        vol: Vector,
        vol_base: float,
        half_spread: float,
        spread_power: float,
        depth: Vector,
        depth_power: float,
    ) -> None:
        """half_spread and depth: at base vol; depth: (paths,), or (1,) where it is the same on all."""
        self.vol = vol
        self._terms = (vol, vol_base, half_spread, spread_power, depth, depth_power)

    def stands(self, half_spread: float, depth: Vector) -> bool:
        """Whether the rule is the same with these levels at base vol: arrays are compared as objects."""
        _, _, half, _, shown, _ = self._terms
        if half_spread != half:
            return False
        return depth is shown or (depth.size == 1 == shown.size and bool(depth[0] == shown[0]))

    def read(self) -> tuple[Vector, Vector]:
        """Half-spread (share of mid, or decimal rate) and depth ($ notional), (paths,) each; the same at every call."""
        levels = self._levels
        if levels is None:
            levels = self._levels = _levels(*self._terms)
        return levels

    def on(self, paths: slice) -> tuple[Vector, Vector]:
        """The levels on some paths, asked for by every maker; computed there alone, if nobody has read them all."""
        if self._some is None or self._some[0] is not paths:
            self._some = paths, self._on(paths)
        return self._some[1]

    def _on(self, paths: slice) -> tuple[Vector, Vector]:
        if self._levels is not None:
            by_vol, shown = self._levels
            return by_vol[paths], shown[paths]
        vol, vol_base, half_spread, spread_power, depth, depth_power = self._terms
        some = depth if depth.size == 1 else depth[paths]
        return _levels(vol[paths], vol_base, half_spread, spread_power, some, depth_power)

    @property
    def half_spread(self) -> Vector:
        """(paths,) share of mid, or decimal rate."""
        return self.read()[0]

    @property
    def depth(self) -> Vector:
        """(paths,) $ notional."""
        return self.read()[1]


def _levels(
    vol: Vector,
    vol_base: float,
    half_spread: float,
    spread_power: float,
    depth: Vector,
    depth_power: float,
) -> tuple[Vector, Vector]:
    by_vol, shown = np.empty((2, vol.size))
    rules(vol, vol_base, half_spread, spread_power, depth, depth_power, by_vol, shown)
    return by_vol, shown
