"""Options on the asset against the vega and gamma of a book, and options that are held whatever its risk is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.desk.leg_hedge import LeastSquaresHedge, OpenRisk, Units
from markets.factors.key import SPOT, VOL
from sim.memo import Memo

if TYPE_CHECKING:
    from agents.desk.hedge_leg import OptionLeg
    from markets.factors.snapshot import Snapshot
    from markets.products.risk import Risk
    from markets.venues.venue import Venue
    from markets.venues.vol_listing import VolListing
    from markets.world import MarketWorld

Vector = NDArray[np.float64]
MONTH = 1 / 12  # years
VOL_POINT = 0.01


class OptionHedge(LeastSquaresHedge):
    """Units at venues of options; see `OptionLeg`.

    Rows are vega, and gamma S^2 s / 12: the vega of options of a month that have this gamma. Both are $ per 1.00 of the
    market's implied vol, so that a rest of one can be weighed against a rest of the other.
    """

    smallest = VOL_POINT

    def __init__(self, leg: OptionLeg, world: MarketWorld, share: float | None = None) -> None:
        """share: in place of the leg's own."""
        super().__init__(leg, [world.venue(name) for name in leg.venues])
        self.share = leg.share if share is None else share
        self._world, self._rows = world, leg.rows
        self._options: dict[str, VolListing] = {option.name: option for option in world.options}
        self._per_gamma: Memo[Vector] = Memo()
        self.kept = {name: world.full(units) for name, units in leg.hold.items()}

    @property
    def answering(self) -> tuple[str, ...]:
        """Venues at which it trades as the market moves; what is kept stays as it is."""
        return tuple(venue.name for venue in self._venues) if self.share else ()

    @property
    def names(self) -> tuple[str, ...]:
        """Venues at which it may hold something."""
        return tuple(dict.fromkeys((*self.kept, *(venue.name for venue in self._venues))))

    def neutral(self, risk: Risk, market: Snapshot | None = None) -> Units:
        """Units against one unit of scale, in the present market or in a given one: kept ones, and the rest."""
        found = dict(self.kept)
        if self._venues:
            for name, units in self.units(self.open_risk(risk, market), market).items():
                found[name] = found[name] + units if name in found else units
        return found

    def open_risk(self, risk: Risk, market: Snapshot | None = None) -> OpenRisk:
        """Risk of a book with that of the options that are kept."""
        vega, gamma = np.zeros(self._world.paths), np.zeros(self._world.paths)
        for name, units in self.kept.items():
            greeks = self._options[name].greeks(market)
            vega += units * greeks.vega
            gamma += units * greeks.gamma
        return OpenRisk(risk, {VOL: vega}, gamma)

    def _risk(self, risk: OpenRisk, market: Snapshot | None = None) -> Vector:
        rows = {"vega": risk.first(VOL), "gamma": risk.gamma * self._in_vega(market)}
        return self.share * np.stack([rows[row] for row in self._rows])

    def _slopes(self, venue: Venue, market: Snapshot | None) -> Vector:
        greeks, rows = self._options[venue.name].greeks(market), np.empty((len(self._rows), self._world.paths))
        for row, name in zip(rows, self._rows, strict=True):
            if name == "vega":
                row[:] = greeks.vega
            else:
                np.multiply(greeks.gamma, self._in_vega(market), out=row)
        return rows

    def _in_vega(self, market: Snapshot | None) -> Vector:
        """S^2 s / 12: vega of a month's options per unit of gamma, (paths,)."""
        seen = market or self._world.factors.snapshot
        vol, spot = seen.row(VOL), seen.row(SPOT)
        return self._per_gamma.get(lambda: np.asarray(MONTH * vol * spot**2), vol, spot)
