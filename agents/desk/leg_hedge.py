"""The hedge of one risk of a desk: units at venues that neutralise it, exactly or as far as they can."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from agents.desk.neutral import neutral
from markets.factors.key import OVERNIGHT, USD, VOL, name_key, of_asset
from markets.kernels.least_squares import least_squares
from markets.products.vega_grid import VegaGrid
from markets.specs.variable import HAZARD
from sim.vectors import total

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agents.desk.hedge_leg import CreditLeg, HedgeLeg, RatesLeg, VegaLeg
    from markets.factors.key import FactorKey
    from markets.factors.snapshot import Snapshot
    from markets.products.risk import Risk
    from markets.venues.straddle import Straddle
    from markets.venues.venue import Venue
    from markets.world import MarketWorld

Vector = NDArray[np.float64]
Units = dict[str, Vector]  # by venue, (paths,)
BASIS_POINT = 1e-4


class OpenRisk:
    """The risk of a book together with that of other positions."""

    def __init__(
        self, risk: Risk, others: Mapping[FactorKey, Vector], gammas: Mapping[str, Vector] | None = None
    ) -> None:
        """gammas: of the other positions by asset, (paths,) units of it per $."""
        self._risk, self._others, self._gammas = risk, others, gammas or {}

    @property
    def vegas(self) -> Vector:
        """Of the book, by bucket, (buckets, paths) $ per 1.00."""
        return self._risk.vegas

    def first(self, key: FactorKey) -> Vector:
        """$ per 1.00 of a factor, (paths,)."""
        if key not in self._others:
            return self._risk.first(key)
        return self._risk.first(key) + self._others[key] if (key,) in self._risk.where else self._others[key]

    def gamma_of(self, asset: str) -> Vector:
        """Units of an asset per $, (paths,)."""
        own, other = self._risk.gamma_of(asset), self._gammas.get(asset)
        return own if other is None else own + other

    def vega_of(self, asset: str) -> Vector:
        """$ per 1.00 of an asset's implied vol, (paths,); 0 where neither knows it."""
        own, other = self._risk.vega_of(asset), self._others.get(of_asset(VOL, asset))
        return own if other is None else own + other


class LegHedge(Protocol):
    """What a desk holds against one of its risks."""

    def units(self, risk: OpenRisk, market: Snapshot | None = None) -> Units:
        """Units at each venue that neutralise a risk, in the present market or in a given one."""

    def wanted(self, target: Units, held: Units, risk: OpenRisk, scale: Vector) -> Units:
        """Units that a desk wants that holds others than its target. risk: of one of `scale` (paths,) books."""


class SwapHedge:
    """Par swaps, each of which neutralises the node that it is a swap of. It always goes back to its target."""

    def __init__(self, world: MarketWorld) -> None:
        self._venues = {venue.key: venue for venue in par_swaps(world)}

    def units(self, risk: OpenRisk, market: Snapshot | None = None) -> Units:
        """Receive-fixed notionals, exact in the nodes that have a venue."""
        swaps = {key: venue.listing.sensitivities(market) for key, venue in self._venues.items()}
        return {self._venues[key].name: units for key, units in neutral(risk, swaps).items()}

    def wanted(self, target: Units, held: Units, risk: OpenRisk, scale: Vector) -> Units:
        """The target."""
        return target


class LeastSquaresHedge(ABC):
    """Any venues against the risk in any buckets; see `HedgeLeg`."""

    smallest = BASIS_POINT  # move of a bucket by which `least_trade` measures an order

    def __init__(self, leg: HedgeLeg, venues: Sequence[Venue]) -> None:
        self._leg, self._venues = leg, venues

    @abstractmethod
    def _risk(self, risk: OpenRisk, market: Snapshot | None = None) -> Vector:
        """By bucket, (buckets, paths) $ per 1.00, in the present market or in a given one."""

    @abstractmethod
    def _slopes(self, venue: Venue, market: Snapshot | None) -> Vector:
        """Of a unit at a venue by bucket, (buckets, paths) $ per 1.00."""

    def _all_slopes(self, market: Snapshot | None) -> Vector:
        """Of a unit at every venue, (venues, buckets, paths)."""
        return np.stack([self._slopes(venue, market) for venue in self._venues])

    def units(self, risk: OpenRisk, market: Snapshot | None = None) -> Units:
        """Least squares over the buckets, path by path."""
        slopes = self._all_slopes(market)
        out = np.empty((len(slopes), slopes.shape[2]))
        least_squares(slopes, self._risk(risk, market), self._leg.ridge, out)
        return {venue.name: units for venue, units in zip(self._venues, out, strict=True)}

    def wanted(self, target: Units, held: Units, risk: OpenRisk, scale: Vector) -> Units:
        """To the edge of the band around the target; no order that is smaller than `least_trade`."""
        if not (self._leg.band or self._leg.least_trade) or not self._venues:
            return target
        slopes = {venue.name: self._slopes(venue, None) for venue in self._venues}
        hedges = {name: units for name, units in target.items() if name in slopes}  # others are held as they are
        far = _length(total((held[name] - units) * slopes[name] for name, units in hedges.items()))
        book = scale * _length(self._risk(risk))
        kept = np.minimum(1.0, self._leg.band * book / np.where(far > 0, far, 1.0))
        found = {name: units + kept * (held[name] - units) for name, units in hedges.items()}
        return target | {name: self._large(units, held[name], slopes[name]) for name, units in found.items()}

    def _large(self, wanted: Vector, held: Vector, slopes: Vector) -> Vector:
        """What is wanted where the order is large enough, else what is held."""
        order = self.smallest * np.abs(wanted - held) * _length(slopes)
        return np.where(order >= self._leg.least_trade, wanted, held)


