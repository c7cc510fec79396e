"""The hedge of a desk's rates risk: units at venues that neutralise it, exactly or as far as they can."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from agents.desk.neutral import neutral
from markets.factors.key import OVERNIGHT, USD
from markets.kernels.least_squares import least_squares
from sim.vectors import total

if TYPE_CHECKING:
    from agents.desk.rates_leg import RatesLeg
    from markets.factors.snapshot import Snapshot
    from markets.products.risk import Risk
    from markets.venues.venue import Venue
    from markets.world import MarketWorld

Vector = NDArray[np.float64]
Units = dict[str, Vector]  # by venue, (paths,)
BASIS_POINT = 1e-4


class RatesHedge(Protocol):
    """What a desk holds against its rates risk."""

    def units(self, risk: Risk, market: Snapshot | None = None) -> Units:
        """Units at each venue that neutralise a risk, in the present market or in a given one."""

    def wanted(self, target: Units, held: Units, risk: Risk, scale: Vector) -> Units:
        """Units that a desk wants that holds others than its target. risk: of one of `scale` (paths,) books."""


class SwapHedge:
    """Par swaps, each of which neutralises the node that it is a swap of. It always goes back to its target."""

    def __init__(self, world: MarketWorld) -> None:
        self._venues = {venue.key: venue for venue in par_swaps(world)}

    def units(self, risk: Risk, market: Snapshot | None = None) -> Units:
        """Receive-fixed notionals, exact in the nodes that have a venue."""
        swaps = {key: venue.listing.sensitivities(market) for key, venue in self._venues.items()}
        return {self._venues[key].name: units for key, units in neutral(risk, swaps).items()}

    def wanted(self, target: Units, held: Units, risk: Risk, scale: Vector) -> Units:
        """The target."""
        return target


class LeastSquaresHedge:
    """Any venues, against the risk at any nodes; see `RatesLeg`."""

    def __init__(self, leg: RatesLeg, world: MarketWorld) -> None:
        self._leg, self._venues = leg, [world.venue(name) for name in leg.venues] or par_swaps(world)
        nodes = [key for key in world.factors.snapshot.nodes(USD) if key != OVERNIGHT]
        self._nodes = [key for key in nodes if not leg.nodes or key.node in leg.nodes]

    def units(self, risk: Risk, market: Snapshot | None = None) -> Units:
        """Least squares over the nodes, path by path."""
        slopes = self._slopes(market)
        out = np.empty((len(slopes), slopes.shape[2]))
        least_squares(slopes, np.stack([risk.first(key) for key in self._nodes]), self._leg.ridge, out)
        return {venue.name: units for venue, units in zip(self._venues, out, strict=True)}

    def _slopes(self, market: Snapshot | None = None) -> Vector:
        """(venues, nodes, paths) $ per 1.00."""
        return np.stack([self._slopes_of(venue, market) for venue in self._venues])

    def _slopes_of(self, venue: Venue, market: Snapshot | None) -> Vector:
        slopes = venue.listing.sensitivities(market)
        none = np.zeros(venue.market.paths)
        return np.stack([slopes.get(key, none) for key in self._nodes])

    def wanted(self, target: Units, held: Units, risk: Risk, scale: Vector) -> Units:
        """To the edge of the band around the target; no order that is smaller than `least_trade`."""
        if not (self._leg.band or self._leg.least_trade):
            return target
        slopes = {venue.name: self._slopes_of(venue, None) for venue in self._venues}
        away = total((held[name] - units) * slopes[name] for name, units in target.items())  # (nodes, paths)
        far, book = _length(list(away)), scale * _length([risk.first(key) for key in self._nodes])
        kept = np.minimum(1.0, self._leg.band * book / np.where(far > 0, far, 1.0))
        found = {name: units + kept * (held[name] - units) for name, units in target.items()}
        return {name: self._large(units, held[name], slopes[name]) for name, units in found.items()}

    def _large(self, wanted: Vector, held: Vector, slopes: Vector) -> Vector:
        """What is wanted where the order is large enough, else what is held."""
        order = BASIS_POINT * np.abs(wanted - held) * _length(list(slopes))
        return np.where(order >= self._leg.least_trade, wanted, held)


def par_swaps(world: MarketWorld) -> list[Venue]:
    """Venues of the curve's par swaps, the shortest first: each is called like the node that it is a swap of."""
    return [venue for venue in world.venues.values() if venue.key[:2] == USD and venue.name == venue.key.node]


def rates_hedge(leg: RatesLeg | None, world: MarketWorld) -> RatesHedge:
    """The hedge that a desk has declared; by default par swaps."""
    return SwapHedge(world) if leg is None else LeastSquaresHedge(leg, world)


def _length(rows: list[Vector]) -> Vector:
    """Root of the sum of squares, (paths,)."""
    found: Vector = np.sqrt(total(row * row for row in rows))
    return found
