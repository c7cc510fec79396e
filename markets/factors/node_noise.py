"""Steps of the noise of the curve's nodes: what stays of it, and what is added."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.reversion import reversion
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from markets.factors.level import Level
    from markets.spec import MarketSpec
    from sim.clock import Clock

Floats = NDArray[np.float64]


class NodeNoise(NamedTuple):
    """n <- left n + scale z over the step into each tick, (ticks, nodes) each; z standard normal."""

    left: Floats
    scale: Floats


def node_noise(market: MarketSpec, lines: Mapping[str, Level], clock: Clock) -> NodeNoise:
    """Mean-reverting noise of every node, bridged to its anchors. lines: outside level of each node by name."""
    nodes, model = market.rates.curve, market.rates.hull_white
    if model is not None:  # never bridged; calendar time, in which bonds age
        stays = reversion(model.reversion, np.diff(clock.calendar_years, prepend=0.0))
        vols = np.array([node.vol for node in nodes])
        return NodeNoise(np.repeat(stays.decay[:, None], len(nodes), axis=1), np.sqrt(stays.gathered)[:, None] * vols)
    keep = np.stack([lines[node.name].kept(market.dispersion) for node in nodes], axis=1)
    variance = np.array([node.vol**2 for node in nodes])
    stays = reversion(market.rates.mean_reversion, np.diff(clock.variance_years, prepend=0.0))
    return NodeNoise(keep * stays.decay[:, None], np.sqrt(variance * stays.gathered[:, None] * keep))
