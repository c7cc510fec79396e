"""Expected exposures of a book by future date, on every path, in the Hull-White model on the path's own curve."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.exposures.open_flows import DatedFlows, dated, flows_of
from markets.factors.other_curves import in_dollars
from markets.kernels.exposures import margined_parts, positive_parts
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from markets.curves.curve import Curve
    from markets.products.book import CompiledBook

Floats = NDArray[np.float64]

NEAREST = 0.4  # of a step: dates of payments that lie closer are one
POINTS = 24  # of the normal quadrature of margined exposures


class Found(NamedTuple):
    """Expected exposures in one market."""

    expected: Floats  # (dates, paths) $, present value
    slopes: Floats  # (nodes, paths) $ per 1.00 of each node, of sum of weights x expected


@dataclass(frozen=True, eq=False)
class Span:
    """The intervals of future time in which a default may fall, (dates,) years from now each, and the date at which
    each is looked at.
    """

    begin: Floats
    end: Floats
    dates: Floats
    flows: DatedFlows
    curve: Curve

    @cached_property
    def _exponents(self) -> tuple[Floats, Floats]:
        """Of -ln DF at the flows' times: weights (times, nodes), constants (times,)."""
        return self.curve.weights(self.flows.years), np.asarray(self.curve.excess(self.flows.years))

    def discounts(self, nodes: Floats) -> Floats:
        """(times, paths), added up in order, so that a path's digits do not depend on the number of paths."""
        return _discounts(*self._exponents, nodes)

    def sds(self, reversion: float, sigma: Floats, years: Floats) -> Floats:
        """Standard deviation of the short rate in `years` (dates,), (dates, paths) decimal."""
        root = np.sqrt(-np.expm1(-2 * reversion * years) / (2 * reversion))
        return np.asarray(root[:, None] * sigma)

    def to_nodes(self, discounts: Floats, by_discount: Floats) -> Floats:
        """Slopes by node, (nodes, paths), from those by discount factor, (times, paths)."""
        weights = self._exponents[0]
        out = np.zeros((weights.shape[1], discounts.shape[1]))
        for time, node in zip(*np.nonzero(weights), strict=True):
            out[node] -= weights[time, node] * discounts[time] * by_discount[time]
        return out


def bounds_of(book: CompiledBook, step: float) -> Floats:
    """Ends of the intervals, years from the first day: payments of the book, and what cuts longer gaps into steps.

    Of payments closer than a part of the step, the last counts.
    """
    flows, kept = flows_of(book, 0, 0), list[float]()
    ends = np.unique(flows.last[flows.last > 0])
    for end in ends[::-1].tolist():
        if not kept or kept[-1] - end >= NEAREST * step:
            kept.append(end)
    found, before = list[float](), 0.0
    for end in reversed(kept):
        pieces = max(round((end - before) / step), 1)
        found += [*(before + (end - before) * k / pieces for k in range(1, pieces)), end]
        before = end
    return np.array(found)


def span_of(book: CompiledBook, bounds: Floats, tick: int, settled: int, *, middle: bool) -> Span:
    """What lies ahead at a tick. middle: a default is looked at in the middle of its interval, else at its end."""
    left = bounds - float(book.clock.calendar_years[tick])
    end = left[left > 0]
    begin = np.concatenate([[0.0], end[:-1]]) if end.size else end
    dates = 0.5 * (begin + end) if middle else end
    return Span(begin, end, dates, dated(flows_of(book, tick, settled), dates), book.start.curve)


def expected(span: Span, nodes: Floats, fixings: Floats, sigma: Floats, weights: Floats, *, reversion: float) -> Found:
    """Of a book without margin: E[D(u) max(V(u), 0)].

    Args:
        nodes: (nodes, paths) decimal. fixings: of the book.
        sigma: (paths,) of the short rate, decimal per sqrt(year).
        weights: (dates, paths) of the dates in the slopes.
    """
    discounts, flows = span.discounts(nodes), span.flows
    found, by_discount = np.zeros_like(weights), np.zeros_like(discounts)
    positive_parts(
        discounts, fixings, flows.amounts, flows.times, flows.slots, flows.loads(reversion), flows.starts,
        span.sds(reversion, sigma, span.dates), found, weights, by_discount,
    )  # fmt: skip
    return Found(found, span.to_nodes(discounts, by_discount))


def margined(
    span: Span,
    nodes: Floats,
    fixings: Floats,
    sigma: Floats,
    weights: Floats,
    *,
    reversion: float,
    period: float,
    threshold: float,
) -> Found:
    """Of a book whose value beyond a threshold was exchanged until `period` years before: E[D(u) max(V(u) - C, 0)].

    threshold: $, what either side leaves open.
    """
    discounts, flows = span.discounts(nodes), span.flows
    found, by_discount = np.zeros_like(weights), np.zeros_like(discounts)
    points, masses = np.polynomial.hermite_e.hermegauss(POINTS)
    zero = _discounts(span.curve.weights(span.dates), np.asarray(span.curve.excess(span.dates)), nodes)
    before = np.maximum(span.dates - period, 0.0)
    positive = span.sds(reversion, sigma, before), span.sds(reversion, sigma, span.dates - before)
    margined_parts(
        discounts, fixings, flows.amounts, flows.times, flows.slots, flows.loads(reversion), flows.starts,
        *positive, threshold * zero, points, masses / masses.sum(), found, weights, by_discount,
    )  # fmt: skip
    return Found(found, span.to_nodes(discounts, by_discount))


def _discounts(weights: Floats, constants: Floats, nodes: Floats) -> Floats:
    out = np.empty((len(weights), nodes.shape[1]))
    for time, constant in enumerate(constants.tolist()):
        total = np.full(nodes.shape[1], -constant)
        for node in np.flatnonzero(weights[time]):
            total -= weights[time, node] * nodes[node]
        out[time] = in_dollars(total)
    return out
