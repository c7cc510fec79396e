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
    RADIUS,
    US2Y,
    US10Y,
    VOL,
    track,
)
from markets.tick_variance import TickVariance
from markets.venues.loop_gain import VANNA, spectral_radius
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
        self._nothing = np.zeros(world.paths)
        self._besides: tuple[object, ...] = ()  # what else than the price was looked at last
        self._squares: dict[str, TickVariance] = {}  # of each asset, where closes are kept

    def live(self) -> Process:
        """Write at every tick's MARK; the peaks at the end."""
        world, closes, last = self._world, self._world.clock.is_close.tolist(), len(self._world.clock.ticks) - 1
        if world.log.wants("closes"):
            listings = (venue.listing for venue in world.venues.values())
            self._squares = {each.name: TickVariance(each) for each in listings if each.priced}
        while True:
            yield world.tick(Phase.MARK)
            tick = world.tick_index
            radius = self._radius()
            self._track(radius)
            for squares in self._squares.values():
                squares.add()
            self._write_levels(closes[tick], radius)
            if closes[tick]:
                for venue in world.venues.values():
                    venue.breakers.close_day()
            if tick == last:
                self._write_peaks()

    def _radius(self) -> Vector:
        """Spectral radius of the matrix of loop gains, (paths,)."""
        gains = self._world.loop_gains()
        return spectral_radius(gains, self._world.paths) if gains else self._nothing

    def _write_levels(self, closing: bool, radius: Vector) -> None:
        world, witnesses = self._world, bool(self._world.log.witness.size)
        closing = closing and world.log.wants("closes")
        if not (closing or witnesses):
            return
        for venue in world.venues.values():
            closes = closing and venue.listing.priced
            columns = self._levels(venue, radius) if closes or witnesses else {}
            if witnesses:
                world.log.add_witnesses("market", world.now, venue=venue.name, **columns)
            if closes:
                squared = self._squares[venue.name].take()
                world.log.add("closes", world.now, venue=venue.name, **columns, tick_variance=squared)

    def _levels(self, venue: Venue, radius: Vector) -> dict[str, Vector]:
        factors, listing = self._world.factors, venue.listing
        return {
            "mid": venue.mid,
            "vol": factors.vol,
            "half_spread": venue.half_spread,
            "depth": venue.depth,
            "impact": factors.impact(next(iter(listing.displaces))),
            "realised_vol": listing.vol() if listing.priced else factors.realised_vol(SPOT),
            "credit": factors.credit,
            "credit_index": factors.credit_index,
            "overnight": factors.overnight,
            "us2y": factors.us2y,
            "us10y": factors.us10y,
            "loop_gain": venue.loop_gain,
            "gain_vanna": venue.gain(venue.name, VANNA),
            "gain_all": venue.loop_gain + venue.gain(venue.name, VANNA),
            "spectral_radius": radius,
        }

    def _track(self, radius: Vector) -> None:
        factors, venue, low, high = self._world.factors, self._world.venue("asset"), self._low, self._high
        book, gain = venue.book(), venue.loop_gain
        besides = (book, gain, radius, factors.us2y, factors.us10y, factors.vol, factors.credit)
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
            radius,
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
            peak_spectral_radius=high[RADIUS],
            low_us10y=low[US10Y],
            high_us10y=high[US10Y],
            low_us2y=low[US2Y],
            high_us2y=high[US2Y],
        )
