"""Funds that hold what a rule says: when they look, how fast they trade, and what that does to loop gain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from agents.base import Process
from agents.funds.price_response import price_at
from agents.intervals import Interval
from markets.accounts import INVESTORS
from markets.venues.loop_gain import FUNDS
from sim.phases import Phase

if TYPE_CHECKING:
    from agents.world import TradingWorld
    from markets.factors.key import FactorKey

Vector = NDArray[np.float64]
Vectors = list[Vector]  # one a venue
BUMP = 1e-5  # displacement of a price


class PositionRule(Protocol):
    """What a fund wants to hold, in $ at each of its venues. Prices and exposures are lists, one (paths,) a venue."""

    def learn(self) -> None:
        """At a close, before its trades: take in the day."""

    def exposure(self, prices: Vectors, equity: Vector) -> Vectors:
        """Wanted now, at these prices and this equity, $."""

    def had_the_day_ended(self, prices: Vectors, equity: Vector) -> Vectors:
        """Wanted if the day ended at these prices, $: what the fund will trade for a move that is still to come."""


class VolRule(Protocol):
    """A rule that follows implied vol at once."""

    @property
    def implied(self) -> FactorKey | None:
        """That vol; None of a rule that does not."""

    def had_vol_moved(self, by: float, prices: Vectors, equity: Vector) -> Vectors:
        """Wanted if the day ended with the ln of that vol higher by so much, $."""


class Account(Protocol):
    """The keys of a fund that follows a rule."""

    @property
    def name(self) -> str: ...
    @property
    def interval(self) -> str: ...
    @property
    def speed(self) -> float: ...


class Follower:
    """State of one fund in one world: it trades the share 1 - (1 - speed)^days of the gap to what its rule wants.

    days: trading days since its last look.
    """

    def __init__(
        self,
        agent: Account,
        world: TradingWorld,
        venues: Sequence[str],
        rule: PositionRule,
        by_vol: VolRule | None = None,
    ) -> None:
        """by_vol: the rule, where it may follow implied vol."""
        self.agent, self.world, self.rule, self.by_vol = agent, world, rule, by_vol
        self.venues = [world.venue(name) for name in venues]
        self.interval = Interval(agent.interval)
        self.last_look = 0
        prices = self._mids()
        for venue, price, wanted in zip(self.venues, prices, rule.exposure(prices, self._equity(prices)), strict=True):
            venue.hand_over(INVESTORS, agent.name, wanted / price)

    def run(self) -> Process:
        """Look, and trade; for ever, from the first tick after the start."""
        world = self.world
        while True:
            yield world.tick(Phase.TRADE)
            self._expose()
            tick = world.tick_index
            if tick == 0:
                continue
            if world.clock.is_close[tick]:
                self.rule.learn()
            if not self.interval.due(world.clock, tick, self.last_look):
                continue
            share, self.last_look = self._share(self.last_look, tick), tick
            sent = [venue.trade(self.agent, self._order(i, share)) for i, venue in enumerate(self.venues)]
            yield world.env.all_of(sent)

    def _share(self, last: int, tick: int) -> float:
        """Share of the gap that it trades, after the look at tick `last`."""
        clock = self.world.clock
        days = float(clock.variance_years[tick] - clock.variance_years[last]) * clock.days_a_year
        return float(1 - (1 - self.agent.speed) ** days)

    def _mids(self) -> Vectors:
        return [venue.mid for venue in self.venues]

    def _equity(self, prices: Vectors) -> Vector:
        """Equity if its venues stood at other prices, (paths,) $; not below 0."""
        name, equity = self.agent.name, self.world.equity_now(self.agent.name)
        for venue, price in zip(self.venues, prices, strict=True):
            equity = equity + venue.held(name) * (price - venue.mid)
        return np.maximum(equity, 0.0)

    def _order(self, i: int, share: float) -> Callable[[Vector], Vector] | Vector:
        """Units to trade at a venue, as a function of the displacement of its price where the venue solves for it."""
        venue = self.venues[i]
        held = venue.held(self.agent.name).copy()

        def order(price: Vector) -> Vector:
            prices = self._with(i, price)
            return share * (self.rule.exposure(prices, self._equity(prices))[i] / price - held)

        return (lambda move: order(price_at(venue, move))) if venue.spec.clearing == "fixed_point" else order(venue.mid)

    def _with(self, i: int, price: Vector) -> Vectors:
        """The prices, with another one at a venue."""
        prices = self._mids()
        prices[i] = price
        return prices

    def _expose(self) -> None:
        """Tell the venues what a rise of each price makes it buy in a day, (paths,) $ per unit of displacement."""
        if not any(venue.moves for venue in self.venues):
            return
        for i, moved in enumerate(self.venues):
            up, down = (self._units_if(i, price_at(moved, self.world.full(by))) for by in (BUMP, -BUMP))
            for venue, more, less in zip(self.venues, up, down, strict=True):
                flow = self.agent.speed * (more - less) / (2 * BUMP) * venue.listing.unit_notional
                venue.expose(flow, moved=moved.name, by=FUNDS)
        if self.by_vol is not None and self.by_vol.implied is not None:
            self._expose_to_vol(self.by_vol, self.world.moving(self.by_vol.implied))

    def _expose_to_vol(self, rule: VolRule, moving: Mapping[str, float]) -> None:
        """The same of a rise at each venue whose trades move implied vol. moving: by how much of its ln."""
        if not moving:
            return
        prices = self._mids()
        equity = self._equity(prices)
        up, down = (rule.had_vol_moved(by, prices, equity) for by in (BUMP, -BUMP))
        for venue, more, less in zip(self.venues, up, down, strict=True):
            flow = self.agent.speed * (more - less) / (2 * BUMP) * (venue.listing.unit_notional / venue.mid)
            for name, move in moving.items():
                venue.expose(move * flow, moved=name, by=FUNDS)

    def _units_if(self, i: int, price: Vector) -> Vectors:
        """Units wanted if the day ended with this price at a venue."""
        prices = self._with(i, price)
        wanted = self.rule.had_the_day_ended(prices, self._equity(prices))
        return [each / at for each, at in zip(wanted, prices, strict=True)]
