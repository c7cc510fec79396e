"""A world with a market in it: what agents see."""

from __future__ import annotations

from collections import defaultdict
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import simpy

from markets.curves.curve import spread_curve
from markets.factors.factor_market import FactorMarket
from markets.factors.key import MAIN, SHORT_NAMES, VOL, basis_key
from markets.factors.setting import Setting
from markets.specs.smiles import smile_moves, surface_moves
from markets.tables import market_tables
from markets.venues.bond_future import BondFuture
from markets.venues.credit_swap import CreditSwap
from markets.venues.further import FURTHER
from markets.venues.listed_option import ListedOption
from markets.venues.listing import NEVER
from markets.venues.par_swap import ParSwap
from markets.venues.stock import Stock
from markets.venues.straddle import Straddle
from markets.venues.variance_swap import VarianceSwap
from markets.venues.venue import Venue
from markets.venues.vol_future import VolFuture
from markets.venues.zero_bond import Below, ZeroBond
from sim.errors import BugError, NotFinite, SpiralError
from sim.memo import Memo
from sim.phases import Phase
from sim.world import Process, World

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from numpy.typing import NDArray

    from markets.credit.name import CreditName
    from markets.curves.curve import Curve
    from markets.factors.defaults import Defaults
    from markets.factors.key import FactorKey
    from markets.factors.storyline import Storyline
    from markets.spec import AssetSpec, CreditSpec, FeedbackSpec, MarketSpec, VenueSpec, VenuesSpec
    from markets.venues.credit_contract import CreditContract
    from markets.venues.listing import Listing
    from markets.venues.option_series import OptionSeries
    from markets.venues.reactions import Reactions
    from markets.venues.series import Series
    from markets.venues.straddle_series import StraddleSeries
    from markets.venues.variance_series import VarianceSeries
    from markets.venues.vol_listing import VolListing
    from sim.names import Name

