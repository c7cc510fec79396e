"""Sensitivities of a desk's book and hedges, of first order and some of second."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.funding.holdings import Holdings
from agents.funding.risk_classes import risk_class
from markets.factors.key import MAIN, RATES_VOL, FactorKey
from markets.products.vega_grid import FAMILY as VEGA
from markets.specs.variable import FX, HAZARD
from markets.venues.straddle import Straddle
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from markets.products.vega_grid import VegaGrid
    from markets.spec import AssetSpec
    from markets.specs.variable import Variable

Vector = NDArray[np.float64]
VOL_STEP = 1e-6  # decimal


class FurtherSlope(NamedTuple):
    """Slope by a factor that only some scenarios have."""

    risk_class: str
    vol: float  # per sqrt(trading year)
    slope: Vector  # (paths,) $ per 1.00, of FX rates and names per unit of ln


class Slopes(Holdings):
    """Slopes by factor, delta and gamma of each asset, vegas."""

    def slopes(self, keys: Iterable[FactorKey]) -> list[Vector]:
        """Slopes of book and hedges by factor, (paths,) $ per 1.00 each."""
        desk, risk = self._held, self._held.unit.risk()
        held = [venue.listing.slopes_of(self.name) for venue in self.held_venues()]
        found = []
        for key in keys:
            own = desk.scale * (risk.first(key) if (key,) in risk.where else np.zeros(self.paths))
            for slopes in held:
                own = own + slopes.get(key, 0.0)
            found.append(own)
        return found

    def delta(self, asset: str = MAIN) -> Vector:
        """Delta of book and hedges, (paths,) units of an asset."""
        delta, options = self.book_delta(asset), self.options_on(asset)
        if asset in self.venues:
            delta = delta + self.venues[asset].held(self.name)
        return delta + options.sum("delta") if options else delta

    def book_delta(self, asset: str = MAIN) -> Vector:
        """Delta of the book alone, (paths,) units of an asset."""
        delta: Vector = self.scale * self._held.unit.risk().delta_of(asset)
        return delta

    def gamma(self, asset: str = MAIN) -> Vector:
        """Gamma of the book and of options that hedge it, (paths,) units of an asset per $."""
        gamma: Vector = self.scale * self._held.unit.risk().gamma_of(asset)
        options = self.options_on(asset)
        return gamma + options.sum("gamma") if options else gamma

    def asset_vega(self, asset: str = MAIN) -> Vector | None:
        """Slope of book and options by an implied vol, (paths,) $ per 1.00; None where no options are listed."""
        if not self._world.options:
            return None
        vega: Vector = self.scale * self._held.unit.risk().vega_of(asset)
        return vega + self.options_on(asset).sum("vega")

    def node_slopes(self) -> Iterator[Vector]:
        """Slopes of book and swap hedges, (paths,) $ per 1.00 of each node except overnight; none without rates."""
        desk, curve = self._held, self.curve
        if not self.has_rates:
            return
        slopes = [(venue, venue.listing.sensitivities()) for venue in self.held_venues()]
        for key, years in zip(curve.nodes, curve.years, strict=True):
            if years > 0:
                own = desk.scale * desk.unit.risk().first(key)
                for venue, of_one in slopes:
                    if key in of_one:
                        own = own + venue.held(self.name) * of_one[key]
                yield own

    def vega(self) -> Vector | None:
        """Slope of book and straddles by the vol of rates, (paths,) $ per 1.00; None where no straddles are listed."""
        return self.rates_vega() if self.straddles else None

    def rates_vega(self) -> Vector | None:
        """The same where the book has such options or straddles are listed.

        The book's by central differences over a hundredth of a basis point.
        """
        world, desk, straddles = self._world, self._held, self.straddles
        if not straddles and RATES_VOL not in desk.book.needs:
            return None
        slope = world.full(0.0)
        if RATES_VOL in desk.book.needs:
            now = world.factors.snapshot
            up, down = (
                desk.book.value(world.factors.tick, now.bumped(RATES_VOL, by), desk.unit.fixings, settled=desk.marked)
                for by in (VOL_STEP, -VOL_STEP)
            )
            slope = desk.scale * (up - down) / (2 * VOL_STEP)
        for straddle in straddles:
            slope = slope + straddle.slopes_of(self.name)[RATES_VOL]
        return slope

    def further_slopes(self) -> Iterator[FurtherSlope]:
        """Of spreads, other currencies' nodes, FX rates and names behind the book; of names with what hedges them."""
        desk, book = self._held, self._held.book
        for key, each in self._further:
            if key in book.needs:
                slope = desk.scale * desk.unit.risk().first(key) + self._hedged(key)
                yield FurtherSlope(risk_class(key), each.vol, slope)
            elif key in desk.needs:  # of the counterparty: what hedges it
                yield FurtherSlope(risk_class(key), each.vol, np.zeros(self.paths) + self._hedged(key))

    @cached_property
    def _further(self) -> list[tuple[FactorKey, Variable]]:
        return [(FactorKey(*each.block, each.name), each) for each in self._world.market.further]

    def _hedged(self, key: FactorKey) -> Vector | float:
        """Slope of the contracts on a name that a desk holds as hedges, (paths,) $ per unit of ln of its spread."""
        venue = self.venues.get(key.name) if key.family == HAZARD else None
        if venue is None or not venue.reached(self.name):
            return 0.0
        return venue.held(self.name) * venue.listing.sensitivities()[key]

    def slopes_by_factor(self) -> dict[FactorKey, Vector]:
        """Slopes of book and hedges by factor, (paths,) $ per 1.00, of FX rates per unit of ln."""
        desk, found = self._held, dict[FactorKey, Vector]()
        risk = desk.unit.risk()
        for keys in risk.where:
            if len(keys) == 1 and keys[0].family != VEGA:
                found[keys[0]] = desk.scale * risk.first(keys[0])
        for venue in self.held_venues():
            for key, slope in venue.listing.slopes_of(self.name).items():
                found[key] = found[key] + slope if key in found else slope
        return found

    def exposed_keys(self) -> set[FactorKey]:
        """Factors that the book depends on, or hedges that the desk has."""
        hedges = (venue.listing.slopes_of(self.name) for venue in self.held_venues())
        return {*self._held.book.needs, *(key for slopes in hedges for key in slopes)}

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
        desk, tick = self._held, self.factors.tick
        risk = desk.book.risk(tick, self.factors.snapshot, desk.unit.fixings, settled=desk.marked, vegas=grid)
        vegas: Vector = desk.scale * risk.vegas
        for venue in self.held_venues():
            if isinstance(venue.listing, Straddle):
                vegas = vegas + venue.held(self.name) * venue.listing.vegas(grid)
        return vegas

    def other_assets(self) -> Iterator[tuple[AssetSpec, Vector]]:
        """Further assets on which the desk has no options, and the holding of each, (paths,) $ at mid."""
        for asset in self._world.other_assets:
            if asset.name in self.venues and asset.name not in self.assets:
                yield asset, self.venues[asset.name].value(self.name)
