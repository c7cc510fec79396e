"""Records of the market at MARK: ticks of the witnesses, closes and peaks of all paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import MAIN, SPOT, SmileKeys
from markets.peaks import Peaks
from markets.tick_variance import TickVariance
from markets.venues.loop_gain import VANNA, merged, spectral_radius
from markets.venues.vol_listing import VolListing
from sim.phases import Phase

if TYPE_CHECKING:
    from markets.venues.venue import Venue
    from markets.world import MarketWorld
    from sim.world import Process

Vector = NDArray[np.float64]
NOBODY: frozenset[str] = frozenset()


def is_recorded(venue: Venue, *, closing: bool) -> bool:
    """Whether the witnesses' levels and quotes are written now: of listed options, which may be many, at closes."""
    return closing or not isinstance(venue.listing, VolListing)


class Recorder:
    """Runs in every world beside the agents and changes nothing."""

    def __init__(self, world: MarketWorld) -> None:
        self._world = world
        self._radius = self._nothing = world.full(0.0)
        # venues that move the main asset's implied vol
        self._options = {option.name for option in world.options if option.underlying.name == MAIN}
        self._peaks = Peaks(world, lambda: self._radius)
        self._squares: dict[str, TickVariance] = {}  # by asset, if closes are recorded

    def live(self) -> Process:
        """Write at every tick's MARK; the peaks at the end."""
        world, closes, last = self._world, self._world.clock.plain.is_close, len(self._world.clock.ticks) - 1
        if world.log.wants("closes"):
            listings = (venue.listing for venue in world.venues.values())
            self._squares = {each.name: TickVariance(each) for each in listings if each.priced}
        while True:
            yield world.tick(Phase.MARK)
            tick = world.tick_index
            gains = world.loop_gains(self._silent() if self._options else NOBODY)
            whole = merged(gains, self._options) if self._options else gains
            self._radius = spectral_radius(whole, world.paths) if gains else self._nothing
            self._peaks.look()
            for squares in self._squares.values():
                squares.add()
            self._write_levels(closes[tick])
            if closes[tick]:
                for venue in world.venues.values():
                    venue.breakers.close_day()
            if tick == last:
                world.log.add("peaks", world.now, **self._peaks.columns())

    def _silent(self) -> frozenset[str]:
        """Venues of options at which nobody trades as prices move."""
        return frozenset(name for name in self._options if not self._world.venues[name].exposed)

    def _write_levels(self, closing: bool) -> None:
        world, witnesses = self._world, self._world.log.sees("market")
        wanted = closing and world.log.wants("closes")
        if not (wanted or witnesses):
            return
        for venue in world.venues.values():
            closes = wanted and venue.listing.priced
            seen = witnesses and is_recorded(venue, closing=closing)
            columns = self._levels(venue) if closes or seen else {}
            if seen:
                world.log.add_witnesses("market", world.now, venue=venue.name, **columns)
            if closes:
                squared = self._squares[venue.name].take()
                world.log.add("closes", world.now, venue=venue.name, **columns, tick_variance=squared)

    def _levels(self, venue: Venue) -> dict[str, Vector]:
        factors, listing = self._world.factors, venue.listing
        return {
            "mid": venue.mid,
            "vol": factors.vol if (own := factors.vol_of(venue.key)) is None else factors.snapshot.row(own.key),
            "half_spread": venue.half_spread,
            "depth": venue.depth,
            "impact": factors.impact(venue.key),
            "realised_vol": listing.vol() if listing.priced else factors.realised_vol(SPOT),
            "credit": factors.credit,
            "credit_index": factors.credit_index,
            **{key.node: factors.snapshot.row(key) for key in factors.rates.keys},
            **({} if factors.rates_vol is None else {"rates_vol": factors.rate_vol()}),
            **(self._surface(venue) if self._world.surface_moves else {}),
            **({} if factors.other_curves is None else factors.other_curves.shown()),
            **factors.lending,
            "loop_gain": venue.loop_gain,
            "gain_vanna": venue.gain(venue.name, VANNA),
            "gain_all": venue.loop_gain + venue.gain(venue.name, VANNA),
            "spectral_radius": self._radius,
        }

    def _surface(self, venue: Venue) -> dict[str, Vector]:
        """Slope and skew of the asset whose vol the row has; where they are no factors what they are at the start."""
        world, own = self._world, self._world.factors.vol_of(venue.key)
        keys, now = SmileKeys.of(MAIN if own is None else own.key.name), world.factors.snapshot
        if keys.slope in now.keys:
            slope, skew = now.row(keys.slope), now.row(keys.skew)
        else:
            slope, skew = map(world.full, world.market.surface_start() if own is None else own.surface_start)
        return {keys.slope.family: slope, keys.skew.family: skew}
