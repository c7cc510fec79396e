"""Orders sent to the market: of noise traders, and of a trader who knows the news."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from agents.base import Agent, Process
from markets.factors.foresight import foresight
from sim.dataclass import dataclass
from sim.params import param
from sim.phases import Phase

if TYPE_CHECKING:
    from agents.cast import Cast
    from agents.world import TradingWorld
    from sim.place import Place

Vector = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class NoiseTrader(Agent):
    """Trades at random at every tick, for reasons that have nothing to do with the price (Kyle 1985)."""

    role: ClassVar[str] = "noise_trader"
    venue: str = param("asset", help="the asset it trades")
    size: float = param(
        unit="units per square root of a trading day",
        help="standard deviation of its net flow",
        ge=0,
        against="the venue's depth",
    )

    def check(self, cast: Cast, at: Place) -> None:
        """Its venue is an asset."""
        cast.check_asset(self.venue, at.at("venue"))

    def live(self, world: TradingWorld) -> Process:
        noise, years = world.streams.stream(f"noise_trader/{self.name}"), world.clock.variance_years
        while True:
            yield world.tick(Phase.TRADE)
            shock, tick = noise.normal(), world.tick_index
            if tick > 0:
                days = float(years[tick] - years[tick - 1]) * world.clock.days_a_year
                yield world.venue(self.venue).trade(self, self.size * np.sqrt(days) * shock)


@dataclass(frozen=True, kw_only=True)
class InformedTrader(Agent):
    """Knows the effect of the next tick's news on the main asset's price, and trades on it at every tick.

    It buys `aggressiveness` units per $ by which that price lies above the present one, by default 1 / (2 lambda) with
    lambda the $ by which a unit moves the venue's price: Kyle's (1985) insider, who knows that he moves it. It closes
    what it bought a tick ago, when the news is out.
    """

    role: ClassVar[str] = "informed_trader"
    aggressiveness: float | None = param(
        None, unit="units per $", help="default: 1 / (2 lambda)", ge=0, against="1 / (2 lambda)"
    )

    def live(self, world: TradingWorld) -> Process:
        venue, seen = world.venue("asset"), foresight(world.factors, world.clock, world.streams)
        while True:
            yield world.tick(Phase.TRADE)
            news = next(seen)
            if news is None:
                return
            per_unit = venue.spec.impact * venue.notional(world.full(1.0)) ** 2 / venue.depth
            eagerness = 1 / (2 * per_unit) if self.aggressiveness is None else self.aggressiveness
            yield venue.trade(self, eagerness * (news - venue.mid) - venue.held(self.name))