_place = attrgetter("place")


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
        straddles: dict[str, StraddleSeries] | None = None,
        options: dict[str, OptionSeries] | None = None,
        variances: dict[str, VarianceSeries] | None = None,
        credits: dict[str, CreditName] | None = None,
        contracts: dict[str, CreditContract] | None = None,
        assets: tuple[AssetSpec, ...] = (),
        price_takers: bool = False,
        **engine: Any,
    ) -> None:
        """contracts: what venues of names trade.

        price_takers: what agents do leaves no trace in price, spread, depth and credit.
        """
        super().__init__(**engine)
        self.market = market
        self.feedback = feedback
        self.price_takers = price_takers
        self.other_assets = assets
        # whether anybody may read loop gains: they are not found in a world that writes none
        self.measures_gains = self.log.wants("peaks") or self.log.wants("closes") or self.log.sees("market")
        setting = Setting(
            clock=self.clock,
            streams=self.streams,
            storyline=storyline,
            market=market,
            feedback=feedback,
            credit=credit,
            assets=assets,
            hazards={name: each.hazard for name, each in (credits or {}).items() if each.defaults},
        )
        self.factors = FactorMarket(setting)
        self.smile_moves = smile_moves(market, assets)  # of any asset
        self.surface_moves = surface_moves(market, assets)
        self.log.declare(*market_tables(market.rates, market.further, surface=self.surface_moves))
        _require_own_names(assets, benchmarks)
        self.venues: dict[str, Venue] = {}
        self._moving: dict[FactorKey, dict[str, float]] = {}  # by vol, of those venues
        self.quoted = 0  # how often the market has stepped, or a maker has quoted
        self.exposed: list[Reactions] = []  # of venues at which somebody would trade as prices move, in this tick
        self._ordered: list[Venue] = []  # with orders that wait for CLEAR
        self._steps: list[Callable[[int], None]] = []  # what a tick does to venues until some listing rolls
        self._next_roll = 0  # tick of that
        self._open_venues(venues, benchmarks)
        self.straddles = [Straddle(self, name, series) for name, series in (straddles or {}).items()]
        self.variance_swaps = [VarianceSwap(self, name, series) for name, series in (variances or {}).items()]
        listed = [ListedOption(self, name, series) for name, series in (options or {}).items()]
        self.options: list[VolListing] = [*listed, *self.variance_swaps]
        self.option_numbers = {option.name: i for i, option in enumerate(self.options)}  # among them
        self._traded: Memo[list[VolListing]] = Memo()
        self._reached: dict[tuple[Name, str], Memo[list[VolListing]]] = defaultdict(Memo)  # by account and asset
        self._open_listings(contracts or {})
        self.start(self._live(), "market")

    def _open_listings(self, contracts: dict[str, CreditContract]) -> None:
        """Venues of vols and of names."""
        for straddle in self.straddles:
            self.open_venue(straddle, self.market.rates.straddles[straddle.name].venue)
        for option in self.options:
            self.open_venue(option, self.market.vol_listings[option.name].venue)
        for name, contract in contracts.items():
            spec = self.market.credits[name].venue
            assert spec is not None
            self.open_venue(CreditSwap(self, contract), spec)

    def _open_venues(self, venues: VenuesSpec, benchmarks: dict[str, Series]) -> None:
        specs = venues.by_name()
        self.open_venue(Stock(self, MAIN, self.market.dividend_yield), specs[MAIN])
        for asset in self.other_assets:
            self.open_venue(Stock(self, asset.name), asset.venue)
        for name, series in benchmarks.items():
            self.open_venue(ParSwap(self, name, series), specs[name])
        curve = benchmarks["us10y"].at(0).curve  # on which all is discounted
        bonds = {name: self._bond(name, curve) for name in self.market.rates.bonds}
        for name, future in self.market.rates.futures.items():  # before bonds: who trades both knows its futures first
            self.open_venue(BondFuture(self, name, future, bonds[future.bond], self.market.day_count), future.venue)
        for name, bond in self.market.rates.bonds.items():
            self.open_venue(bonds[name], bond.venue)
        for name, vol_future in self.market.vol_futures.items():
            self.open_venue(VolFuture(self, name, vol_future, self.market.vol_noise), vol_future.venue)
        for make in FURTHER.values():
            self.open_venue(*make(self))

    def _bond(self, name: str, curve: Curve) -> ZeroBond:
        rates = self.market.rates
        key = next(node for node in curve.nodes if node.node == rates.bonds[name].node)
        apart = {basis_key(future): 1 - spec.linked for future, spec in rates.futures.items() if spec.bond == name}
        spread = rates.bonds[name].spread
        below = Below(spread_curve(rates, spread), rates.bonds[name].spread_share) if spread else None
        return ZeroBond(self, name, key, curve, apart, below)

    def open_venue(self, listing: Listing, spec: VenueSpec) -> Venue:
        """Open a venue for a listing, by its name, before the run. Raises BugError if the name is taken."""
        if listing.name in self.venues:
            raise BugError(f"two things of the market are called {listing.name!r}")
        moved = {key for venue in self.venues.values() for key in venue.listing.displaces}
        for key in listing.displaces.keys() - moved:  # of several venues the first says how a displacement decays
            self.factors.let_move(key, spec.permanent_share, spec.resilience)
        venue = self.venues[listing.name] = Venue(self, listing, spec)
        venue.place = len(self.venues)
        self._moving.clear()
        return venue

    def venue(self, name: str) -> Venue:
        """A venue: 'asset', 'us2y', 'us10y', or a further asset's name. Raises KeyError with the names there are."""
        try:
            return self.venues[name]
        except KeyError:
            raise KeyError(f"no venue {name!r}; there are {', '.join(self.venues)}") from None

    @property
    def moving_vol(self) -> dict[str, float]:
        """Venues whose trades move the main asset's implied vol: move of ln s per unit of their displacement."""
        return self.moving(VOL)

    def moving(self, vol: FactorKey) -> dict[str, float]:
        """The same of any asset's; one that follows the main asset's moves with that, too."""
        known = self._moving.get(vol)
        if known is None:
            known = self._moving[vol] = self._find_moving(vol)
        return known

    def _find_moving(self, vol: FactorKey) -> dict[str, float]:
        found = {name: venue.listing.displaces.get(vol) for name, venue in self.venues.items() if venue.moves}
        own = {name: move for name, move in found.items() if move is not None}
        power = 0.0 if vol == VOL else self.factors.asset_vols[vol.name].power
        return own | ({name: power * move for name, move in self.moving(VOL).items()} if power else {})

    @property
    def traded_options(self) -> list[VolListing]:
        """Those that have ever changed hands, in the order in which they are listed."""
        ledger = self.ledger
        return self._traded.get(lambda: [one for one in self.options if ledger.moved(one.name)], ledger.used)

    def reached_options(self, account: Name, asset: str = MAIN) -> list[VolListing]:
        """Options on an asset that an account has ever held, in the order in which they are listed."""
        ledger, memo = self.ledger, self._reached[account, asset]
        return memo.get(
            lambda: [
                each for each in self.options if each.underlying.name == asset and ledger.reached(account, each.name)
            ],
            ledger.used,
        )

    def loop_gains(self, but: frozenset[str] = frozenset()) -> dict[tuple[str, str], NDArray[np.float64]]:
        """Entries of the matrix of loop gains, (paths,) by (venue traded at, venue that moved); others are zero.

        but: venues whose moves are left out: of one at which nobody trades as prices move they close no loop.
        """
        if len(self.exposed) == 1:
            return self.exposed[0].gains(but)
        exposed = sorted(self.exposed, key=lambda each: self.venues[each.name].place)
        return {entry: gain for reactions in exposed for entry, gain in reactions.gains(but).items()}

    def timestamp(self) -> datetime:
        """Exchange-local time now."""
        return self.clock.timestamp(self.now)

    def clear_soon(self, venue: Venue) -> None:
        """Clear a venue in CLEAR of this instant: every order fills before any moves a price.

        Raises SpiralError if CLEAR of this instant is over.
        """
        if not self._ordered:
            now: Any = self.env._now
            if self.phase > Phase.CLEAR and self.instant == now:
                raise SpiralError(f"an order in {self.phase.name} comes after CLEAR of its instant; trade in TRADE")
            self.at(now, Phase.CLEAR).callbacks.append(self._cleared)
        self._ordered.append(venue)

    def _cleared(self, _: simpy.Event) -> None:
        if self.profile is None:
            self._clear()
        else:
            self.profile.call("market", self.phase.name, self._clear)

    def _clear(self) -> None:
        ordered, self._ordered = self._ordered, []
        if len(ordered) > 1:
            ordered.sort(key=_place)
        for venue, move in [(venue, venue.clear()) for venue in ordered]:  # all are cleared before any price moves
            venue.displace(move)
        self.ledger.check(lambda: f"{self.timestamp()} CLEAR")

    def require_finite(self, what: str, values: NDArray[np.float64]) -> None:
        """Raise NotFinite naming time, path and factor where a number is not finite."""
        bad = ~np.isfinite(values)
        if bad.any():
            path = int(self.log.paths[np.argmax(bad)])
            raise NotFinite(what, path, f"{self.timestamp()} (tick {self.tick_index}, world {self.name})")

    def require_finite_market(self) -> None:
        """Raise NotFinite if a level of the market is not finite."""
        if self.factors.is_finite:
            return
        for key in self.factors.snapshot.keys:
            self.require_finite(key.short, self.factors.snapshot.row(key))

    def _note_defaults(self, defaults: Defaults) -> None:
        """Log the defaults of the step, with what is recovered."""
        for name, mask, recovered in defaults.fresh():
            self.log.add("events", self.now, mask, kind="default", subject=name, value=recovered)

    def _live(self) -> Process:
        factors = self.factors
        yield self.tick(Phase.MARKET)  # the starting state
        for tick in range(1, len(self.clock.ticks)):
            yield self.tick(Phase.MARKET)
            for swap in self.variance_swaps:
                swap.fix(tick - 1)
            factors.step(tick)
            if not factors.is_finite:
                self.require_finite_market()
            if factors.defaults is not None:
                self._note_defaults(factors.defaults)
            self._step_venues(tick)

    def _step_venues(self, tick: int) -> None:
        self.quoted += 1
        for reactions in self.exposed:
            reactions.flows = []
        self.exposed = []
        rolls = tick >= self._next_roll
        for step in self._steps_now(rolls=True) if rolls else self._steps:
            step(tick)
        if rolls:
            self._steps = self._steps_now(rolls=False)
            self._next_roll = min((each.until for each in self.venues.values() if each.until), default=NEVER)

    def _steps_now(self, *, rolls: bool) -> list[Callable[[int], None]]:
        return [step for venue in self.venues.values() for step in venue.steps(rolls=rolls)]


def _require_own_names(assets: tuple[AssetSpec, ...], benchmarks: dict[str, Series]) -> None:
    """Raise BugError if a further asset is called like a factor, a venue or another: its trades would move that."""
    taken = {MAIN, *SHORT_NAMES, *benchmarks}
    for asset in assets:
        if asset.name in taken:
            raise BugError(f"two things of the market are called {asset.name!r}")
        taken.add(asset.name)
