"""Levered and inverse products: their holding is brought back to a multiple of their assets before each close."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from agents.base import Agent, Process
from agents.funds.price_response import flow_per_move, price_at
from markets.accounts import INVESTORS
from markets.factors.key import MAIN, VOL
from markets.venues.loop_gain import FUNDS
from sim.dataclass import dataclass
from sim.params import param
from sim.phases import Phase, minutes

if TYPE_CHECKING:
    from agents.cast import Cast
    from agents.world import TradingWorld
    from sim.place import Place

Vector = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class LeveredProduct(Agent):
    """A listed product that earns `leverage` times the daily return of what trades at its venue, also below 0.

    After a return r it holds L A0 (1 + r) $ and has assets of A0 (1 + L r): to hold L times its assets again it trades
    L (L - 1) A0 r, with the move whether L is above 1 or below 0 (Cheng and Madhavan 2009). It does so at the last tick
    of the session, or at every tick of the last `window` minutes. A product whose assets are down to `ruin` x those at
    the last close is wound up for good: it closes its whole position, at whatever price.
    """

    role: ClassVar[str] = "fund"
    capital: float = param(1e9, unit="$", help="assets at the start", gt=0, against="the venue's depth")
    venue: str = param("asset", help="the asset or the future on vol that it tracks")
    leverage: float = param(-1.0, help="multiple of the daily return; below 0: inverse", ge=-20, le=20)
    window: int = param(0, unit="minutes", help="before the close, in which it trades at every tick", ge=0, le=1440)
    ruin: float = param(
        0.2, unit="share of the assets at the last close", help="down to which it is wound up", ge=0, lt=1
    )

    def check(self, cast: Cast, at: Place) -> None:
        """Its venue is an asset or a future on vol; a multiple of 0 would hold nothing."""
        cast.check_tracked(self.venue, at.at("venue"))
        if self.leverage == 0:
            raise at.at("leverage").error("must not be 0", remedy="write 2 or 3, or -1 for an inverse product")

    def live(self, world: TradingWorld) -> Process:
        yield from _Product(self, world).run()


class _Product:
    """State of one product in one world."""

    def __init__(self, agent: LeveredProduct, world: TradingWorld) -> None:
        self.agent, self.world = agent, world
        self.venue = world.venue(agent.venue)
        self.solved = self.venue.spec.clearing == "fixed_point"
        self.at_close = world.full(agent.capital)  # assets at the last close, $
        self.over = np.zeros(world.paths, dtype=bool)  # where it has been wound up
        self.venue.hand_over(INVESTORS, agent.name, self._wanted(self.venue.mid))

    def run(self) -> Process:
        """Watch for ruin at every tick, and rebalance before each close."""
        world, clock = self.world, self.world.clock
        while True:
            yield world.tick(Phase.TRADE)
            tick = world.tick_index
            self._wind_up()
            self._expose()
            if tick == 0:
                continue
            # an order at every tick, mostly of nothing: who orders first must not depend on other paths
            yield self.venue.trade(self.agent, self._order(self._before_close(tick)))
            if clock.is_close[tick]:
                self.at_close = self._assets(self.venue.mid)

    def _before_close(self, tick: int) -> bool:
        """Whether it rebalances at this tick."""
        clock = self.world.clock
        left = self.world.close_of_day[clock.day[tick]] - clock.ticks[tick]
        return bool(left <= minutes(self.agent.window))

    def _assets(self, price: Vector) -> Vector:
        """What it would be worth with its holding at a price, (paths,) $."""
        name = self.agent.name
        return self.world.equity_now(name) + self.venue.held(name) * (price - self.venue.mid)

    def _wanted(self, price: Vector) -> Vector:
        """leverage x assets / price where it lives, (paths,) units."""
        wanted: Vector = np.where(self.over, 0.0, self.agent.leverage * self._assets(price) / price)
        return wanted

    def _order(self, rebalances: bool) -> Callable[[Vector], Vector] | Vector:
        """Units to trade, at the present price or, if the venue solves for the price, at the one after all orders."""
        held = self.venue.held(self.agent.name).copy()
        trades = self.over | rebalances
        if not self.solved:
            return np.where(trades, self._wanted(self.venue.mid) - held, 0.0)
        return lambda move: np.where(trades, self._wanted(price_at(self.venue, move)) - held, 0.0)

    def _wind_up(self) -> None:
        """End it where its assets are down to `ruin`."""
        assets = self._assets(self.venue.mid)
        ruined = ~self.over & (assets <= self.agent.ruin * self.at_close)
        if ruined.any():
            self.world.log.add("events", self.world.now, ruined, kind="ruined", subject=self.agent.name, value=assets)
            self.over = self.over | ruined

    def _expose(self) -> None:
        """Tell the venue what a rise makes it buy before the close: L (L - 1) A where it holds L A.

        A future on vol also rises where the main asset falls, by the leverage effect, and where trades in options or in
        other futures move vol.
        """
        held = self.venue.held(self.agent.name) * self.venue.mid
        wanted = self.agent.leverage * self._assets(self.venue.mid)
        flow = flow_per_move(self.venue, wanted, self.agent.leverage * held)
        flow = np.where(self.over, 0.0, flow)
        self.venue.expose(flow, moved=self.venue.name, by=FUNDS)
        per_price = self.venue.listing.displaces.get(VOL)  # move of ln s per unit of ln F
        if per_price is not None:
            self.venue.expose(-flow * self.world.factors.leverage / per_price, moved=MAIN, by=FUNDS)
            listed = {option.name for option in self.world.options} - set(self.world.answering_options)
            for name, move in self.world.moving_vol.items():
                if name != self.venue.name and name not in listed:  # where nobody hedges, no loop closes
                    self.venue.expose(flow * move / per_price, moved=name, by=FUNDS)
