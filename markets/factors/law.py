"""The contract of a law: how one family of factors moves."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.errors import BugError
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from markets.factors.impact import Impact
    from markets.factors.key import FactorKey
    from markets.factors.noise import Noise
    from markets.factors.snapshot import Block, Snapshot

Vector = NDArray[np.float64]


# What `Moved` holds; a plain one is made faster.
Levels = tuple["Mapping[FactorKey, Vector]", "Mapping[Block, Vector]"]
NO_ROWS: Mapping[FactorKey, Vector] = {}
NO_CURVES: Mapping[Block, Vector] = {}


class Moved(NamedTuple):
    """Levels that a step changed: (paths,) by key, and whole curves, (nodes, paths) by block: all nodes of one move
    together."""

    rows: Mapping[FactorKey, Vector] = {}
    blocks: Mapping[Block, Vector] = {}


STILL = Moved()


class Law(ABC):
    """How one family of factors moves from tick to tick. It owns their noise, its streams, and what trades do to them.

    A law draws from streams with names of its own, so a factor's noise does not depend on the scenario's other factors.
    """

    keys: tuple[FactorKey, ...]
    is_finite = True  # whether all levels of the last step are numbers
    impact: Mapping[FactorKey, Impact] = {}  # impact on each factor that trades displace

    @abstractmethod
    def step(self, tick: int, noise: Noise, now: Snapshot) -> Levels:
        """Carry the noise into `tick`; returns the levels that moved.

        noise: shocks of the step that several laws share. now: the market at the tick before.
        """

    @abstractmethod
    def levels(self) -> Levels:
        """All present levels."""

    def let_move(self, key: FactorKey, permanent_share: float, resilience: float) -> None:
        """Let trades displace a factor. resilience: 1/trading day. Raises BugError if the law has no such factor."""
        raise BugError(f"no trade moves {key}")

    def displace(self, key: FactorKey, move: Vector, level: Vector) -> Vector:
        """Book a move (paths,) of a factor at `level`, caused by trades just now; returns its level after it.

        Raises BugError if the law has no such factor.
        """
        raise BugError(f"no trade moves {key}")
