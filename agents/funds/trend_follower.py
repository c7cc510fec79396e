"""Trend followers: long what has risen, short what has fallen, sized by vol."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from agents.base import Agent, Process
from agents.funds.follower import Follower, Vectors
from agents.funds.trend_signal import Trend, TrendSpec
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
class TrendFollower(Agent):
    """A fund that holds equity x signal x min(risk / estimated vol, max_leverage); the signal lies between -1 and 1.

    Its position in a full trend has the vol `risk` (Moskowitz, Ooi and Pedersen 2012; Hurst, Ooi and Pedersen 2017).
    It sells into a fall that lasts, and the more so the longer: days after the vol-target fund.
    """

    role: ClassVar[str] = "fund"
    capital: float = param(2e9, unit="$", help="equity at the start", gt=0, against="the venue's depth")
    venue: str = param("asset", help="the asset or the future on vol that it trades")
    risk: float = param(0.10, unit="decimal a year", help="vol of its position in a full trend", gt=0, plausible=VOL)
    max_leverage: float = param(
        3.0, unit="position over equity", help="most that it holds or is short", gt=0, plausible=(0.01, 1000.0)
    )
    trend: TrendSpec = param(factory=TrendSpec, help="its signal")
    estimate: VolEstimateSpec = param(factory=VolEstimateSpec, help="how it estimates vol")
    speed: float = param(1.0, unit="share a trading day", help="of the gap that it closes", gt=0, le=1)
    interval: str = param("1d", help="how often it looks: '30m', '2h', '1d', or 'tick'")

    def check(self, cast: Cast, at: Place) -> None:
        """Its venue is an asset or a future on vol; signal and estimate fit it; its interval can be read."""
        cast.check_tracked(self.venue, at.at("venue"))
        self.trend.check(at.at("trend"))
        self.estimate.check(self.venue, cast, at.at("estimate"))
        check_interval(self.interval, at.at("interval"))

    def live(self, world: TradingWorld) -> Process:
        venue = world.venue(self.venue)
        estimate = VolEstimate(self.estimate, world, venue)
        rule = _Rule(self, estimate, Trend(self.trend, venue, world.clock.days_a_year))
        yield from Follower(self, world, [self.venue], rule, by_vol=rule).run()


class _Rule:
    """Its `PositionRule`."""

    def __init__(self, agent: TrendFollower, estimate: VolEstimate, trend: Trend) -> None:
        self._agent, self._estimate, self._trend = agent, estimate, trend
        self.implied = estimate.implied

    def learn(self) -> None:
        """Take in the day for vol and for the trend."""
        self._estimate.learn()
        self._trend.learn()

    def exposure(self, prices: Vectors, equity: Vector) -> Vectors:
        """equity x signal x leverage in a full trend."""
        vol = self._estimate.now()
        return [equity * self._trend.now(vol) * self._leverage(vol)]

    def had_the_day_ended(self, prices: Vectors, equity: Vector) -> Vectors:
        """The same by the vol and the trend that the day's return would make."""
        vol = self._estimate.had_the_day_ended(prices[0])
        return [equity * self._trend.had_the_day_ended(prices[0], vol) * self._leverage(vol)]

    def had_vol_moved(self, by: float, prices: Vectors, equity: Vector) -> Vectors:
        """The same at another implied vol."""
        vol = self._estimate.now() * np.exp(by)
        return [equity * self._trend.had_the_day_ended(prices[0], vol) * self._leverage(vol)]

    def _leverage(self, vol: Vector) -> Vector:
        """min(risk / vol, max_leverage)."""
        agent = self._agent
        leverage: Vector = agent.risk / np.maximum(vol, agent.risk / agent.max_leverage)
        return leverage
