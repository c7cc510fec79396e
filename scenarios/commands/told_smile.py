"""The smile of an asset along the storyline, without noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import MAIN
from markets.factors.storyline import Storyline, asset_level
from markets.factors.surface import bounded
from markets.specs.asset_vol import AssetVolSpec
from markets.specs.market import MarketSpec
from scenarios.scenario import Scenario
from sim.clock import Clock
from sim.named_tuple import NamedTuple

Vector = NDArray[np.float64]


class ToldSmile(NamedTuple):
    """Levels at every tick, (ticks,)."""

    asset: str
    spec: MarketSpec | AssetVolSpec  # form, stickiness, term response and yield
    spot: Vector  # $
    vol: Vector  # decimal a year
    slope: Vector
    skew: Vector


def told_smile(scenario: Scenario, clock: Clock, levels: Storyline, asset: str = MAIN) -> ToldSmile:
    """Of the main asset, or of a further one that has a vol of its own. levels: of the scenario's storyline."""
    spec = next((each for each in scenario.assets if each.name == asset), None)
    if spec is None or spec.implied is None:
        market, first = scenario.market, scenario.storyline.anchor[0]
        vol, still = np.exp(levels.vol.level), market.surface_start(first)
        told = tuple(np.full(vol.size, level) for level in still)
        if levels.surface is not None:
            told = bounded(levels.surface[0].level, levels.surface[1].level, vol, float(vol[0]))
        return ToldSmile(asset, market, np.exp(levels.spot.level), vol, *told)
    own, main = spec.implied, levels.vol.level
    slope, skew = (np.full(main.size, level) for level in own.surface_start)
    vol = own.start * np.exp(spec.vol_power * (main - main[0]))
    if own.surface is not None:
        slope, skew = bounded(slope, skew, vol, own.start)
    return ToldSmile(asset, own, np.exp(asset_level(spec, clock).level), vol, slope, skew)
