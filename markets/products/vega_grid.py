"""Buckets of vega: expiries and lengths of swaps, among which the vega of an option is shared."""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import FactorKey
from sim.dataclass import dataclass
from sim.errors import BugError
from sim.figure_text import tenor as length

Floats = NDArray[np.float64]
FAMILY = "swaption_vol"


@dataclass(frozen=True)
class VegaGrid:
    """Expiries and lengths in years, both rising. A bucket is a pair of them.

    An option between buckets is shared among its four neighbours, linearly in expiry and in length; beyond the ends the
    nearest has it. So buckets add up to the whole vega.

    relative: vega is $ per unit of ln vol (vega times the vol), rather than per 1.00 of normal vol.
    """

    expiries: tuple[float, ...]
    tenors: tuple[float, ...]
    relative: bool = False

    def __post_init__(self) -> None:
        for axis in (self.expiries, self.tenors):
            if not axis or any(b <= a for a, b in pairwise(axis)):
                raise BugError(f"the axes of a vega grid rise: {self}")

    @cached_property
    def keys(self) -> tuple[FactorKey, ...]:
        """Of the buckets, expiry by expiry: the normal vol of each."""
        return tuple(
            FactorKey(FAMILY, "usd", f"{length(expiry)} x {length(tenor)}")
            for expiry in self.expiries
            for tenor in self.tenors
        )

    def weights(self, expiry: Floats, tenor: Floats) -> Floats:
        """Shares of options among the buckets, (options, buckets); a row adds up to 1. Both arguments (options,)."""
        by_expiry, by_tenor = _hats(expiry, self.expiries), _hats(tenor, self.tenors)
        return (by_expiry[:, :, None] * by_tenor[:, None, :]).reshape(expiry.size, -1)


STANDARD = VegaGrid((1 / 12, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0), (1.0, 2.0, 5.0, 10.0, 20.0, 30.0))


def _hats(at: Floats, points: tuple[float, ...]) -> Floats:
    """Weights of linear interpolation, flat beyond the ends, (len(at), len(points))."""
    rows = [np.interp(at, points, np.eye(len(points))[k]) for k in range(len(points))]
    return np.stack(rows, axis=1)
