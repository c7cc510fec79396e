"""Value investors: they buy what is cheap against a value of their own, so that somebody buys in a crash."""

from __future__ import annotations

from math import exp, log, sqrt
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from agents.base import Agent, Process
from agents.funds.follower import Follower, Vectors
from agents.intervals import check_interval
from markets.factors.key import FactorKey
from markets.plausible import APPETITE, DAYS, REALISED
from sim.dataclass import dataclass
from sim.params import param

if TYPE_CHECKING:
    from agents.cast import Cast
    from agents.world import TradingWorld
    from markets.factors.asset_law import AssetLaw
    from sim.place import Place

Vector = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ValueInvestor(Agent):
    """An investor who holds aggressiveness x ln(value / price) x capital, within `max_leverage` x capital either way.

    ln value is a level plus the investor's own error, which forgets half of itself in `half_life_days`. The level is
    `value`, or the outside price of the storyline where it is `anchored`: then it buys what trades have pushed down,
    and leaves alone what the news have done.
    """

    role: ClassVar[str] = "fund"
    capital: float = param(
        5e9, unit="$", help="at the start; also its measure of size", gt=0, against="the venue's depth"
    )
    venue: str = param("asset", help="the asset or the future on vol that it trades")
    value: float | None = param(
        None,
        unit="$",
        help="what it thinks the asset worth (default: the price at the start)",
        gt=0,
        against="the price",
    )
    anchored: bool = param(False, help="its value is the storyline's price instead")
    aggressiveness: float = param(
        5.0, unit="position over capital per unit of ln(value/price)", help="appetite", gt=0, plausible=APPETITE
    )
    max_leverage: float = param(
        1.0, unit="position over capital", help="most that it holds or is short", gt=0, plausible=(0.01, 1000.0)
    )
    sells_short: bool = param(True, help="is short where the price lies above its value; false: then holds nothing")
    error: float = param(0.0, unit="decimal a year", help="vol of its error about the value", ge=0, plausible=REALISED)
    half_life_days: float = param(60.0, unit="trading days", help="of its error", gt=0, plausible=DAYS)
    speed: float = param(1.0, unit="share a trading day", help="of the gap that it closes", gt=0, le=1)
    interval: str = param("tick", help="how often it looks: '30m', '2h', '1d', or 'tick'")

    def check(self, cast: Cast, at: Place) -> None:
        """Its venue is an asset or a future on vol, it has one value, its interval can be read."""
        cast.check_tracked(self.venue, at.at("venue"))
        if self.anchored:
            cast.check_asset(self.venue, at.at("venue"))  # futures on vol have no outside price of their own
        if self.anchored and self.value is not None:
            rule = "an anchored investor takes the storyline's price for the value"
            raise at.at("value").error(rule, value=self.value, remedy="leave out one of value and anchored")
        check_interval(self.interval, at.at("interval"))

    def live(self, world: TradingWorld) -> Process:
        yield from Follower(self, world, [self.venue], _Rule(self, world)).run()


class _Rule:
    """Its `PositionRule`."""

    def __init__(self, agent: ValueInvestor, world: TradingWorld) -> None:
        self._agent, self._world = agent, world
        venue = world.venue(agent.venue)
        self._law: AssetLaw | None = world.factors.assets.get(FactorKey("spot", agent.venue))
        self._fixed = np.log(venue.mid) if agent.value is None else world.full(log(agent.value))
        self._error = world.full(0.0)  # ln
        rate = log(2) / agent.half_life_days  # a trading day
        self._kept = exp(-rate)
        self._scale = agent.error * sqrt((1 - self._kept**2) / (2 * rate * world.clock.days_a_year))
        self._noise = world.streams.stream(f"value_investor/{agent.name}")

    def learn(self) -> None:
        """Carry the error on by a day: an Ornstein-Uhlenbeck process, stepped exactly."""
        shock = self._noise.normal()
        self._error = self._kept * self._error + self._scale * shock

    def exposure(self, prices: Vectors, equity: Vector) -> Vectors:
        """aggressiveness x ln(value / price) x capital, within its limits; nothing without equity."""
        agent, law = self._agent, self._law
        level = law.line[self._world.factors.tick] if agent.anchored and law is not None else self._fixed
        wanted = agent.aggressiveness * (level + self._error - np.log(prices[0]))
        least = -agent.max_leverage if agent.sells_short else 0.0
        within = agent.capital * np.clip(wanted, least, agent.max_leverage)
        return [np.where(equity > 0, within, 0.0)]

    def had_the_day_ended(self, prices: Vectors, equity: Vector) -> Vectors:
        """The same."""
        return self.exposure(prices, equity)
