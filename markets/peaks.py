"""The extremes of a run: lowest and highest value of each watched level at MARK."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import MAIN

if TYPE_CHECKING:
    from markets.factors.key import FactorKey
    from markets.world import MarketWorld

Vector = NDArray[np.float64]


class Watched(NamedTuple):
    """A level, and the columns of its lowest and highest value in the table `peaks`."""

    level: Callable[[], Vector]
    low: str = ""
    high: str = ""


class Peaks:
    """Running extremes, (paths,) each by column; an unchanged level is skipped."""

    def __init__(self, world: MarketWorld, radius: Callable[[], Vector]) -> None:
        """radius: the spectral radius of the loop gains now."""
        self._world, self._watched = world, [*_watched(world), Watched(radius, high="peak_spectral_radius")]
        self._low = {each.low: world.full(np.inf) for each in self._watched if each.low}
        self._high = {each.high: world.full(-np.inf) for each in self._watched if each.high}
        self._seen: list[Vector | None] = [None] * len(self._watched)
        self._looks = [(each.level, self._low.get(each.low), self._high.get(each.high)) for each in self._watched]

    def look(self) -> None:
        """Update the extremes with the present levels."""
        seen = self._seen
        for i, (read, low, high) in enumerate(self._looks):
            level = read()
            if level is seen[i]:
                continue
            seen[i] = level
            if low is not None:
                np.minimum(low, level, out=low)
            if high is not None:
                np.maximum(high, level, out=high)

    def columns(self) -> dict[str, Vector]:
        """Columns of the table `peaks`; spread and depth as multiples of the base."""
        found, spec = self._low | self._high, self._world.venue(MAIN).spec
        widest = found["peak_half_spread_multiple"]
        found["peak_half_spread_multiple"] = (
            widest / spec.half_spread if spec.half_spread > 0 else self._world.full(1.0)
        )
        found["low_depth_multiple"] = found["low_depth_multiple"] / spec.depth
        return found


def _watched(world: MarketWorld) -> list[Watched]:
    """The levels with columns in `markets.tables`: the main asset's venue, vol, credit, and the traded nodes."""
    venue, factors = world.venue(MAIN), world.factors

    def rate(key: FactorKey) -> Watched:
        return Watched(lambda: factors.snapshot.row(key), f"low_{key.node}", f"high_{key.node}")

    of_rates = [] if factors.rates_vol is None else [Watched(factors.rate_vol, high="peak_rates_vol")]
    return [
        Watched(lambda: venue.mid, "low_mid", "high_mid"),
        Watched(lambda: factors.vol, high="peak_vol"),
        Watched(lambda: venue.half_spread, high="peak_half_spread_multiple"),
        Watched(lambda: venue.depth, low="low_depth_multiple"),
        Watched(lambda: factors.credit, high="peak_credit"),
        Watched(lambda: venue.loop_gain, high="peak_loop_gain"),
        *(rate(key) for key in factors.rates.keys[1:]),
        *of_rates,
    ]
