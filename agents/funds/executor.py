"""Executors: work a large order off over time, by a schedule."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from agents.base import Agent, Process
from agents.funds.schedules import almgren_chriss, even, obizhaeva_wang
from agents.intervals import Interval, check_interval
from markets.accounts import INVESTORS
from sim.dataclass import dataclass
from sim.params import param
from sim.phases import Phase

if TYPE_CHECKING:
    from agents.cast import Cast
    from agents.world import TradingWorld
    from sim.place import Place

Vector = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Executor(Agent):
    """Buys or sells a large order in equally spaced trades, from the start or from a day on.

    A seller takes over the units at mid at the start. P&L at the end is minus the order's implementation shortfall. An
    unfilled remainder is added to the next trade. Schedules: `even`; `almgren_chriss` (2001), from the venue's own
    impact and the asset's vol; `obizhaeva_wang` (2013), from the venue's resilience.
    """

    role: ClassVar[str] = "executor"
    venue: str = param("asset", help="where it trades: an asset, swaps or bonds")
    quantity: float = param(
        unit="units, or $ notional of swaps", help="signed order; negative: it sells", against="the venue's depth"
    )
    schedule: Literal["even", "almgren_chriss", "obizhaeva_wang"] = param("even", help="how the order is split")
    trades: int = param(13, help="number of trades", gt=0, le=1_000_000)
    interval: str = param("tick", help="time between trades: '30m', '2h', '1d', or 'tick'")
    begins: date | None = param(None, help="trading day of the first trade (default: the first tick)")
    risk_aversion: float = param(1e-6, unit="1/$", help="price of variance (almgren_chriss)", ge=0, against="the order")

    def check(self, cast: Cast, at: Place) -> None:
        """Its venue must be traded, its interval valid, its order not zero."""
        cast.check_venue(self.venue, at.at("venue"))
        check_interval(self.interval, at.at("interval"))
        if self.begins is not None and not cast.start <= self.begins <= cast.end:
            remedy = f"choose a day from {cast.start} to {cast.end}"
            raise at.at("begins").error("must lie within the story", value=str(self.begins), remedy=remedy)
        if self.quantity == 0:
            raise at.at("quantity").error("must not be 0", remedy="> 0 buys, < 0 sells")

    def live(self, world: TradingWorld) -> Process:
        yield from _Execution(self, world).run()


class _Execution:
    """State of one executor in one world."""

    def __init__(self, agent: Executor, world: TradingWorld) -> None:
        self.agent, self.world = agent, world
        self.venue = world.venue(agent.venue)
        self.interval = Interval(agent.interval)
        self.shares = self._shares()
        if agent.quantity < 0:
            self.venue.hand_over(INVESTORS, agent.name, world.full(-agent.quantity))

    def run(self) -> Process:
        """Trade at the first tick of its time and at every interval; the last trade is for all that is left."""
        world, agent = self.world, self.agent
        left, last_look, trade = world.full(agent.quantity), 0, 0
        owed = world.full(0.0)  # unfilled so far
        while left.any():
            yield world.tick(Phase.TRADE)
            tick = world.tick_index
            early = agent.begins is not None and world.clock.session_dates[world.clock.day[tick]] < agent.begins
            if early or (trade and not self.interval.due(world.clock, tick, last_look)):
                continue
            last_look = tick
            wanted = left if trade >= agent.trades - 1 else agent.quantity * self.shares[trade] + owed
            wanted = np.where(left != 0, wanted, 0.0)  # finished paths trade no more while others go on
            fill = yield self.venue.trade(agent, wanted)
            owed = fill.unfilled
            left = left - fill.quantity
            left = np.where(np.abs(left) < 1e-9 * abs(agent.quantity), 0.0, left)
            trade += 1

    def _shares(self) -> Vector:
        agent, world = self.agent, self.world
        a_year = world.clock.days_a_year
        days = self.interval.years(world.clock) * a_year
        if agent.schedule == "even":
            return even(agent.trades)
        if agent.schedule == "obizhaeva_wang":
            return obizhaeva_wang(agent.trades, step=days, resilience=self.venue.spec.resilience)
        return almgren_chriss(
            agent.trades,
            step=days,
            risk_aversion=agent.risk_aversion,
            sigma=self._sigma() / np.sqrt(a_year),
            cost=self._cost_per_square() * days,
        )

    def _sigma(self) -> float:
        """$ per unit per square root of a trading year, at the start, when all paths are alike."""
        return float(self._unit() * self.venue.listing.vol()[0])

    def _unit(self) -> float:
        """$ that one unit costs more where the price, or the rate, is 1.00 worse, at the start."""
        listing = self.venue.listing
        return float((listing.unit_notional * listing.cost_per_notional())[0])

    def _cost_per_square(self) -> float:
        """$ a trade costs per square unit beyond its lasting impact: (slope - permanent / 2) x the move of a unit."""
        spec = self.venue.spec
        move = spec.impact * float(self.venue.listing.unit_notional[0] * self._unit()) / spec.depth
        return max(spec.slope - 0.5 * spec.permanent_share, 1e-12) * move
