"""Liability-driven funds: long rates with borrowed money, and sellers of what they hold when collateral runs out."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from agents.base import Agent, Process
from agents.intervals import Interval, check_interval
from markets.accounts import INVESTORS
from markets.venues.loop_gain import FUNDS
from sim.dataclass import dataclass
from sim.params import param
from sim.phases import Phase

if TYPE_CHECKING:
    from agents.cast import Cast
    from agents.world import TradingWorld
    from sim.place import Place

Vector = NDArray[np.float64]
AT_LEVERAGE = 1e-9  # share of the assets: a fund this close to its leverage sells at the next fall


@dataclass(frozen=True, kw_only=True)
class LiabilityFund(Agent):
    """A fund that matches long liabilities with bonds or swaps worth `leverage` x its equity.

    Its debt stays as it is while rates rise, so that equity bears the whole fall of the assets. Once it has lost the
    share `buffer` of the equity that it had at its last sale, it sells down to `leverage` again, at whatever price. At
    a swap venue its assets are the bond that a swap and its notional in cash make: notional + value of the swaps.
    """

    role: ClassVar[str] = "fund"
    capital: float = param(
        10e9, unit="$", help="equity at the start: the collateral of what it holds", gt=0, against="the venue's depth"
    )
    venue: str = param("us10y", help="the venue of swaps or bonds where it holds and sells")
    leverage: float = param(3.0, unit="assets over equity", help="at the start, and after each sale", gt=1, le=1000)
    buffer: float = param(
        0.0, unit="share of equity", help="loss since the last sale that its collateral bears without one", ge=0, lt=1
    )
    buys_back: bool = param(False, help="also buys where assets have fallen below `leverage` x equity")
    interval: str = param("tick", help="how often it looks: '30m', '2h', '1d', or 'tick'")

    def check(self, cast: Cast, at: Place) -> None:
        """Its venue trades swaps or bonds, its interval can be read."""
        cast.check_rates_venue(self.venue, at.at("venue"))
        check_interval(self.interval, at.at("interval"))

    def live(self, world: TradingWorld) -> Process:
        yield from _Fund(self, world).run()


class _Fund:
    """State of one fund in one world."""

    def __init__(self, agent: LiabilityFund, world: TradingWorld) -> None:
        self.agent, self.world = agent, world
        self.venue = world.venue(agent.venue)
        self.interval = Interval(agent.interval)
        self.last_look = 0
        self.borne = world.full(agent.capital)  # equity at the last sale, (paths,) $
        start = self.venue.units(world.full(agent.leverage * agent.capital))
        self.venue.hand_over(INVESTORS, agent.name, start)

    def run(self) -> Process:
        """Look, and sell what collateral does not bear; for ever, from the first tick after the start."""
        world, agent = self.world, self.agent
        while True:
            yield world.tick(Phase.TRADE)
            equity, assets = world.equity_now(agent.name), self._assets()
            self._expose(equity, assets)
            if world.tick_index == 0 or not self.interval.due(world.clock, world.tick_index, self.last_look):
                continue
            self.last_look = world.tick_index
            fill = yield self.venue.trade(agent, self.venue.units(self._order(equity, assets)))
            done = (fill.quantity < 0) & (fill.unfilled == 0)
            self.borne = np.where(done, equity, self.borne)

    def _assets(self) -> Vector:
        """Bonds at mid, or notional and value of swaps, (paths,) $."""
        worth = self.venue.value(self.agent.name)
        return worth if self.venue.listing.funded else worth + self.venue.listing.exposure(self.agent.name)

    def _gone(self, equity: Vector) -> NDArray[np.bool_]:
        """Where the buffer is, (paths,)."""
        return equity <= (1 - self.agent.buffer) * self.borne

    def _order(self, equity: Vector, assets: Vector) -> Vector:
        """leverage x equity - assets where it sells (or buys back), (paths,) $."""
        missing = self.agent.leverage * np.maximum(equity, 0.0) - assets
        sold = np.where(self._gone(equity), np.minimum(missing, 0.0), 0.0)
        return sold + np.maximum(missing, 0.0) if self.agent.buys_back else sold

    def _expose(self, equity: Vector, assets: Vector) -> None:
        """Tell the venue what a fall makes it sell, (paths,) $ a unit: (leverage - 1) x fall of its assets."""
        agent, slopes = self.agent, self.venue.listing.slopes_of(self.agent.name)
        fall = sum((by * slopes[key] for key, by in self.venue.listing.displaces.items()), self.world.full(0.0))
        full = assets >= (1 - AT_LEVERAGE) * agent.leverage * equity
        selling = (full | agent.buys_back) & self._gone(equity) & (equity > 0)
        self.venue.expose(np.where(selling, (agent.leverage - 1) * fall, 0.0), moved=self.venue.name, by=FUNDS)
