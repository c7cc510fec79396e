"""Shocks of the curve's nodes: weights on independent normals, and the streams that these come from."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.curve_noise import node_mixing
from markets.specs.curve_law import DRIVERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markets.specs.curve_law import DriversSpec
    from markets.specs.rates import Node, RateSpec
    from sim.streams import Streams

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class NodeShocks:
    """A unit shock a node: common x the main asset's + mixing x fresh normals.

    weights: (nodes, 1 + shocks), of which common (nodes,) and mixing (nodes, shocks) are parts. order: (shocks,) in
    which they are added; it decides the last digit.
    """

    def __init__(self, rates: RateSpec, streams: Streams) -> None:
        """Raises UserError if correlations are impossible."""
        self.weights, self._joint, owners = node_weights(rates)
        driven = rates.drivers is not None or rates.hull_white is not None
        name = "market/rates/drivers" if driven else "market/rates"
        shocks = self.weights.shape[1] - 1
        self.order = np.arange(shocks) if driven else _order(self._joint, shocks)
        self.common, self.mixing = self.weights[:, 0].copy(), self.weights[:, 1:].copy()
        self._stream = streams.stream(name)
        self._own = [streams.stream(f"market/rates/{node.name}") for node in owners]

    def fresh(self) -> Floats:
        """Normals of a step: the joint ones, then the nodes' own, (shocks, paths)."""
        joint = self._stream.normals(self._joint)
        return np.stack([*joint, *(stream.normal() for stream in self._own)]) if self._own else joint


def node_weights(rates: RateSpec) -> tuple[Floats, int, Sequence[Node]]:
    """Weights of the nodes' shocks on the main asset's and on normals, (nodes, 1 + normals); how many of these come
    from one stream, and the nodes that the others come from. Raises UserError if correlations are impossible."""
    if rates.drivers is not None or rates.hull_white is not None:
        return _driven(rates)
    nodes = rates.curve
    return node_mixing(nodes), sum(node.joint for node in nodes), [node for node in nodes if not node.joint]


def _order(joint: int, nodes: int) -> Ints:
    """Order in which the normals are added up: 1, 0, 2, 3, ... Another order would change last digits."""
    return np.array([1, 0, *range(2, joint), *range(joint, nodes)], dtype=np.int64)


def _driven(rates: RateSpec) -> tuple[Floats, int, Sequence[Node]]:
    """Weights (nodes, 1 + drivers + nodes with normals of their own), number of drivers, and those nodes."""
    nodes = rates.curve
    if rates.hull_white is not None:
        rho = rates.hull_white.spot
        return np.tile([rho, sqrt(1 - rho**2)], (len(nodes), 1)), 1, ()
    assert rates.drivers is not None
    weights = np.zeros((len(nodes), 1 + len(DRIVERS) + len(nodes)))
    for i, node in enumerate(nodes):
        weights[i, 0], weights[i, 1 : 1 + len(DRIVERS)], weights[i, 1 + len(DRIVERS) + i] = _unit(rates.drivers, node)
    return weights, len(DRIVERS), nodes


def _unit(drivers: DriversSpec, node: Node) -> tuple[float, Floats, float]:
    """Weights of a node of unit variance: on the main asset's shock, on the drivers' own normals, on its own."""
    *loadings, residual = drivers.of(node.years)
    total = drivers.vol(node.years)
    if node.years == 0 or total == 0:
        return 0.0, np.zeros(len(DRIVERS)), 1.0
    share, spot = np.array(loadings) / total, np.array(drivers.spot)
    own = np.eye(len(DRIVERS)) if not spot.any() else _apart(spot)
    return float(share @ spot), share @ own, residual / total


def _apart(spot: Floats) -> Floats:
    """Root of I - rho rho': what is left of the drivers' normals beside the main asset's shock, (drivers, drivers)."""
    square = float(spot @ spot)
    shrink = (sqrt(max(1.0 - square, 0.0)) - 1.0) / square
    return np.eye(spot.size) + shrink * np.outer(spot, spot)
