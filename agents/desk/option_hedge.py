"""Options on assets against the vega and gamma of a book, and options that are held whatever its risk is."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agents.desk.leg_hedge import LeastSquaresHedge, OpenRisk, Units
from markets.factors.key import MAIN, SPOT, VOL, of_asset
from markets.kernels.hedging import GAMMA_ROW, NO_ROW, VEGA_ROW, hedge_slopes
from sim.memo import Memo

if TYPE_CHECKING:
    from agents.desk.hedge_leg import OptionLeg
    from markets.factors.snapshot import Snapshot
    from markets.products.risk import Risk
    from markets.venues.venue import Venue
    from markets.venues.vol_listing import VolListing
    from markets.world import MarketWorld

Vector = NDArray[np.float64]
_KINDS = {"vega": VEGA_ROW, "gamma": GAMMA_ROW}
MONTH = 1 / 12  # years
VOL_POINT = 0.01
LEAST = 0.02  # of its usual vega: what has less, near its expiry or far from its strike, hedges nothing


class OptionHedge(LeastSquaresHedge):
    """Units at venues of options; see `OptionLeg`.

    Rows are, asset by asset, vega, and gamma S^2 s / 12: the vega of options of a month that have this gamma. Both are
    $ per 1.00 of the asset's implied vol, so that a rest of one can be weighed against a rest of the other. On paths
    where an option has almost none of them left it is no hedge, and none of it is held against the risk.
    """

    smallest = VOL_POINT

    def __init__(self, leg: OptionLeg, world: MarketWorld, share: float | None = None) -> None:
        """share: in place of the leg's own."""
        super().__init__(leg, [world.venue(name) for name in leg.venues])
        self.share = leg.share if share is None else share
        self._world = world
        self._options: dict[str, VolListing] = {option.name: option for option in world.options}
        self._per_gamma: dict[str, Memo[Vector]] = defaultdict(Memo)  # by asset
        self.moving: dict[str, Memo[list[Any]]] = defaultdict(Memo)  # by asset: what its flows are asked of
        self.kept = {name: world.full(units) for name, units in leg.hold.items()}
        hedged = {self._asset_of(name) for name in leg.venues}
        self._rows = [(asset, row) for asset in _in_order(hedged) for row in leg.rows]
        self._bent = "gamma" in leg.rows
        self._kinds = {
            each: np.array([_KINDS[row] if on == each else NO_ROW for on, row in self._rows]) for each in hedged
        }

    def _asset_of(self, name: str) -> str:
        """On which the options at a venue are."""
        return self._options[name].underlying.name

    @property
    def values_some(self) -> bool:
        """Whether all that it may hold can be valued on some of the paths."""
        return all(self._options[name].values_some for name in self.names)

    @cached_property
    def assets(self) -> tuple[str, ...]:
        """On which it may hold options."""
        return _in_order({self._asset_of(name) for name in self.names})

    def answering_on(self, asset: str) -> tuple[str, ...]:
        """Venues of options on an asset at which it trades as the market moves."""
        return self._answering.get(asset, ())

    @cached_property
    def _answering(self) -> dict[str, tuple[str, ...]]:
        on = {name: self._asset_of(name) for name in self.answering}
        return {asset: tuple(name for name in on if on[name] == asset) for asset in self.assets}

    @cached_property
    def answering(self) -> tuple[str, ...]:
        """Venues at which it trades as the market moves; what is kept stays as it is."""
        return tuple(venue.name for venue in self._venues) if self.share else ()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Venues at which it may hold something."""
        return tuple(dict.fromkeys((*self.kept, *(venue.name for venue in self._venues))))

    def neutral(self, risk: Risk, market: Snapshot | None = None) -> Units:
        """Units against one unit of scale, in the present market or in a given one: kept ones, and the rest."""
        found = self._kept_in(market)
        if self._venues:
            for name, units in self.units(self.open_risk(risk, market), market).items():
                found[name] = found[name] + units if name in found else units
        return found

    def open_risk(self, risk: Risk, market: Snapshot | None = None) -> OpenRisk:
        """Risk of a book with that of the options that are kept."""
        vegas, gammas = dict[str, Vector](), dict[str, Vector]()
        for name, units in self._kept_in(market).items():
            greeks, asset = self._options[name].greeks(market), self._asset_of(name)
            for found, one in ((vegas, greeks.vega), (gammas, greeks.gamma)):
                found[asset] = found[asset] + units * one if asset in found else units * one
        return OpenRisk(risk, {of_asset(VOL, asset): vega for asset, vega in vegas.items()}, gammas)

    def _kept_in(self, market: Snapshot | None) -> Units:
        """Units that are kept, on the paths of a market."""
        if market is None or market.among is None:
            return dict(self.kept)
        return {name: units[market.among] for name, units in self.kept.items()}

    def _risk(self, risk: OpenRisk, market: Snapshot | None = None) -> Vector:
        out = np.empty((len(self._rows), self._seen(market).paths))
        for found, (asset, row) in zip(out, self._rows, strict=True):
            np.multiply(self._row(row, asset, risk, market), self.share, out=found)
        return out

    def _row(self, row: str, asset: str, risk: OpenRisk, market: Snapshot | None) -> Vector:
        if row == "vega":
            return risk.vega_of(asset)
        return risk.gamma_of(asset) * self._in_vega(asset, market)

    def _slopes(self, venue: Venue, market: Snapshot | None) -> Vector:
        out = np.empty((len(self._rows), self._seen(market).paths))
        self._write_slopes(venue, market, out)
        return out

    def _all_slopes(self, market: Snapshot | None) -> Vector:
        out = np.empty((len(self._venues), len(self._rows), self._seen(market).paths))
        for venue, rows in zip(self._venues, out, strict=True):
            self._write_slopes(venue, market, rows)
        return out

    def _write_slopes(self, venue: Venue, market: Snapshot | None, out: Vector) -> None:
        option, asset = self._options[venue.name], self._asset_of(venue.name)
        greeks, usual = option.greeks(market), option.usual_vega(self._seen(market))
        in_vega = self._in_vega(asset, market) if self._bent else usual
        hedge_slopes(greeks.vega, greeks.gamma, in_vega, usual, LEAST, self._kinds[asset], out)

    def _seen(self, market: Snapshot | None) -> Snapshot:
        return market or self._world.factors.snapshot

    def _in_vega(self, asset: str, market: Snapshot | None) -> Vector:
        """S^2 s / 12: vega of a month's options per unit of gamma, (paths,)."""
        seen = self._seen(market)
        vol, spot = seen.row(of_asset(VOL, asset)), seen.row(of_asset(SPOT, asset))
        return self._per_gamma[asset].get(lambda: np.asarray(MONTH * vol * spot**2), vol, spot)


def _in_order(assets: set[str]) -> tuple[str, ...]:
    """The main asset first, then by name."""
    return tuple(sorted(assets, key=lambda name: (name != MAIN, name)))
