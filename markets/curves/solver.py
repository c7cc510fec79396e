"""One Newton solver for all curves of a set: every quote an equation, every node an unknown, the Jacobian exact."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from markets.curves.flows import FlowTable, Nodes
from markets.curves.quote import Quote
from sim.dataclass import dataclass
from sim.errors import UserError

Floats = NDArray[np.float64]
RESIDUAL = 1e-12  # per 1 of notional, that a solution may have
ROUNDS = 60
LONGEST_STEP = 1.0  # of -ln DF in a round
START = 0.02  # continuous rate from which it begins
MOST = 3000  # quotes: the Jacobian is a full matrix
DEPENDENT = 1e-12  # smallest over largest singular value
SAME_NODE = 1e-9  # years


@dataclass(frozen=True, eq=False)
class Equations:
    """The quotes as a system F(y, q) = 0 in the node values y = -ln DF of all curves, stacked.

    The claims of `flows` are the quotes, then their units: F = known + level x unit.
    """

    quotes: tuple[Quote, ...]
    nodes: Nodes
    flows: FlowTable
    weights: Floats  # (points, nodes)
    constant: Floats  # (points,)

    @staticmethod
    def of(quotes: Sequence[Quote], nodes: Nodes) -> Equations:
        """The system of some quotes, in the order of the nodes that they decide."""
        flows = FlowTable.of([*(q.known for q in quotes), *(q.unit for q in quotes)])
        return Equations(tuple(quotes), nodes, flows, *nodes.at(flows.points))

    @property
    def levels(self) -> Floats:
        """What enters the equations, (quotes,)."""
        return np.array([quote.level for quote in self.quotes])

    def joined(self, each: Floats, levels: Floats) -> Floats:
        """known + level x unit, of (2 quotes, ...): (quotes, ...)."""
        known, unit = np.split(each, 2)
        return known + (levels if each.ndim == 1 else levels[:, None]) * unit

    def flow_values(self, y: Floats) -> Floats:
        """Of all flows at node values y, (flows,)."""
        return self.flows.flow_values(self.weights @ y + self.constant)

    def residual(self, values: Floats, levels: Floats) -> Floats:
        """F, (quotes,)."""
        return self.joined(self.flows.summed(values), levels)

    def jacobian(self, values: Floats, levels: Floats) -> Floats:
        """dF/dy, (quotes, nodes)."""
        slopes: Floats = self.flows.slopes(values) @ self.weights
        return self.joined(slopes, levels)

    def units(self, values: Floats) -> Floats:
        """dF/dlevel, (quotes,)."""
        return np.split(self.flows.summed(values), 2)[1]


@dataclass(frozen=True, eq=False)
class Solution:
    """Node values y that reprice every quote, dF/dy there, and the largest residual per 1 of notional."""

    y: Floats
    jacobian: Floats
    residual: float
    rounds: int


def solve(equations: Equations, start: Floats | None = None) -> Solution:
    """Newton from `start`, or from a flat curve. Raises UserError, naming the quote that cannot be met."""
    levels = equations.levels
    y = START * equations.nodes.years if start is None else start
    best: tuple[float, Floats] | None = None
    last = y
    for rounds in range(ROUNDS):
        with np.errstate(over="ignore", invalid="ignore"):
            values = equations.flow_values(y)
            residual = equations.residual(values, levels)
        worst = float(np.max(np.abs(residual)))
        if not np.isfinite(worst):
            break
        last, jacobian = y, equations.jacobian(values, levels)
        if best is not None and best[0] <= RESIDUAL and worst >= best[0] / 2:
            return _polished(equations, best[1], rounds)  # rounding is reached
        if best is None or worst < best[0]:
            best = worst, y
        step = _step(jacobian, residual)
        if step is None:
            break
        y = y + step
    if best is not None and best[0] <= RESIDUAL:
        return _polished(equations, best[1], ROUNDS)
    raise _dependent(equations) or _unmet(equations, last)


def _polished(equations: Equations, y: Floats, rounds: int) -> Solution:
    levels, values = equations.levels, equations.flow_values(y)
    residual = float(np.max(np.abs(equations.residual(values, levels))))
    jacobian = equations.jacobian(values, levels)
    if np.linalg.cond(jacobian) > 1 / DEPENDENT and (dependent := _dependent(equations)):
        raise dependent
    return Solution(y, jacobian, residual, rounds)


def _step(jacobian: Floats, residual: Floats) -> Floats | None:
    """Newton's step, each node's bounded, so that one that runs away leaves the others be; None where there is none."""
    try:
        step = np.linalg.solve(jacobian, -residual)
    except np.linalg.LinAlgError:
        return None
    if not np.all(np.isfinite(step)):
        return None
    return np.clip(np.asarray(step, dtype=np.float64), -LONGEST_STEP, LONGEST_STEP)


def _dependent(equations: Equations) -> UserError | None:
    """The quote that says nothing new, if there is one.

    On a flat curve on which every quote is fair, the Jacobian is singular where quotes depend on one another; the quote
    is the largest part of its left null vector.
    """
    values = equations.flow_values(START * equations.nodes.years)
    known, unit = np.split(equations.flows.summed(values), 2)
    left, sizes, _ = np.linalg.svd(equations.jacobian(values, -known / unit))
    if sizes[-1] > DEPENDENT * sizes[0]:
        return None
    quote = equations.quotes[int(np.argmax(np.abs(left[:, -1])))]
    rule = f"{quote.name} does not decide a node: the other quotes say the same, or nothing depends on it"
    return UserError(rule, place=quote.place, remedy="leave it out, or quote another tenor")


def _unmet(equations: Equations, y: Floats) -> UserError:
    """The first quote, by time, that no positive discount factor reprices."""
    residual = np.abs(equations.residual(equations.flow_values(y), equations.levels))
    bad = [i for i in range(residual.size) if not residual[i] <= RESIDUAL]
    first = min(bad, key=lambda i: equations.quotes[i].node)
    quote = equations.quotes[first]
    rule = f"no positive discount factor reprices {quote.name}"
    remedy = "compare it with its neighbours, and its unit with the header"
    return UserError(rule, value=quote.value, place=quote.place, remedy=remedy)


def ordered(quotes: Sequence[Quote], curves: Sequence[str]) -> tuple[Quote, ...]:
    """Curve by curve, by the time of the node. Raises UserError where two decide one node, or a curve has none."""
    if len(quotes) > MOST:
        raise UserError(f"a set of curves has at most {MOST:,} quotes", value=len(quotes))
    out: list[Quote] = []
    for name in curves:
        own = sorted((quote for quote in quotes if quote.curve == name), key=lambda quote: quote.node)
        if not own:
            raise UserError("the curve has no quotes", value=name, remedy="write rates = { '1Y' = 0.04 }, or a file")
        for before, quote in pairwise(own):
            if quote.node - before.node < SAME_NODE:
                rule = f"{before.name} and {quote.name} decide the same node, {quote.node * 365:.0f} days on"
                raise UserError(rule, place=quote.place, remedy="keep one of them")
        if own[0].node <= 0:
            raise UserError(f"{own[0].name} ends by the valuation day", place=own[0].place)
        out += own
    return tuple(out)
