"""What is written down of the market at MARK: ticks of the witnesses, closes and peaks of all paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.asset_venue import AssetVenue
from sim.phases import Phase

if TYPE_CHECKING:
    from markets.venue import Venue
    from markets.world import MarketWorld
    from sim.world import Process

Vector = NDArray[np.float64]


class Recorder:
    """Runs in every world beside the agents and changes nothing."""

    def __init__(self, world: MarketWorld) -> None:
        self._world = world
        self._low: dict[str, Vector] = {}
        self._high: dict[str, Vector] = {}

    def live(self) -> Process:
        """Write at every tick's MARK; the peaks at the end."""
        world, clock = self._world, self._world.clock
        while True:
            yield world.tick(Phase.MARK)
            tick = world.tick_index
            self._track()
            closing = bool(clock.is_close[tick])
            for venue in world.venues.values():
                columns = self._levels(venue) if closing or world.log.witness.size else {}
                if world.log.witness.size:
                    world.log.add_witnesses("market", world.now, venue=venue.name, **columns)
                if closing:
                    if isinstance(venue, AssetVenue):
                        world.log.add("closes", world.now, venue=venue.name, **columns)
                    venue.close_day()
            if tick == len(clock.ticks) - 1:
                self._write_peaks()

    def _levels(self, venue: Venue) -> dict[str, Vector]:
        factors = self._world.factors
        return {
            "mid": venue.mid,
            "vol": factors.vol,
            "half_spread": venue.half_spread,
            "depth": venue.depth,
            "impact": factors.impact[venue.name].total,
            "credit": factors.credit,
            "overnight": factors.overnight,
            "us2y": factors.us2y,
            "us10y": factors.us10y,
            "loop_gain": venue.loop_gain,
            "gain_vanna": venue.gain("vanna"),
            "gain_all": venue.loop_gain + venue.gain("vanna"),
        }

    def _track(self) -> None:
        factors, venue = self._world.factors, self._world.venue("asset")
        low = {"mid": venue.mid, "us10y": factors.us10y, "us2y": factors.us2y, "depth": venue.depth}
        high = {
            "mid": venue.mid,
            "vol": factors.vol,
            "half_spread": venue.half_spread,
            "credit": factors.credit,
            "loop_gain": venue.loop_gain,
            "us10y": factors.us10y,
            "us2y": factors.us2y,
        }
        for name, values in low.items():
            self._low[name] = np.minimum(self._low.get(name, values), values)
        for name, values in high.items():
            self._high[name] = np.maximum(self._high.get(name, values), values)

    def _write_peaks(self) -> None:
        low, high, spec = self._low, self._high, self._world.venue("asset").spec
        self._world.log.add(
            "peaks",
            self._world.now,
            low_mid=low["mid"],
            high_mid=high["mid"],
            peak_vol=high["vol"],
            peak_half_spread_multiple=high["half_spread"] / spec.half_spread
            if spec.half_spread > 0
            else self._world.full(1.0),
            low_depth_multiple=low["depth"] / spec.depth,
            peak_credit=high["credit"],
            peak_loop_gain=high["loop_gain"],
            low_us10y=low["us10y"],
            high_us10y=high["us10y"],
            low_us2y=low["us2y"],
            high_us2y=high["us2y"],
        )
