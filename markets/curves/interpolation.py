"""Between nodes and beyond them: all three interpolations are linear in the node values y = -ln DF.

So -ln DF(t) = o(t) + W(t) . (y - o(nodes)), with a matrix W of the times alone: it gives values and their exact
derivative. o(t) is what a turn of the year adds, or an ultimate forward rate; nothing without them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.dataclass import dataclass

Floats = NDArray[np.float64]


class Interpolation(ABC):
    """How -ln DF runs between nodes at rising `years` (nodes,), the curve starting at DF 1."""

    name: str

    @abstractmethod
    def inside(self, years: Floats, nodes: Floats) -> Floats:
        """Weights of the nodes at `years` (m,) up to the last node: (m, nodes). Before 0, the first forward goes on."""

    @abstractmethod
    def last_forward(self, nodes: Floats) -> Floats:
        """Weights of the forward rate that is held beyond the last node: (nodes,) 1/year."""


class LogLinear(Interpolation):
    """-ln DF linear between nodes: forward rates are flat between them."""

    name = "log_linear"

    def inside(self, years: Floats, nodes: Floats) -> Floats:
        return _hats(years, np.concatenate([[0.0], nodes]))[:, 1:]

    def last_forward(self, nodes: Floats) -> Floats:
        before = np.concatenate([[0.0], nodes[:-1]])
        out = _unit(nodes.size)
        if nodes.size > 1:
            out[-2] = -1.0
        slope: Floats = out / (nodes[-1] - before[-1])
        return slope


class LinearZero(Interpolation):
    """The continuous zero rate linear between nodes, flat before the first and beyond the last."""

    name = "linear_zero"

    def inside(self, years: Floats, nodes: Floats) -> Floats:
        inner = np.clip(years, nodes[0], nodes[-1])
        out: Floats = _hats(inner, nodes) * (years[:, None] / nodes)
        return out

    def last_forward(self, nodes: Floats) -> Floats:
        out: Floats = _unit(nodes.size) / nodes[-1]
        return out


class LogCubic(Interpolation):
    """A natural cubic spline on ln DF through (0, 0) and the nodes."""

    name = "log_cubic"

    def inside(self, years: Floats, nodes: Floats) -> Floats:
        spline = _spline(nodes)
        out: Floats = spline(np.maximum(years, 0.0)) + np.minimum(years, 0.0)[:, None] * spline(0.0, 1)
        return out

    def last_forward(self, nodes: Floats) -> Floats:
        out: Floats = _spline(nodes)(nodes[-1], 1)
        return out


INTERPOLATIONS: dict[str, Interpolation] = {each.name: each for each in (LogLinear(), LinearZero(), LogCubic())}


@dataclass(frozen=True)
class Turn:
    """A jump of the overnight rate between two times, at a turn of the year say: `rate` (decimal) on top."""

    start: float  # years
    end: float
    rate: float


@dataclass(frozen=True, eq=False)
class CurveShape:
    """The times of the nodes and what runs between and beyond them.

    Beyond the last node the forward rate stays flat; with an `ultimate` rate (continuous) it moves there: its distance
    shrinks by exp(-speed) a year.
    """

    nodes: Floats  # (nodes,) years, rising, above 0
    interpolation: Interpolation
    ultimate: float | None = None
    speed: float = 0.1  # 1/year
    turns: tuple[Turn, ...] = ()

    def weights(self, years: ArrayLike) -> Floats:
        """W(t), (m, nodes): the exact derivative of -ln DF at `years` (m,) by the node values of -ln DF."""
        t = np.asarray(years, dtype=np.float64).reshape(-1)
        last = self.nodes[-1]
        out = self.interpolation.inside(np.minimum(t, last), self.nodes)
        beyond = self._reach(np.maximum(t - last, 0.0))
        return out + beyond[:, None] * self.interpolation.last_forward(self.nodes)

    def last_forward_of(self, y: Floats) -> float:
        """The continuous forward rate with which extrapolation begins, at node values y (nodes,)."""
        return float(self.interpolation.last_forward(self.nodes) @ (y - self._at_nodes))

    def constant(self, years: ArrayLike) -> Floats:
        """What -ln DF at `years` has besides W . y, (m,)."""
        t = np.asarray(years, dtype=np.float64).reshape(-1)
        out = self._turns(t)
        if self.ultimate is not None:
            past = np.maximum(t - self.nodes[-1], 0.0)
            out = out + self.ultimate * (past - self._reach(past))
        return out - self.weights(t) @ self._at_nodes if self.turns else out

    def _reach(self, past: Floats) -> Floats:
        """Years for which the last forward counts, of `past` years beyond the last node."""
        return past if self.ultimate is None else -np.expm1(-self.speed * past) / self.speed

    def _turns(self, t: Floats) -> Floats:
        out = np.zeros(t.shape)
        for turn in self.turns:
            out = out + turn.rate * (np.clip(t, turn.start, turn.end) - turn.start)
        return out

    @cached_property
    def _at_nodes(self) -> Floats:
        return self._turns(self.nodes)


def _unit(size: int) -> Floats:
    out = np.zeros(size)
    out[-1] = 1.0
    return out


def _hats(t: Floats, knots: Floats) -> Floats:
    """Weights of linear interpolation, (m, knots); the first and last pieces go on outside."""
    out = np.zeros((t.size, knots.size))
    if knots.size == 1:
        out[:] = 1.0
        return out
    k = np.clip(np.searchsorted(knots, t, side="right") - 1, 0, knots.size - 2)
    share = (t - knots[k]) / (knots[k + 1] - knots[k])
    rows = np.arange(t.size)
    out[rows, k] = 1.0 - share
    out[rows, k + 1] += share
    return out


def _spline(nodes: Floats) -> Any:
    return _spline_through(tuple(nodes.tolist()))


@lru_cache(maxsize=64)
def _spline_through(nodes: tuple[float, ...]) -> Any:
    """Kept, as a run asks for the same nodes at every tick."""
    from scipy.interpolate import CubicSpline

    knots = np.array([0.0, *nodes])
    return CubicSpline(knots, np.eye(knots.size)[:, 1:], bc_type="natural")
