"""Zero rates at the nodes of the curve: storyline, mean-reverting noise, and the impact of trades in swaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.curve_noise import node_mixing
from markets.factors.impact import Impact
from markets.factors.key import USD, FactorKey
from markets.factors.law import STILL, Law, Moved
from markets.factors.reversion import reversion
from markets.kernels.factors import carry, node_rates

if TYPE_CHECKING:
    from markets.factors.noise import Noise
    from markets.factors.setting import Setting
    from markets.factors.snapshot import Snapshot

Vector = NDArray[np.float64]


class ZeroRates(Law):
    """r = L_r + n + p for each node: outside level, noise that reverts and is bridged to the anchors, impact.

    n <- keep decay n + vol sqrt(gathered keep) z, the z correlated. The three default nodes draw from one stream, each
    further node from a stream of its own name.
    """

    def __init__(self, setting: Setting) -> None:
        """Raises UserError if the nodes' correlations are impossible."""
        rates, streams, lines = setting.market.rates, setting.streams, setting.storyline.nodes
        nodes, paths = rates.curve, streams.paths
        self.keys = tuple(FactorKey(*USD, node.name) for node in nodes)
        self._years = np.diff(setting.clock.variance_years, prepend=0.0)
        self._days_a_year = setting.clock.days_a_year
        self._level = np.stack([lines[node.name].level for node in nodes], axis=1)  # (ticks, nodes)
        keep = np.stack([lines[node.name].kept(setting.market.dispersion) for node in nodes], axis=1)
        variance, stays = np.array([node.vol**2 for node in nodes]), reversion(rates.mean_reversion, self._years)
        self._left = keep * stays.decay[:, None]
        self._scale = np.sqrt(variance * stays.gathered[:, None] * keep)
        self.weights = weights = node_mixing(nodes)
        self._common, self._mixing = weights[:, 0].copy(), weights[:, 1:].copy()
        self._joint = sum(node.joint for node in nodes)
        self._stream = streams.stream("market/rates")
        self._own = [streams.stream(f"market/rates/{node.name}") for node in nodes if not node.joint]
        self._order = _order(self._joint, len(nodes))
        self._stirred = bool(variance.any())
        self.watched = False  # whether other laws want the shocks
        self._moves_outside: list[bool] = (np.diff(self._level, axis=0, prepend=np.nan) != 0).any(axis=1).tolist()
        self._impacts = np.zeros((len(nodes), 2, paths))
        self.impact: dict[FactorKey, Impact] = {}
        self.noise = np.zeros((len(nodes), paths))
        self._tick = 0

    def step(self, tick: int, noise: Noise, now: Snapshot) -> Moved:
        """Carry every node into `tick`; they move together."""
        for impact in self.impact.values():
            impact.decay(float(self._years[tick]))
        if self._stirred or self.watched:
            self.drawn = self._fresh()
        if self._stirred:
            carry(
                self._left[tick],
                self._scale[tick],
                self._common,
                self._mixing,
                self._order,
                noise.common,
                self.drawn,
                self.noise,
            )
        self._tick = tick
        traded = any(impact.moved for impact in self.impact.values())
        return self.levels() if self._stirred or traded or self._moves_outside[tick] else STILL

    def _fresh(self) -> Vector:
        """Normals of the step: the joint ones, then the others' own, (nodes, paths)."""
        joint = self._stream.normals(self._joint)
        return np.stack([*joint, *(stream.normal() for stream in self._own)]) if self._own else joint

    def levels(self) -> Moved:
        """The whole curve."""
        rates = np.empty_like(self.noise)
        self.is_finite = node_rates(self._level[self._tick], self.noise, self._impacts, rates)
        return Moved(blocks={USD: rates})

    def let_move(self, key: FactorKey, permanent_share: float, resilience: float) -> None:
        """Let trades displace a node."""
        rows = self._impacts[self.keys.index(key)]
        self.impact[key] = Impact(rows, permanent_share, resilience, self._days_a_year)

    def displace(self, key: FactorKey, move: Vector, level: Vector) -> Vector:
        """Move the rate."""
        self.impact[key].add(move)
        return level + move


def _order(joint: int, nodes: int) -> NDArray[np.int64]:
    """Order in which the normals are added up: 1, 0, 2, 3, ... Another order would change last digits."""
    return np.array([1, 0, *range(2, joint), *range(joint, nodes)], dtype=np.int64)
