"""Funds that sell all their assets in proportion when their portfolio loses value."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from agents.base import Agent, Process
from agents.intervals import Interval, check_interval
from markets.accounts import INVESTORS
from markets.plausible import FACTOR
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
class ProportionalFund(Agent):
    """A fund that holds assets in fixed proportion and sells all of them alike as their value falls.

    It holds the share f(V / V0) of its `holdings`, V their value now and V0 at the start,
    f(v) = 1 - sensitivity x (threshold - v) below the threshold and 1 above, between 0 and 1 (Cont and Wagalath 2013,
    2016). A loss in one asset makes it sell the others: this correlates assets that were uncorrelated before.
    """

    role: ClassVar[str] = "fund"
    capital: float = param(
        1e9, unit="$", help="equity at the start, what it holds included", gt=0, against="what it holds"
    )
    holdings: dict[str, float] = param(
        help="units of each asset at the start, by the name of its venue", against="the venue's depth"
    )
    threshold: float = param(
        1.0, unit="share of the starting value", help="value at which it begins to sell", gt=0, plausible=(0.01, 100.0)
    )
    sensitivity: float = param(
        1.0, help="share of the holdings sold per unit fall of the value's share", ge=0, plausible=FACTOR
    )
    buys_back: bool = param(False, help="also buys above the threshold, beyond its starting holdings")
    answers_own_impact: bool = param(
        True, help="sells for the falls that its own sales caused too; false: only for those since its last trade"
    )
    interval: str = param("tick", help="how often it looks: '30m', '2h', '1d', or 'tick'")

    def check(self, cast: Cast, at: Place) -> None:
        """It must hold some of every asset that it names; its interval must be valid."""
        if not self.holdings:
            raise at.at("holdings").error("holds nothing", remedy="write holdings = { asset = 1e6 }, in units")
        for name, units in self.holdings.items():
            cast.check_asset(name, at.at("holdings"))
            if units <= 0:
                raise at.at("holdings", name).error("must be > 0", value=units)
        check_interval(self.interval, at.at("interval"))

    def live(self, world: TradingWorld) -> Process:
        yield from _Fund(self, world).run()

    def share(self, value: Vector) -> Vector:
        """f: share of the holdings kept when they are worth `value` times their value at the start, (paths,)."""
        fall = self.threshold - value
        kept: Vector = 1 - self.sensitivity * (fall if self.buys_back else np.maximum(fall, 0.0))
        return np.maximum(kept, 0.0)


class _Fund:
    """State of one fund in one world."""

    def __init__(self, agent: ProportionalFund, world: TradingWorld) -> None:
        self.agent, self.world = agent, world
        self.interval = Interval(agent.interval)
        self.last_look = 0
        self.venues = {name: world.venue(name) for name in sorted(agent.holdings)}
        self.start = self._worth()
        for name, venue in self.venues.items():
            venue.hand_over(INVESTORS, agent.name, world.full(agent.holdings[name]))
        begun = agent.share(world.full(1.0))
        self.kept = dict.fromkeys(self.venues, begun)  # by asset: share of the holdings after the orders sent so far

    def _worth(self) -> Vector:
        """Value of the whole holdings, (paths,) $."""
        worth = (self.agent.holdings[name] * venue.mid for name, venue in self.venues.items())
        return sum(worth, self.world.full(0.0))

    def _expose(self) -> None:
        """Tell the venues how much of each asset a fall of any one makes the fund sell, $ per unit of displacement.

        sensitivity x h_i S_i h_j S_j / V0 while it sells, or would sell at the next fall; 0 if it does not react to its
        own impact.
        """
        agent, worth = self.agent, self._worth() / self.start
        selling = (worth <= agent.threshold) | agent.buys_back
        slope = np.where(selling & (agent.share(worth) > 0), agent.sensitivity, 0.0) / self.start
        sizes = {name: agent.holdings[name] * venue.listing.unit_notional for name, venue in self.venues.items()}
        for name, venue in self.venues.items() if agent.answers_own_impact else ():
            for moved, size in sizes.items():
                venue.expose(slope * sizes[name] * size, moved=moved, by=FUNDS)

    def run(self) -> Process:
        """Look, and trade all assets in proportion, from the first tick after the start on."""
        world, agent = self.world, self.agent
        while True:
            yield world.tick(Phase.TRADE)
            if world.tick_index == 0:
                continue
            self._expose()
            if not self.interval.due(world.clock, world.tick_index, self.last_look):
                continue
            self.last_look = world.tick_index
            wanted = agent.share(self._worth() / self.start)
            sent = {
                name: venue.trade(agent, agent.holdings[name] * (wanted - self.kept[name]))
                for name, venue in self.venues.items()
            }
            for name, answer in sent.items():
                fill = yield answer
                if agent.answers_own_impact:
                    self.kept[name] = self.kept[name] + fill.quantity / agent.holdings[name]
                else:
                    self.kept[name] = -fill.unfilled / agent.holdings[name]
            if not agent.answers_own_impact:
                now = agent.share(self._worth() / self.start)
                self.kept = {name: now + left for name, left in self.kept.items()}
