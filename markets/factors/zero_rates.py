"""Zero rates at the nodes of the curve: storyline, mean-reverting noise, and the impact of trades in swaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.impact import Impact
from markets.factors.key import USD, FactorKey
from markets.factors.law import NO_ROWS, STILL, Law, Levels
from markets.factors.node_noise import node_noise
from markets.factors.node_shocks import NodeShocks
from markets.kernels.factors import carry, node_rates

if TYPE_CHECKING:
    from markets.factors.noise import Noise
    from markets.factors.setting import Setting
    from markets.factors.snapshot import Snapshot

Vector = NDArray[np.float64]


class ZeroRates(Law):
    """r = L_r + n + p for each node: outside level, noise that reverts and is bridged to the anchors, impact.

    n <- keep decay n + vol sqrt(gathered keep) z, the z correlated (`NodeShocks`). The three default nodes draw from
    one stream, each further node from a stream of its own name; drivers from another.
    """

    def __init__(self, setting: Setting) -> None:
        """Raises UserError if the nodes' correlations are impossible."""
        rates, streams, lines = setting.market.rates, setting.streams, setting.storyline.nodes
        nodes, paths = rates.curve, streams.paths
        self.keys = tuple(FactorKey(*USD, node.name) for node in nodes)
        self._years: list[float] = np.diff(setting.clock.variance_years, prepend=0.0).tolist()
        self._days_a_year = setting.clock.days_a_year
        self._level = np.stack([lines[node.name].level for node in nodes], axis=1)  # (ticks, nodes)
        self._left, self._scale = node_noise(setting.market, lines, setting.clock)
        self._told = list(zip(self._left, self._scale, self._level, strict=True))  # of the step into each tick
        self._shocks = NodeShocks(rates, streams)
        self._stirred = any(node.vol for node in nodes)
        self._weights = self._shocks.common, self._shocks.mixing, self._shocks.order
        self.watched = False  # whether other laws want the shocks
        self._moves_outside: list[bool] = (np.diff(self._level, axis=0, prepend=np.nan) != 0).any(axis=1).tolist()
        self._impacts, self._traded = np.zeros((len(nodes), 2, paths)), False  # whether trades have ever moved a node
        self.impact: dict[FactorKey, Impact] = {}
        self.noise = np.zeros((len(nodes), paths))
        self._tick = 0

    def step(self, tick: int, noise: Noise, now: Snapshot) -> Levels:
        """Carry every node into `tick`; they move together."""
        for impact in self.impact.values() if self._traded else ():
            impact.decay(self._years[tick])
        if self._stirred or self.watched:
            self.drawn = self._shocks.fresh()
        self._tick = tick
        if not self._stirred:
            return self.levels() if self._traded or self._moves_outside[tick] else STILL
        rates, drawn = np.empty(self.noise.shape), (noise.common, self.drawn, self.noise, self._impacts)
        self.is_finite = carry(*self._told[tick], *self._weights, *drawn, self._traded, rates)
        return NO_ROWS, {USD: rates}

    @property
    def weights(self) -> Vector:
        """Of the nodes' shocks on the main asset's and on those drawn, (nodes, 1 + shocks)."""
        return self._shocks.weights

    def levels(self) -> Levels:
        """The whole curve."""
        rates = np.empty(self.noise.shape)
        self.is_finite = node_rates(self._level[self._tick], self.noise, self._impacts, self._traded, rates)
        return NO_ROWS, {USD: rates}

    def let_move(self, key: FactorKey, permanent_share: float, resilience: float) -> None:
        """Let trades displace a node."""
        rows = self._impacts[self.keys.index(key)]
        self.impact[key] = Impact(rows, permanent_share, resilience, self._days_a_year)

    def displace(self, key: FactorKey, move: Vector, level: Vector) -> Vector:
        """Move the rate."""
        self._traded = True
        self.impact[key].add(move)
        return level + move
