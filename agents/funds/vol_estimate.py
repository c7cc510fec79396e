"""How a fund estimates the vol of what it holds, from daily returns or from options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import FactorKey
from markets.plausible import DAYS, REALISED
from sim.dataclass import dataclass
from sim.params import param
from sim.vectors import total

if TYPE_CHECKING:
    from agents.cast import Cast
    from agents.world import TradingWorld
    from markets.venues.venue import Venue
    from sim.place import Place

Vector = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class VolEstimateSpec:
    """The estimator: squares of the returns from close to close, those before the start all alike; or implied vol."""

    kind: Literal["ewma", "window", "implied"] = param(
        "ewma", help="weights that decay, the same for the last days, or implied vol of the asset"
    )
    half_life_days: float = param(
        10.0, unit="trading days", help="after which a return has half its weight (ewma)", gt=0, plausible=DAYS
    )
    window_days: int = param(21, unit="trading days", help="that count (window)", gt=0, le=2600)
    start: float | None = param(
        None,
        unit="decimal a year",
        help="estimate at the start (default: realised vol there)",
        gt=0,
        plausible=REALISED,
    )

    def check(self, venue: str, cast: Cast, at: Place) -> None:
        """Implied vol is that of an asset which has one."""
        if self.kind == "implied" and venue not in cast.implied:
            remedy = f'write kind = "ewma" or "window", or add [assets.{venue}.implied]'
            raise at.at("kind").error(f"options on {venue} have no implied vol", value=self.kind, remedy=remedy)

    @property
    def kept(self) -> float:
        """Weight that a return keeps from one day to the next (ewma)."""
        return float(0.5 ** (1 / self.half_life_days))


def start_vol(given: float | None, venue: Venue) -> Vector:
    """Vol of the price of what a venue trades before the start, (paths,) decimal a year: as given, or realised vol."""
    listing = venue.listing
    if given is not None:
        return np.full_like(venue.mid, given)
    vol: Vector = listing.vol() * listing.cost_per_notional()
    return vol


class VolEstimate:
    """State of an estimate at one venue in one world.

    ewma: v <- kept v + (1 - kept) D r^2 at each close, D the trading days in a year; window: v = D x mean of r^2.
    """

    def __init__(self, spec: VolEstimateSpec, world: TradingWorld, venue: Venue) -> None:
        self._spec, self._world, self._venue = spec, world, venue
        self._days_a_year = world.clock.days_a_year
        self._close = venue.mid.copy()  # price at the last close, before its trades
        self._variance = start_vol(spec.start, venue) ** 2  # a year, ewma
        self._squares = [self._variance / self._days_a_year] * spec.window_days  # of a day each, the oldest first
        self.implied = FactorKey("vol", venue.name) if spec.kind == "implied" else None  # that it follows at once

    def learn(self) -> None:
        """Take in the day that ends now, before the trades of its close."""
        price = self._venue.mid.copy()
        square = np.log(price / self._close) ** 2
        self._close, self._variance = price, self._with(square)
        self._squares = [*self._squares[1:], square]

    def now(self) -> Vector:
        """Vol by the days that are over, (paths,) decimal a year; implied vol now."""
        if self.implied is not None:
            return self._world.factors.snapshot.row(self.implied)
        return np.sqrt(self._variance)

    def had_the_day_ended(self, price: Vector) -> Vector:
        """Vol if this day ended at a price, (paths,) decimal a year; implied vol moves by the leverage effect."""
        if self.implied is not None:
            elasticity, _ = self._world.factors.vol_answer(self._venue.name)
            vol: Vector = self.now() * (price / self._venue.mid) ** -elasticity
            return vol
        return np.sqrt(self._with(np.log(price / self._close) ** 2))

    def _with(self, square: Vector) -> Vector:
        """Variance a year with one more day, (paths,)."""
        if self._spec.kind == "ewma":
            kept = self._spec.kept
            return kept * self._variance + (1 - kept) * self._days_a_year * square
        variance: Vector = self._days_a_year * total([*self._squares[1:], square]) / self._spec.window_days
        return variance
