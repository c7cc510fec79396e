"""Vol-target funds: exposure in inverse proportion to estimated vol."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from agents.base import Agent, Process
from agents.funds.follower import Follower, Vectors
from agents.funds.vol_estimate import VolEstimate, VolEstimateSpec
from agents.intervals import check_interval
from markets.plausible import VOL
from sim.dataclass import dataclass
from sim.params import param

if TYPE_CHECKING:
    from agents.cast import Cast
    from agents.world import TradingWorld
    from sim.place import Place

Vector = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class VolTargetFund(Agent):
    """A fund that keeps its own vol near `target`: it holds equity x min(target / estimated vol, max_leverage).

    A rise of vol makes it sell, a calm makes it buy. Each look it trades so much of the gap that the share `speed` of
    it is gone in a trading day.
    """

    role: ClassVar[str] = "fund"
    capital: float = param(5e9, unit="$", help="equity at the start", gt=0, against="the venue's depth")
    venue: str = param("asset", help="the asset it holds")
    target: float = param(0.10, unit="decimal a year", help="vol that it wants to have", gt=0, plausible=VOL)
    max_leverage: float = param(
        2.0, unit="assets over equity", help="most that it holds, however calm it is", gt=0, plausible=(0.01, 1000.0)
    )
    estimate: VolEstimateSpec = param(factory=VolEstimateSpec, help="how it estimates vol")
    speed: float = param(1.0, unit="share a trading day", help="of the gap that it closes", gt=0, le=1)
    interval: str = param("1d", help="how often it looks: '30m', '2h', '1d', or 'tick'")

    def check(self, cast: Cast, at: Place) -> None:
        """Its venue is an asset whose vol it can estimate; its interval can be read."""
        cast.check_asset(self.venue, at.at("venue"))
        self.estimate.check(self.venue, cast, at.at("estimate"))
        check_interval(self.interval, at.at("interval"))

    def live(self, world: TradingWorld) -> Process:
        rule = _Rule(self, VolEstimate(self.estimate, world, world.venue(self.venue)))
        yield from Follower(self, world, [self.venue], rule, by_vol=rule).run()


class _Rule:
    """Its `PositionRule`."""

    def __init__(self, agent: VolTargetFund, estimate: VolEstimate) -> None:
        self._agent, self._estimate = agent, estimate
        self.learn, self.implied = estimate.learn, estimate.implied

    def exposure(self, prices: Vectors, equity: Vector) -> Vectors:
        """equity x min(target / vol, max_leverage)."""
        return [equity * self._leverage(self._estimate.now())]

    def had_the_day_ended(self, prices: Vectors, equity: Vector) -> Vectors:
        """The same at the vol that the day's return would make."""
        return [equity * self._leverage(self._estimate.had_the_day_ended(prices[0]))]

    def had_vol_moved(self, by: float, prices: Vectors, equity: Vector) -> Vectors:
        """The same at another implied vol."""
        return [equity * self._leverage(self._estimate.now() * np.exp(by))]

    def _leverage(self, vol: Vector) -> Vector:
        """Written so that a vol of 0 divides nothing."""
        agent = self._agent
        leverage: Vector = agent.target / np.maximum(vol, agent.target / agent.max_leverage)
        return leverage
