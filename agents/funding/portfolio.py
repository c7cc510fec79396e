"""A portfolio: a desk's book and hedges, as seen by models of margin and capital."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.desk.lines import BookLine
from agents.desk.options_held import OptionsHeld, options_held
from agents.funding.factor_history import FactorHistory, draw_history, in_logs
from markets.factors.key import RATES_VOL, SPOT, USD, FactorKey
from markets.products.asset import Asset
from markets.products.bermudan_swaption import BermudanSwaption
from markets.products.bill import Bill
from markets.products.bond import Bond
from markets.products.cancellable_swap import CancellableSwap
from markets.products.cash_table import CashTable
from markets.products.cds_table import CdsTable
from markets.products.currency_table import CurrencyTable
from markets.products.deposit import Deposit
from markets.products.gamma_claim import GammaClaim
from markets.products.linear_table import LinearTable
from markets.products.vega_grid import FAMILY as VEGA
from markets.specs.variable import FX, HAZARD
from markets.venues.listed_option import ListedOption
from markets.venues.straddle import Straddle

if TYPE_CHECKING:
    from agents.desk.desk import Desk
    from agents.world import TradingWorld
    from markets.curves.curve import Curve
    from markets.factors.factor_market import FactorMarket
    from markets.factors.snapshot import Snapshot
    from markets.products.vega_grid import VegaGrid
    from markets.spec import AssetSpec
    from markets.venues.venue import Venue
    from sim.clock import Clock

Vector = NDArray[np.float64]
VOL_STEP = 1e-6  # decimal
EQUITY, RATES = "equity", "rates"  # asset classes
LINEAR = (LinearTable, CashTable, CurrencyTable, CdsTable)
PATH_DEPENDENT = (BermudanSwaption, CancellableSwap, GammaClaim)
CASH_HELD = (Asset, Bond, Bill, Deposit)  # paid for in full, and so no derivatives


class Holding(NamedTuple):
    """One position at the present market."""

    asset_class: str  # `EQUITY` or `RATES`
    notional: Vector  # (paths,) $, at least 0
    years: float  # calendar years to its end; infinite if it has none
    value: Vector  # (paths,) $; negative: owed by the desk


class Portfolio:
    """A view of a desk's holdings; its only state is what is needed to value single positions."""

    def __init__(self, world: TradingWorld, desk: Desk, *, by_position: bool = False) -> None:
        """by_position: whether single positions will be asked for. Make it at the start of the run."""
        self._world, self._desk = world, desk
        instruments = desk.book.book.instruments if by_position else ()
        self._lines = [BookLine(desk, each) for each in instruments]
        desk.followers.extend(self._lines)
        self.memory: dict[str, Any] = {}  # of a margin model, by what it keeps

    @property
    def paths(self) -> int:
        """Number of paths."""
        return self._world.paths

    @property
    def clock(self) -> Clock:
        """The instants of the run."""
        return self._world.clock

    @property
    def factors(self) -> FactorMarket:
        """The market."""
        return self._world.factors

    @property
    def has_rates(self) -> bool:
        """Whether the book holds anything whose rates risk a desk hedges."""
        return self._desk.book.has_rates

    @property
    def curve(self) -> Curve:
        """The curve that the book is discounted on."""
        return self._desk.book.start.curve

    # --- in other markets ------------------------------------------------------------------------------------------
    def gain(self, snapshot: Snapshot, *, years: float = 0.0) -> Vector:
        """What book and hedges gain if the market becomes this one, (paths,) $.

        years: that pass meanwhile for the book. Hedges are taken as they stand: what time makes of them is their carry.
        """
        desk, name = self._desk, self._desk.name
        then = desk.book.value(self.factors.tick, snapshot, desk.fixings, settled=desk.marked, later=years)
        gained: Vector = desk.scale * then - desk.value_now()
        for venue in self._world.venues.values():
            if venue.reached(name):
                gained = gained + (venue.value(name, snapshot) - venue.value(name))
        return gained

    @property
    def scale(self) -> Vector:
        """Share of the book that is left, (paths,)."""
        return self._desk.scale

    def factor_keys(self) -> tuple[FactorKey, ...]:
        """Factors that book or possible hedges depend on, in the market's order."""
        needs = {SPOT, *self._desk.book.needs, *self.curve.nodes}
        for venue in self._world.venues.values():
            needs |= set(venue.listing.sensitivities()) if not self._idle(venue) else set()
        return tuple(key for key in self.factors.snapshot.keys if key in needs)

    def slopes(self, keys: Iterable[FactorKey]) -> list[Vector]:
        """Slopes of book and hedges by factor, (paths,) $ per 1.00 each."""
        desk, risk, name = self._desk, self._desk.risk(), self._desk.name
        held = [venue.listing.slopes_of(name) for venue in self._world.venues.values() if venue.reached(name)]
        found = []
        for key in keys:
            own = desk.scale * (risk.first(key) if (key,) in risk.where else np.zeros(self.paths))
            for slopes in held:
                own = own + slopes.get(key, 0.0)
            found.append(own)
        return found

    def history(self, *, days: int, lam: float) -> FactorHistory:
        """Daily returns of the factors, of `days` drawn before the start and of each path since; made at first use."""
        kept = self.memory.get("history")
        if kept is None:
            keys, world = self.factor_keys(), self._world
            drawn = draw_history(
                self.factors,
                world.market,
                keys,
                days=days,
                days_a_year=world.clock.days_a_year,
                seed=world.streams.seed,
            )
            logs = in_logs(keys, self.factors)
            kept = self.memory["history"] = FactorHistory(keys, logs, drawn, lam, self.factors.snapshot)
        if self.clock.is_close[self.factors.tick]:
            kept.look(self.factors.tick, self.factors.snapshot)
        found: FactorHistory = kept
        return found

    def to_close(self) -> Iterator[tuple[Venue, Vector]]:
        """Venues, and the signed notional that must be traded there to close book and hedges out, (paths,) $."""
        desk = self._desk
        options = desk.neutral_options()
        neutral = desk.neutral_rates() | desk.neutral_vega() | options | {"asset": desk.neutral_delta(options)}
        for name, venue in self._world.venues.items():
            if self._idle(venue):
                continue
            net = venue.held(desk.name) - desk.scale * neutral.get(name, 0.0)
            yield venue, venue.notional(net)

    # --- sensitivities ---------------------------------------------------------------------------------------------
    def delta(self) -> Vector:
        """Delta of book and hedges, (paths,) units of the main asset."""
        delta: Vector = self.book_delta() + self._world.venue("asset").held(self._desk.name)
        return delta + self.options.sum("delta") if self.options else delta

    def book_delta(self) -> Vector:
        """Delta of the book alone, (paths,) units of the main asset."""
        delta: Vector = self._desk.scale * self._desk.risk().delta
        return delta

    def gamma(self) -> Vector:
        """Gamma of the book and of options that hedge it, (paths,) units per $."""
        gamma: Vector = self._desk.scale * self._desk.risk().gamma
        return gamma + self.options.sum("gamma") if self.options else gamma

    @property
    def options(self) -> OptionsHeld:
        """Options on the asset that the desk holds at venues."""
        return options_held(self._world, self._desk.name)

    def asset_vega(self) -> Vector | None:
        """Slope of book and options by implied vol, (paths,) $ per 1.00; None where no options are listed."""
        if not self._world.options:
            return None
        vega: Vector = self._desk.scale * self._desk.risk().vega
        return vega + self.options.sum("vega")

    def node_slopes(self) -> Iterator[Vector]:
        """Slopes of book and swap hedges, (paths,) $ per 1.00 of each node except overnight; none without rates."""
        desk, curve = self._desk, self._desk.book.start.curve
        if not desk.book.has_rates:
            return
        slopes = [(venue, venue.listing.sensitivities()) for venue in self.held_venues()]
        for key, years in zip(curve.nodes, curve.years, strict=True):
            if years > 0:
                own = desk.scale * desk.risk().first(key)
                for venue, of_one in slopes:
                    if key in of_one:
                        own = own + venue.held(desk.name) * of_one[key]
                yield own

    def vega(self) -> Vector | None:
        """Slope of book and straddles by the vol of rates, (paths,) $ per 1.00; None where no straddles are listed.

        The book's by central differences over a hundredth of a basis point.
        """
        world, desk = self._world, self._desk
        if not world.straddles:
            return None
        slope = world.full(0.0)
        if RATES_VOL in desk.book.needs:
            now = world.factors.snapshot
            up, down = (
                desk.book.value(world.factors.tick, now.bumped(RATES_VOL, by), desk.fixings, settled=desk.marked)
                for by in (VOL_STEP, -VOL_STEP)
            )
            slope = desk.scale * (up - down) / (2 * VOL_STEP)
        for straddle in world.straddles:
            slope = slope + straddle.slopes_of(desk.name)[RATES_VOL]
        return slope

    def further_slopes(self) -> Iterator[tuple[float, Vector]]:
        """Vol of each spread, node of another currency, FX rate and name behind the book, per sqrt(trading year), and
        the slope by it, (paths,) $ per 1.00, of FX rates and names per unit of ln; of names with what hedges them.
        """
        desk, book = self._desk, self._desk.book
        for each in self._world.market.further:
            key = FactorKey(*each.block, each.name)
            if key in book.needs:
                yield each.vol, desk.scale * desk.risk().first(key) + self._hedged(key)

    def _hedged(self, key: FactorKey) -> Vector | float:
        """Slope of the contracts on a name that a desk holds as hedges, (paths,) $ per unit of ln of its spread."""
        venue = self._world.venues.get(key.name) if key.family == HAZARD else None
        if venue is None or not venue.reached(self._desk.name):
            return 0.0
        return venue.held(self._desk.name) * venue.listing.sensitivities()[key]

    def slopes_by_factor(self) -> dict[FactorKey, Vector]:
        """Slopes of book and hedges by factor, (paths,) $ per 1.00, of FX rates per unit of ln."""
        desk, found = self._desk, dict[FactorKey, Vector]()
        risk = desk.risk()
        for keys in risk.where:
            if len(keys) == 1 and keys[0].family != VEGA:
                found[keys[0]] = desk.scale * risk.first(keys[0])
        for venue in self.held_venues():
            for key, slope in venue.listing.slopes_of(desk.name).items():
                found[key] = found[key] + slope if key in found else slope
        return found

    @property
    def node_years(self) -> dict[FactorKey, float]:
        """Where each node lies on its curve."""
        found = dict(zip(self.curve.nodes, self.curve.years, strict=True))
        return found | {FactorKey(*each.block, each.name): each.years for each in self._world.market.further}

    @property
    def spreads_over(self) -> dict[str, str]:
        """Currency of the curve that each spread is over, by the spread's name."""
        return {name: spec.over for name, spec in self._world.market.rates.spreads.items()}

    def price_of(self, currency: str) -> Vector:
        """Of a currency, (paths,) $ a unit."""
        snapshot = self.factors.snapshot
        key = next(key for key in snapshot.keys if key.family == FX and key.name.startswith(currency))
        return np.exp(snapshot.row(key))

    def rate_vegas(self, grid: VegaGrid) -> Vector:
        """Vega of options on rates, book and hedges, by bucket of the grid, (buckets, paths) $."""
        desk, tick = self._desk, self.factors.tick
        risk = desk.book.risk(tick, self.factors.snapshot, desk.fixings, settled=desk.marked, vegas=grid)
        vegas: Vector = desk.scale * risk.vegas
        for venue in self.held_venues():
            if isinstance(venue.listing, Straddle):
                vegas = vegas + venue.held(desk.name) * venue.listing.vegas(grid)
        return vegas

    def option_vegas(self) -> list[tuple[float, Vector]]:
        """Of each live option on the asset, book and hedges: calendar years left, vega times its vol, (paths,) $."""
        live = [line for line in self._lines if line.has_vega and line.years > 0]
        held = [(one.years(), units * one.unit_notional * one.mid) for one, units in self.options.positions]
        return [*((line.years, self._desk.scale * line.vega()) for line in live), *held]

    def path_dependent(self) -> Vector:
        """Notional of positions of the book with several dates of exercise or a payoff on the way, (paths,) $."""
        lines = (line for line in self._lines if isinstance(line.instrument, PATH_DEPENDENT) and line.years > 0)
        return sum((self._notional(line) for line in lines), np.zeros(self.paths))

    @property
    def has_optionality(self) -> bool:
        """Whether the book holds anything that is no linear claim, or the desk has straddles or options."""
        listed = any(isinstance(venue.listing, Straddle | ListedOption) for venue in self.held_venues())
        return listed or any(not isinstance(table, LINEAR) for table in self._desk.book.tables)

    def held_venues(self) -> list[Venue]:
        """Venues at which the desk has ever held a position."""
        return [venue for venue in self._world.venues.values() if venue.reached(self._desk.name)]

    def other_assets(self) -> Iterator[tuple[AssetSpec, Vector]]:
        """Further assets and the holding of each, (paths,) $ at mid."""
        for asset in self._world.other_assets:
            yield asset, self._world.venue(asset.name).value(self._desk.name)

    def _idle(self, venue: Venue) -> bool:
        """Whether options are listed there that the desk neither holds nor hedges with: they need not be valued."""
        if not isinstance(venue.listing, ListedOption) or venue.reached(self._desk.name):
            return False
        return venue.name not in self._desk.option_names

    # --- positions -------------------------------------------------------------------------------------------------
    @property
    def lines(self) -> list[BookLine]:
        """Positions of the book that are no cash instruments and are not over."""
        return [line for line in self._lines if not isinstance(line.instrument, CASH_HELD) and line.years > 0]

    @property
    def name(self) -> str:
        """The desk's account."""
        return self._desk.name

    def assets_held(self) -> Vector:
        """Value of assets that are paid for in full, long and short added up, (paths,) $."""
        book = (self._notional(line) for line in self._lines if isinstance(line.instrument, CASH_HELD))
        venues = (venue for venue in self.held_venues() if venue.listing.funded)
        return sum((*book, *(np.abs(venue.value(self.name)) for venue in venues)), np.zeros(self.paths))

    def derivatives(self) -> list[Holding]:
        """Live options, futures and swaps, hedges included: one by one, without netting."""
        found = [self._of_line(line) for line in self.lines]
        for venue in (venue for venue in self._world.venues.values() if not venue.listing.funded):
            asset_class = RATES if venue.key[:2] == USD else EQUITY
            notional, value = np.abs(venue.listing.exposure(self._desk.name)), venue.value(self._desk.name)
            found.append(Holding(asset_class, notional, venue.listing.years(), value))
        return [each for each in found if each.years > 0]

    def gross_exposure(self) -> Vector:
        """Notional of all derivatives and value of all assets, long and short added up, (paths,) $."""
        book = (self._notional(line) for line in self._lines if line.years > 0)
        venues = (venue for venue in self._world.venues.values() if not self._idle(venue))
        held = (np.abs(venue.listing.exposure(self._desk.name)) for venue in venues)
        return sum((*book, *held), np.zeros(self.paths))

    def _notional(self, line: BookLine) -> Vector:
        """Notional of a position of the book, (paths,) $."""
        return self._desk.scale * line.instrument.gross(1.0) * (1.0 if line.of_notional else self.factors.spot)

    def _of_line(self, line: BookLine) -> Holding:
        value = self._desk.scale * line.value()
        return Holding(RATES if line.rates else EQUITY, self._notional(line), line.years, value)
