"""What is written down of the market at MARK: ticks of the witnesses, closes and peaks of all paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import SPOT
from markets.kernels.records import (
    CREDIT,
    GAIN,
    HALF_SPREAD,
    HIGHS,
    LOW_DEPTH,
    LOWS,
    MID,
    US2Y,
    US10Y,
    VOL,
    track,
)
from markets.tick_variance import TickVariance
from markets.venues.asset_venue import AssetVenue
from sim.phases import Phase
from sim.vectors import same

if TYPE_CHECKING:
    from markets.venues.venue import Venue
    from markets.world import MarketWorld
    from sim.world import Process

Vector = NDArray[np.float64]


class Recorder:
    """Runs in every world beside the agents and changes nothing."""

    def __init__(self, world: MarketWorld) -> None:
        self._world = world
        self._low = np.full((LOWS, world.paths), np.inf)
        self._high = np.full((HIGHS, world.paths), -np.inf)
        self._besides: tuple[object, ...] = ()  # what else than the price was looked at last
        self._squares: dict[str, TickVariance] = {}  # of each asset, where closes are kept

    def live(self) -> Process:
        """Write at every tick's MARK; the peaks at the end."""
        world, closes, last = self._world, self._world.clock.is_close.tolist(), len(self._world.clock.ticks) - 1
        if world.log.wants("closes"):
            assets = (venue for venue in world.venues.values() if isinstance(venue, AssetVenue))
            self._squares = {venue.name: TickVariance(venue) for venue in assets}
        while True:
            yield world.tick(Phase.MARK)
            tick = world.tick_index
            self._track()
            for squares in self._squares.values():
                squares.add()
            self._write_levels(closes[tick])
            if closes[tick]:
                for venue in world.venues.values():
                    venue.close_day()
            if tick == last:
                self._write_peaks()

    def _write_levels(self, closing: bool) -> None:
        world, witnesses = self._world, bool(self._world.log.witness.size)
        closing = closing and world.log.wants("closes")
        if not (closing or witnesses):
            return
        for venue in world.venues.values():
            closes = closing and isinstance(venue, AssetVenue)
            columns = self._levels(venue) if closes or witnesses else {}
            if witnesses:
                world.log.add_witnesses("market", world.now, venue=venue.name, **columns)
            if closes:
                squared = self._squares[venue.name].take()
                world.log.add("closes", world.now, venue=venue.name, **columns, tick_variance=squared)

    def _levels(self, venue: Venue) -> dict[str, Vector]:
        factors = self._world.factors
        return {
            "mid": venue.mid,
            "vol": factors.vol,
            "half_spread": venue.half_spread,
            "depth": venue.depth,
            "impact": factors.impact(venue.key),
            "realised_vol": factors.realised_vol(venue.key if isinstance(venue, AssetVenue) else SPOT),
            "credit": factors.credit,
            "credit_index": factors.credit_index,
            "overnight": factors.overnight,
            "us2y": factors.us2y,
            "us10y": factors.us10y,
            "loop_gain": venue.loop_gain,
            "gain_vanna": venue.gain("vanna"),
            "gain_all": venue.loop_gain + venue.gain("vanna"),
        }

    def _track(self) -> None:
        factors, venue, low, high = self._world.factors, self._world.venue("asset"), self._low, self._high
        book, gain = venue.book(), venue.loop_gain
        besides = (book, gain, factors.us2y, factors.us10y, factors.vol, factors.credit)
        if same(besides, self._besides):
            np.minimum(low[MID], venue.mid, out=low[MID])
            np.maximum(high[MID], venue.mid, out=high[MID])
            return
        self._besides = besides
        track(
            venue.mid,
            factors.us2y,
            factors.us10y,
            book.depth,
            factors.vol,
            book.half_spread,
            factors.credit,
            gain,
            low,
            high,
        )

    def _write_peaks(self) -> None:
        low, high, spec = self._low, self._high, self._world.venue("asset").spec
        widest = high[HALF_SPREAD] / spec.half_spread if spec.half_spread > 0 else self._world.full(1.0)
        self._world.log.add(
            "peaks",
            self._world.now,
            low_mid=low[MID],
            high_mid=high[MID],
            peak_vol=high[VOL],
            peak_half_spread_multiple=widest,
            low_depth_multiple=low[LOW_DEPTH] / spec.depth,
            peak_credit=high[CREDIT],
            peak_loop_gain=high[GAIN],
            low_us10y=low[US10Y],
            high_us10y=high[US10Y],
            low_us2y=low[US2Y],
            high_us2y=high[US2Y],
        )
