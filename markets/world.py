"""A world with a market in it: what agents see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import simpy

from markets.factors.factor_market import FactorMarket
from markets.factors.key import MAIN, SHORT_NAMES
from markets.factors.setting import Setting
from markets.tables import market_tables
from markets.venues.asset_venue import AssetVenue
from markets.venues.roll import roll
from markets.venues.swap_venue import SwapVenue
from markets.venues.venue import Venue
from sim.errors import BugError, NotFinite, SpiralError
from sim.phases import Phase
from sim.world import Process, World

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from markets.factors.storyline import Storyline
    from markets.spec import AssetSpec, CreditSpec, FeedbackSpec, MarketSpec, VenuesSpec
    from markets.venues.roll import Series


class MarketWorld(World):
    """A `World` whose market steps at every tick; `venue(name)` is where agents trade."""

    def __init__(
        self,
        *,
        market: MarketSpec,
        storyline: Storyline,
        feedback: FeedbackSpec,
        credit: CreditSpec,
        venues: VenuesSpec,
        benchmarks: dict[str, Series],
        assets: tuple[AssetSpec, ...] = (),
        price_takers: bool = False,
        **engine: Any,
    ) -> None:
        """price_takers: what agents do leaves no trace in price, spread, depth and credit."""
        super().__init__(**engine)
        self.market = market
        self.feedback = feedback
        self.price_takers = price_takers
        self.other_assets = assets
        setting = Setting(
            clock=self.clock,
            streams=self.streams,
            storyline=storyline,
            market=market,
            feedback=feedback,
            credit=credit,
            assets=assets,
        )
        self.factors = FactorMarket(setting)
        self.log.declare(*market_tables(market.rates.curve))
        _require_own_names(assets, benchmarks)
        self.venues: dict[str, Venue] = {MAIN: AssetVenue(self, MAIN, venues.asset)}
        for asset in assets:
            self.venues[asset.name] = AssetVenue(self, asset.name, asset.venue)
        swaps = venues.by_name()
        for name, series in benchmarks.items():
            self.venues[name] = SwapVenue(self, name, swaps[name], series)
        self._clearing = False
        self.start(self._live(), "market")

    def venue(self, name: str) -> Venue:
        """A venue: 'asset', 'us2y', 'us10y', or a further asset's name. Raises KeyError with the names there are."""
        try:
            return self.venues[name]
        except KeyError:
            raise KeyError(f"no venue {name!r}; there are {', '.join(self.venues)}") from None

    def timestamp(self) -> datetime:
        """Exchange-local time now."""
        return self.clock.timestamp(self.now)

    def clear_soon(self) -> None:
        """Clear all venues in CLEAR of this instant: every order fills before any moves a price.

        Raises SpiralError where CLEAR of this instant is over.
        """
        if not self._clearing:
            if self.phase > Phase.CLEAR and self.instant == self.now:
                raise SpiralError(f"an order in {self.phase.name} comes after CLEAR of its instant; trade in TRADE")
            self._clearing = True
            callbacks = self.at(self.now, Phase.CLEAR).callbacks
            assert callbacks is not None
            callbacks.append(self._cleared)

    def _cleared(self, _: simpy.Event) -> None:
        if self.profile is None:
            self._clear()
        else:
            self.profile.call("market", self.phase.name, self._clear)

    def _clear(self) -> None:
        self._clearing = False
        moves = [(venue, venue.clear()) for venue in self.venues.values() if venue.has_orders]
        for venue, move in moves:
            if venue.moves:
                venue.displace(move)
        self.ledger.check(lambda: f"{self.timestamp()} CLEAR")

    def require_finite(self, what: str, values: NDArray[np.float64]) -> None:
        """Raise NotFinite naming time, path and factor where a number is not finite."""
        bad = ~np.isfinite(values)
        if bad.any():
            path = int(self.log.paths[np.argmax(bad)])
            raise NotFinite(what, path, f"{self.timestamp()} (tick {self.tick_index}, world {self.name})")

    def require_finite_market(self) -> None:
        """Raise NotFinite where a level of the market is not finite."""
        if self.factors.is_finite:
            return
        for key in self.factors.snapshot.keys:
            self.require_finite(key.short, self.factors.snapshot.row(key))

    def _live(self) -> Process:
        yield self.tick(Phase.MARKET)  # the starting state
        for tick in range(1, len(self.clock.ticks)):
            yield self.tick(Phase.MARKET)
            self.factors.step(tick)
            self.require_finite_market()
            for venue in self.venues.values():
                venue.reprice()
                venue.stop_if_fallen()
            for venue in self.venues.values():
                if isinstance(venue, SwapVenue) and venue.series.at(tick) is not venue.benchmark:
                    roll(self, venue)


def _require_own_names(assets: tuple[AssetSpec, ...], benchmarks: dict[str, Series]) -> None:
    """Raise BugError where a further asset is called like a factor, a venue or another: its trades would move that."""
    taken = {MAIN, *SHORT_NAMES, *benchmarks}
    for asset in assets:
        if asset.name in taken:
            raise BugError(f"two things of the market are called {asset.name!r}")
        taken.add(asset.name)