class RatesHedge(LeastSquaresHedge):
    """Swaps, bonds and futures against the risk at nodes of the curve."""

    def __init__(self, leg: RatesLeg, world: MarketWorld) -> None:
        super().__init__(leg, [world.venue(name) for name in leg.venues] or par_swaps(world))
        nodes = [key for key in world.factors.snapshot.nodes(USD) if key != OVERNIGHT]
        self._nodes = [key for key in nodes if not leg.nodes or key.node in leg.nodes]

    def _risk(self, risk: OpenRisk, market: Snapshot | None = None) -> Vector:
        return np.stack([risk.first(key) for key in self._nodes])

    def _slopes(self, venue: Venue, market: Snapshot | None) -> Vector:
        slopes, none = venue.listing.sensitivities(market), np.zeros(venue.market.paths)
        return np.stack([slopes.get(key, none) for key in self._nodes])


class VegaHedge(LeastSquaresHedge):
    """Straddles against vega, in the buckets of their expiries by their tenors."""

    def __init__(self, leg: VegaLeg, world: MarketWorld) -> None:
        super().__init__(leg, [world.venue(name) for name in leg.venues])
        self._straddles: dict[str, Straddle] = {s.name: s for s in world.straddles if s.name in leg.venues}
        spans = [straddle.series.spans for straddle in self._straddles.values()]
        expiries, tenors = (tuple(sorted({span[axis] for span in spans})) for axis in range(2))
        self.grid = VegaGrid(expiries, tenors)

    def _risk(self, risk: OpenRisk, market: Snapshot | None = None) -> Vector:
        return risk.vegas

    def _slopes(self, venue: Venue, market: Snapshot | None) -> Vector:
        return self._straddles[venue.name].vegas(self.grid, market)


class CreditHedge(LeastSquaresHedge):
    """Credit default swaps against the risk of names, by ln of the spreads of those that trade."""

    def __init__(self, leg: CreditLeg, world: MarketWorld, needs: Sequence[FactorKey]) -> None:
        """needs: of the book."""
        super().__init__(leg, [world.venue(name) for name in leg.venues])
        self._buckets = [venue.key for venue in self._venues]
        credits, traded = world.market.credits, set(leg.venues)
        self._shares: list[tuple[FactorKey, int, float]] = []  # of each name of the book: bucket, and beta to it
        for key in needs:
            name, beta = key.name, 1.0
            while key.family == HAZARD and name and name not in traded:
                beta, name = beta * credits[name].beta, credits[name].follows
            if key.family == HAZARD and name:
                self._shares.append((key, self._buckets.index(name_key(name)), beta))

    @property
    def needed(self) -> bool:
        """Whether the book has risk that the leg can take away."""
        return bool(self._shares)

    def _risk(self, risk: OpenRisk, market: Snapshot | None = None) -> Vector:
        rows = np.zeros((len(self._buckets), self._venues[0].market.paths))
        for key, bucket, beta in self._shares:
            rows[bucket] += beta * risk.first(key)
        return rows

    def _slopes(self, venue: Venue, market: Snapshot | None) -> Vector:
        slopes, none = venue.listing.sensitivities(market), np.zeros(venue.market.paths)
        return np.stack([slopes.get(key, none) for key in self._buckets])


def par_swaps(world: MarketWorld) -> list[Venue]:
    """Venues of the curve's par swaps, the shortest first: each is called like the node that it is a swap of."""
    return [venue for venue in world.venues.values() if venue.key[:2] == USD and venue.name == venue.key.node]


def _length(rows: Vector) -> Vector:
    """Root of the sum of squares over the first axis, (paths,)."""
    found: Vector = np.sqrt(total(row * row for row in rows))
    return found
