"""One maker's market at a venue."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.dataclass import dataclass

Vector = NDArray[np.float64]
Paths = NDArray[np.intp]  # numbers of paths in their chunk


class Lean(NamedTuple):
    """How a maker shifts both sides of its quote against its inventory: by -slope x inventory, up to a limit."""

    slope: Vector  # (paths,) share of mid, or decimal rate, per $ notional
    limit: float  # $ notional
    held: Vector  # (paths,) $ notional, when it quoted

    @property
    def skew(self) -> Vector:
        """The shift, (paths,)."""
        shift: Vector = -self.slope * np.clip(self.held, -self.limit, self.limit)
        return shift


@dataclass
class Quote:
    """Both sides, each (paths,)."""

    half_spread: Vector  # share of mid, or decimal rate
    skew: Vector  # shift of both sides, same unit
    depth: Vector  # $ notional
    lean: Callable[[], Lean] | None = None  # shift as a function of fills; None: constant until the next quote

    def on(self, paths: Paths) -> Quote:
        """The quote on some paths, as a record shows it."""
        return Quote(self.half_spread[paths], self.skew[paths], self.depth[paths])


class Awaited(partial[Quote]):
    """A quote that is computed when it is read: on all paths, or on those that somebody looks at.

    Awaited(compute, *terms): by compute(*terms) on all, by compute(*terms, paths=paths) on some.
    """

    __slots__ = ()

    def on(self, paths: Paths) -> Quote:
        """The quote on some paths."""
        return self(paths=paths)
