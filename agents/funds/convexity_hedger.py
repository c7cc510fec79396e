"""Convexity hedgers: owners of mortgages, whose duration grows as rates rise, pay fixed to keep it where it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from agents.base import Agent, Process
from agents.intervals import Interval, check_interval
from markets.venues.loop_gain import FUNDS
from sim.dataclass import dataclass
from sim.params import param
from sim.phases import Phase

if TYPE_CHECKING:
    from agents.cast import Cast
    from agents.world import TradingWorld
    from sim.place import Place

Vector = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ConvexityHedger(Agent):
    """Keeps the duration of a mortgage book that is outside the model: its duration is D0 + clip(extension dy).

    dy is the rise of the venue's node since the start. What the extension adds to the book's sensitivity is taken off
    by paying fixed (or by bonds sold short): balance x clip(extension dy, -most, most) / sensitivity of one unit.
    """

    role: ClassVar[str] = "fund"
    capital: float = param(10e9, unit="$", help="cash at the start", gt=0, against="the venue's depth")
    venue: str = param("us10y", help="the venue of swaps or bonds where it hedges")
    balance: float = param(unit="$", help="market value of the mortgages", gt=0, against="the venue's depth")
    extension: float = param(
        200.0, unit="years per 1.00 of the rate", help="growth of duration: 200 is 2 years in 100 bp", ge=0, le=5000
    )
    most: float = param(4.0, unit="years", help="most that duration grows or shrinks", gt=0, le=50)
    interval: str = param("1d", help="how often it looks: '30m', '2h', '1d', or 'tick'")

    def check(self, cast: Cast, at: Place) -> None:
        """Its venue trades swaps or bonds, its interval can be read."""
        cast.check_rates_venue(self.venue, at.at("venue"))
        check_interval(self.interval, at.at("interval"))

    def live(self, world: TradingWorld) -> Process:
        yield from _Hedging(self, world).run()


class _Hedging:
    """State of one hedger in one world."""

    def __init__(self, agent: ConvexityHedger, world: TradingWorld) -> None:
        self.agent, self.world = agent, world
        self.venue = world.venue(agent.venue)
        self.interval = Interval(agent.interval)
        self.last_look = 0
        self.start = self._rate().copy()

    def run(self) -> Process:
        """Look, and trade to the target; for ever, from the first tick after the start."""
        world, agent = self.world, self.agent
        while True:
            yield world.tick(Phase.TRADE)
            self._expose()
            if world.tick_index == 0 or not self.interval.due(world.clock, world.tick_index, self.last_look):
                continue
            self.last_look = world.tick_index
            yield self.venue.trade(agent, self._wanted() - self.venue.held(agent.name))

    def _rate(self) -> Vector:
        """Of the venue's node, (paths,) decimal."""
        return self.world.factors.snapshot.row(self.venue.key)

    def _sensitivity(self) -> Vector:
        """Loss of one unit per 1.00 of the node, (paths,) $."""
        loss: Vector = -self.venue.listing.sensitivities()[self.venue.key]
        return loss

    def _wanted(self) -> Vector:
        """Units held against the extension, (paths,)."""
        agent = self.agent
        grown = np.clip(agent.extension * (self._rate() - self.start), -agent.most, agent.most)
        wanted: Vector = -agent.balance * grown / self._sensitivity()
        return wanted

    def _expose(self) -> None:
        """Tell the venue what a rise of the rate makes it sell: balance x extension / sensitivity, $ a unit of rate."""
        agent, listing = self.agent, self.venue.listing
        inside = np.abs(agent.extension * (self._rate() - self.start)) < agent.most
        units = np.where(inside, agent.balance * agent.extension / self._sensitivity(), 0.0)
        self.venue.expose(units * listing.unit_notional, moved=self.venue.name, by=FUNDS)
