"""Linear claims as exponential-affine flows over the node values of any number of curves.

A flow is an amount times discount factors to integer powers: a fixed coupon one factor, a floating coupon
P(start)/P(end) of the projection curve times P(pay) of the discount curve. With L = -ln P at the points that the flows
need, V = sum a exp(-S L), and the derivatives follow from the same numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markets.curves.interpolation import CurveShape
from markets.curves.sparse import Gathering, Sparse
from sim.dataclass import dataclass
from sim.errors import UserError
from sim.named_tuple import NamedTuple

Floats = NDArray[np.float64]
DISCOUNT, PROJECTION = "discount", "projection"


class Point(NamedTuple):
    """A discount factor of a curve at a time, and what it is needed for: to discount or to project."""

    curve: str
    years: float
    role: str = DISCOUNT


class Flow(NamedTuple):
    """amount x product of P(point)^power."""

    amount: float
    powers: tuple[tuple[Point, int], ...]


@dataclass(frozen=True, eq=False)
class FlowTable:
    """The flows of any number of claims, a row each, as arrays.

    amounts: (flows,); rows: (flows,) the claim of each; powers: (flows, points) sparse.
    """

    count: int
    amounts: Floats
    rows: NDArray[np.int64]
    points: tuple[Point, ...]
    powers: Sparse

    @staticmethod
    def of(claims: Sequence[Sequence[Flow]]) -> FlowTable:
        """The table of some claims."""
        index: dict[Point, int] = {}
        amounts: list[float] = []
        rows: list[int] = []
        i: list[int] = []
        j: list[int] = []
        power: list[float] = []
        for row, flows in enumerate(claims):
            for flow in flows:
                for point, p in flow.powers:
                    i.append(len(amounts))
                    j.append(index.setdefault(point, len(index)))
                    power.append(float(p))
                amounts.append(flow.amount)
                rows.append(row)
        shape = (len(amounts), len(index))
        matrix = Sparse.of(np.array(power), np.array(i, dtype=np.int64), np.array(j, dtype=np.int64), shape)
        return FlowTable(
            len(claims), np.array(amounts, dtype=np.float64), np.array(rows, dtype=np.int64), tuple(index), matrix
        )

    @cached_property
    def years(self) -> Floats:
        """Times of the points, (points,)."""
        return np.array([point.years for point in self.points], dtype=np.float64)

    def mask(self, *, curve: str | None = None, role: str | None = None) -> NDArray[np.bool_]:
        """Which points are of a curve, or of a role: (points,)."""
        found = [curve in (None, point.curve) and role in (None, point.role) for point in self.points]
        return np.array(found, dtype=bool)

    def flow_values(self, minus_log: Floats) -> Floats:
        """(flows,), from L = -ln P at the points (points,)."""
        out: Floats = self.amounts * np.exp(-(self.powers @ minus_log))
        return out

    def values(self, minus_log: Floats) -> Floats:
        """Value of each claim, (claims,)."""
        return self.summed(self.flow_values(minus_log))

    def summed(self, flows: Floats) -> Floats:
        """Sums over the flows of each claim, (claims,)."""
        out: Floats = np.bincount(self.rows, weights=flows, minlength=self.count).astype(np.float64)
        return out

    def slopes(self, flows: Floats) -> Sparse:
        """dV/dL of each claim, (claims, points) sparse, from its flows' values (flows,)."""
        return self._by_claim.of(-flows)

    @cached_property
    def _by_claim(self) -> Gathering:
        return Gathering(self.powers, self.rows, self.count)


@dataclass(frozen=True, eq=False)
class Nodes:
    """The node values of several curves as one vector y, (nodes,), in the order of the curves."""

    shapes: Mapping[str, CurveShape]

    @cached_property
    def spans(self) -> dict[str, slice]:
        """Where each curve's nodes stand."""
        out, at = {}, 0
        for name, shape in self.shapes.items():
            out[name] = slice(at, at + shape.nodes.size)
            at += shape.nodes.size
        return out

    @cached_property
    def years(self) -> Floats:
        """Times of all nodes, (nodes,)."""
        return np.concatenate([shape.nodes for shape in self.shapes.values()])

    def at(self, points: Sequence[Point]) -> tuple[Floats, Floats]:
        """W (points, nodes) and c (points,) so that -ln P at the points is W y + c. Raises UserError: no such curve."""
        for name in {point.curve for point in points} - set(self.shapes):
            raise UserError("no such curve", value=name, remedy=f"known: {', '.join(self.shapes)}")
        weights, constant = np.zeros((len(points), self.years.size)), np.zeros(len(points))
        for name, shape in self.shapes.items():
            here = [i for i, point in enumerate(points) if point.curve == name]
            if here:
                t = np.array([points[i].years for i in here])
                weights[here, self.spans[name]] = shape.weights(t)
                constant[here] = shape.constant(t)
        return weights, constant


def discounted(amounts: ArrayLike, years: Sequence[float], curve: str) -> list[Flow]:
    """Known payments at some times."""
    each = np.broadcast_to(np.asarray(amounts, dtype=np.float64), (len(years),))
    return [Flow(float(a), ((Point(curve, float(t)), 1),)) for a, t in zip(each, years, strict=True)]


def scaled(flows: Sequence[Flow], by: float) -> list[Flow]:
    """The flows times a number."""
    return [Flow(flow.amount * by, flow.powers) for flow in flows]
