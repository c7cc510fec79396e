"""A zero curve on any number of nodes.

Rates are continuously compounded, act/365. The zero rate is linear between neighbouring nodes and flat outside, so the
log of a discount factor is linear in the nodes: DF(t) = exp(-b(t) . r), b = t * hat weights, of which two are not zero.

A curve that is quoted at the start has a shape of its own between the nodes and beyond them: -ln DF(t) = b(t) . r +
e(t), where e(t) is what the quoted curve had at the start more than b(t) . r. It stays as it is at each time to
maturity while the nodes move, so quotes are met to rounding at the start, and hedges stay local.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from functools import cache, cached_property
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markets.curves.many_hats import many_hats
from markets.factors.key import USD, FactorKey
from markets.factors.snapshot import Block
from markets.kernels.flows import AMOUNT, FLOW_TERMS, OUTER
from markets.kernels.terms import hats
from markets.specs.rates import STANDARD_NODES, RateSpec
from sim.dataclass import dataclass
from sim.errors import BugError

Floats = NDArray[np.float64]
FEW = 4  # times that are looked up one by one: a call of NumPy takes as long as one of them
MANY = 64  # nodes beyond which they are looked up by bisection


class Discounting(Protocol):
    """A curve at the start."""

    def log_discount(self, years: ArrayLike) -> Floats:
        """ln DF at times of any shape."""


@dataclass(frozen=True, eq=False)
class Curve:
    """Nodes of a zero curve: the keys of its rates and their times, in rising order.

    quoted: the curve at the start, where it was quoted. first: the rates of the nodes there, decimal.
    """

    nodes: tuple[FactorKey, ...]
    years: tuple[float, ...]
    quoted: Discounting | None = None
    first: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        blocks, rising = {key[:2] for key in self.nodes}, all(a < b for a, b in pairwise(self.years))
        if len(self.nodes) != len(self.years) or len(blocks) != 1 or not rising:
            raise BugError(f"a curve has a key a node, of one block, at rising times: {self.nodes} at {self.years}")

    @cached_property
    def block(self) -> Block:
        """Family and name of the nodes."""
        return self.nodes[0][:2]

    @cached_property
    def times(self) -> Floats:
        """Years of the nodes, (nodes,)."""
        return np.array(self.years)

    def weights(self, years: ArrayLike) -> Floats:
        """b such that -ln DF = b . nodes, at times of any shape: (..., nodes) years."""
        tau = np.asarray(years, dtype=np.float64)
        out = np.zeros((tau.size, len(self.nodes)))
        if tau.size <= FEW:
            for row, each in zip(out, tau.reshape(-1).tolist(), strict=True):
                for node, weight in self._pair(each):
                    row[node] += weight
            return out.reshape(*tau.shape, len(self.nodes))
        rows = self._hats(tau.reshape(-1))
        for node in (0, 2):  # the two nodes of a row, each with its weight behind it
            np.add.at(out, (np.arange(tau.size), rows[:, node].astype(np.int64)), rows[:, node + 1])
        return out.reshape(*tau.shape, len(self.nodes))

    def excess(self, years: ArrayLike, weights: Floats | None = None) -> Floats:
        """e such that -ln DF = b . nodes + e, at times of any shape; 0 of a curve that was not quoted.

        weights: `weights` at these times, where they are known.
        """
        tau = np.asarray(years, dtype=np.float64)
        if self.quoted is None:
            return np.zeros(tau.shape)
        known = self.weights(tau) if weights is None else weights
        return np.asarray(-self.quoted.log_discount(tau) - known @ np.array(self.first))

    def zero(self, years: float, rates: Floats) -> Floats:
        """Zero rate times time, -ln DF, from rates (nodes, ...): (...)."""
        total = np.zeros(rates.shape[1:])
        for node, weight in self._pair(years):
            if weight != 0:
                total = total + weight * rates[node]
        return total if self.quoted is None else total + float(self.excess(years))

    def flows(self, amounts: Floats, years: Floats) -> Floats:
        """Rows for the flow kernels, (flows, FLOW_TERMS): amounts (flows,) $ at `years` (flows,)."""
        return self.flows_of_scaled(self.scaled(amounts, years), years)

    def scaled(self, amounts: Floats, years: Floats) -> Floats:
        """Amounts (flows,) times exp(-e) of their times."""
        return amounts if self.quoted is None else amounts * np.exp(-self.excess(years))

    def flows_of_scaled(self, amounts: Floats, years: Floats) -> Floats:
        """`flows` of amounts that have been `scaled`, before they were carried to other times say."""
        terms = np.empty((amounts.size, FLOW_TERMS))
        terms[:, AMOUNT] = amounts
        terms[:, OUTER:] = self._hats(years)
        return terms

    def _pair(self, years: float) -> tuple[tuple[int, float], tuple[int, float]]:
        """The two nodes around a time, in rising order, each with its weight: `markets.kernels.terms.hats` of one."""
        nodes, last = self.years, len(self.years) - 1
        left = bisect_left(nodes, years, 1, last) - 1 if last else 0
        right = min(left + 1, last)
        if years <= nodes[left]:
            share = 0.0
        elif years <= nodes[right]:
            share = (years - nodes[left]) / (nodes[right] - nodes[left])
        else:
            share = 1.0 if years == years else years  # not a number
        return (left, years * (1.0 - share)), (right, years * share)

    def _hats(self, years: Floats) -> Floats:
        if len(self.nodes) > MANY:
            return many_hats(years, self.times)
        out = np.empty((years.size, FLOW_TERMS - OUTER))
        hats(years, self.times, out)
        return out


def usd_curve(nodes: Iterable[tuple[str, float]] = STANDARD_NODES.items()) -> Curve:
    """The curve of the market, from names and years of its nodes; one object for the same nodes."""
    return _curve(tuple(nodes))


@cache
def _curve(nodes: tuple[tuple[str, float], ...]) -> Curve:
    return Curve(tuple(FactorKey(*USD, name) for name, _ in nodes), tuple(years for _, years in nodes))


def spread_curve(rates: RateSpec, name: str) -> Curve:
    """Nodes of a spread that a scenario declares."""
    variables = tuple(rates.spreads[name].variables(name))
    return Curve(tuple(FactorKey(*each.block, each.name) for each in variables), tuple(v.years for v in variables))


def currency_curve(rates: RateSpec, name: str) -> Curve:
    """Nodes of another currency's curve that a scenario declares."""
    variables = tuple(rates.currencies[name].variables(name))
    return Curve(tuple(FactorKey(*each.block, each.name) for each in variables), tuple(v.years for v in variables))


def curve_of(rates: RateSpec) -> Curve:
    """The curve that a scenario declares."""
    return usd_curve((node.name, node.years) for node in rates.curve)
