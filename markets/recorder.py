"""Records of the market at MARK: ticks of the witnesses, closes and peaks of all paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import MAIN, SPOT, SmileKeys
from markets.kernels.trading import DEPTH, HALF_SPREAD
from markets.peaks import Peaks
from markets.tick_variance import TickVariance
from markets.venues.loop_gain import CURVATURE, VANNA, merged, spectral_radius
from markets.venues.par_swap import ParSwap
from markets.venues.vol_listing import VolListing
from sim.memo import Memo
from sim.phases import Phase

if TYPE_CHECKING:
    from collections.abc import Iterable

    from markets.factors.snapshot import Snapshot
    from markets.venues.venue import Venue
    from markets.world import MarketWorld
    from sim.world import Process

Vector = NDArray[np.float64]
NOBODY: frozenset[str] = frozenset()
EVERY = slice(None)  # path


def recorded_often(venues: Iterable[Venue]) -> tuple[Venue, ...]:
    """Venues of which the witnesses' levels and quotes are written at every tick: not listed options, which may be
    many; those are written at closes.
    """
    return tuple(venue for venue in venues if not isinstance(venue.listing, VolListing))


class Recorder:
    """Runs in every world beside the agents and changes nothing."""

    def __init__(self, world: MarketWorld) -> None:
        self._world = world
        self._radius = self._nothing = world.full(0.0)
        # venues that move the main asset's implied vol
        self._options = frozenset(option.name for option in world.options if option.underlying.name == MAIN)
        self._often: tuple[Venue, ...] = ()  # venues whose witnesses are shown at every tick
        self._peaks = Peaks(world)
        self._squares: dict[str, TickVariance] = {}  # by asset, if closes are recorded
        self._taken: Memo[Snapshot] = Memo()  # the market on the witnesses' paths
        self._alike: Memo[dict[str, Vector]] = Memo()  # vols that most venues show

    def live(self) -> Process:
        """Write at every tick's MARK; the peaks at the end."""
        world, closes, last = self._world, self._world.clock.plain.is_close, len(self._world.clock.ticks) - 1
        wanted, seen = world.log.wants("closes"), world.log.sees("market")
        self._often = recorded_often(world.venues.values())
        if wanted:
            listings = (venue.listing for venue in world.venues.values())
            self._squares = {each.name: TickVariance(each) for each in listings if each.priced}
        adding = tuple(self._squares.values())
        watching = [venue.breakers for venue in world.venues.values() if venue.breakers.watches]
        peaks = self._peaks if world.log.wants("peaks") else None
        shown = wanted or seen or peaks is not None  # loop gains
        while True:
            yield world.tick(Phase.MARK)
            tick = world.tick_index
            if shown:
                self._radius = self._largest()
            if peaks is not None:
                peaks.look(self._radius)
            for squares in adding:
                squares.add()
            closing = closes[tick]
            if seen or (closing and wanted):
                self._write_levels(closing)
            if closing:
                for breakers in watching:
                    breakers.close_day()
            if tick == last and peaks is not None:
                world.log.add("peaks", world.now, **peaks.columns())

    def _largest(self) -> Vector:
        """The spectral radius of the loop gains now."""
        world = self._world
        gains = world.loop_gains(self._silent() if self._options else NOBODY)
        if not gains:
            return self._nothing
        return spectral_radius(merged(gains, self._options) if self._options else gains, world.paths)

    def _silent(self) -> frozenset[str]:
        """Venues of options at which nobody trades as prices move."""
        return self._options.difference(each.name for each in self._world.exposed)

    def _write_levels(self, closing: bool) -> None:
        world, log = self._world, self._world.log
        wanted, seen = closing and log.wants("closes"), log.sees("market")
        if seen:
            shown = log.seen(self._market(log.witness))
            for venue in world.venues.values() if closing else self._often:
                log.add_seen("market", world.now, venue=venue.name, **shown, **log.seen(self._seen(venue, log.witness)))
        if wanted:
            market = log.kept(self._market(EVERY))
            for name, squares in self._squares.items():
                own = {**self._levels(world.venues[name]), "tick_variance": squares.take()}
                log.add_kept("closes", world.now, venue=name, **market, **log.kept(own))

    def _market(self, paths: slice) -> dict[str, Vector]:
        """What is the same for all venues; what nobody else has asked for on some paths, which are the first."""
        factors = self._world.factors
        return {
            "credit": factors.credit,
            "credit_index": factors.credit_index_on(paths),
            **{key.node: factors.snapshot.row(key) for key in factors.rates.keys},
            **({} if factors.rates_vol is None else {"rates_vol": factors.rate_vol()}),
            **({} if factors.other_curves is None else factors.other_curves.shown()),
            **factors.lending,
            "spectral_radius": self._radius,
        }

    def _levels(self, venue: Venue) -> dict[str, Vector]:
        """What is a venue's own."""
        return self._own(venue, EVERY, venue.mid, venue.book().levels)

    def _seen(self, venue: Venue, paths: slice) -> dict[str, Vector]:
        """The same; what nobody else has asked for is computed on some paths alone, which are the first."""
        listing = venue.listing
        mid = listing.mid_in(self._few(paths)) if isinstance(listing, ParSwap) else listing.mid
        return self._own(venue, paths, mid, venue.quotes.seen_book(paths))

    def _own(self, venue: Venue, paths: slice, mid: Vector, book: Vector) -> dict[str, Vector]:
        own, vanna = venue.gain(venue.name, CURVATURE, paths), venue.gain(venue.name, VANNA, paths)
        return {
            "mid": mid,
            **self._vols(venue),
            "half_spread": book[HALF_SPREAD],
            "depth": book[DEPTH],
            "impact": self._world.factors.impact(venue.key, paths),
            "loop_gain": own,
            "gain_vanna": vanna,
            "gain_all": own + vanna,
        }

    def _few(self, paths: slice) -> Snapshot:
        """The present market on some paths."""
        now = self._world.factors.snapshot
        return self._taken.get(lambda: now.take(paths), now)

    def _vols(self, venue: Venue) -> dict[str, Vector]:
        """Most venues that trade no asset show the same: found once a tick."""
        factors = self._world.factors
        if venue.listing.priced or factors.vol_of(venue.key) is not None:
            return self._find_vols(venue)
        return self._alike.get(lambda: self._find_vols(venue), factors.snapshot, factors.tick)

    def _find_vols(self, venue: Venue) -> dict[str, Vector]:
        factors, listing = self._world.factors, venue.listing
        own = factors.vol_of(venue.key)
        return {
            "vol": factors.vol if own is None else factors.snapshot.row(own.key),
            "realised_vol": listing.vol() if listing.priced else factors.realised_vol(SPOT),
            **(self._surface(venue) if self._world.surface_moves else {}),
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
