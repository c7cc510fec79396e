"""One maker's market at a venue."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from markets.kernels.trading import DEPTH, HALF_SPREAD, SKEW
from sim.dataclass import dataclass
from sim.named_tuple import NamedTuple

Vector = NDArray[np.float64]


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


class Offer(ABC):
    """A quote, or what computes it when it is read: perhaps after the market has moved, so from inputs of its own."""

    @abstractmethod
    def changed(self) -> bool:
        """Whether it would write something else than it has written last."""

    @abstractmethod
    def read(self) -> Quote:
        """The quote."""

    @abstractmethod
    def write(self, levels: Vector) -> None:
        """Its three levels into the rows of (QUOTE_ROWS, paths)."""

    @abstractmethod
    def on(self, paths: slice) -> Quote:
        """The quote on some paths, as a record shows it: in storage of its own, which stays as it is."""


@dataclass
class Quote(Offer):
    """Both sides, each (paths,)."""

    half_spread: Vector  # share of mid, or decimal rate
    skew: Vector  # shift of both sides, same unit
    depth: Vector  # $ notional
    lean: Callable[[], Lean] | None = None  # shift as a function of fills; None: constant until the next quote

    def changed(self) -> bool:
        """Never: a maker posts another one."""
        return False

    def read(self) -> Quote:
        """Itself."""
        return self

    def write(self, levels: Vector) -> None:
        """Its three levels."""
        levels[HALF_SPREAD], levels[SKEW], levels[DEPTH] = self.half_spread, self.skew, self.depth

    def on(self, paths: slice) -> Quote:
        """The quote on some paths."""
        return Quote(*np.array([self.half_spread[paths], self.skew[paths], self.depth[paths]]))
