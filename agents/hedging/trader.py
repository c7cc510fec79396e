"""The trader of a hedging desk: looks, decides by the desk's policy, and sends orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.hedging.asset_hedge import AssetHedge
from agents.hedging.blotter import Blotter
from agents.hedging.exposure import Exposure
from agents.hedging.leg_orders import LegOrders
from agents.intervals import Interval
from agents.policies import Never
from markets.accounts import INVESTORS
from markets.factors.key import MAIN
from sim.phases import Phase
from sim.vectors import marked, read_only

if TYPE_CHECKING:
    from agents.base import Process
    from agents.desk.desk import Desk
    from agents.desk.leg_hedge import Units
    from agents.hedging.blotter import Orders
    from agents.policies import Policy
    from agents.world import Participant, TradingWorld

Vector = NDArray[np.float64]


class Trader:
    """State of one hedger in one world."""

    def __init__(self, agent: Participant, world: TradingWorld, policy: Policy, *, rates: bool, latency: int) -> None:
        """rates: whether rates are hedged. latency: seconds from seeing the price to an order's arrival."""
        self.agent, self.world, self.policy = agent, world, policy
        self.desk: Desk = world.desks[agent.name]
        self.hedges_rates, passive = rates, isinstance(policy, Never)
        desk, legs = self.desk, self.desk.legs
        further = (legs.options, legs.vega, legs.credit)
        self.has_legs = desk.book.has_rates or any(leg is not None for leg in further)  # besides assets
        self.blotter = Blotter(agent, world, legs.assets, latency)
        self.assets = {name: AssetHedge(policy, world, desk, name, self.blotter) for name in legs.assets}
        self.leg_orders = LegOrders(desk, self.blotter, rates=rates)
        # None: nothing that it trades may move a price, of which somebody reads, so it closes no loop
        exposes = self.has_legs or any(world.venue(name).reactions.wanted for name in legs.assets)
        self.exposure = Exposure(world, desk, rates=rates) if exposes and not passive else None
        if not passive:
            self._take_over_hedge()

    def _take_over_hedge(self) -> None:
        """Start with the position that the policy wants from neutral; the hedge comes from outside investors at mid.

        So a policy that only decides whether to move begins neutral, and one with a target of its own begins at that
        target.
        """
        legs = self.desk.legs
        kept = legs.kept_options  # bought in the market
        self._take_over({name: unit - kept.get(name, 0.0) for name, unit in legs.neutral_options().items()})
        for asset, hedge in self.assets.items():
            neutral = hedge.situation(True, hedge.held(), options=hedge.options())
            desired = hedge.desired(neutral.but(position=neutral.target))
            desired = read_only(desired.view())  # as a maker's balance is: else the kernel is compiled twice
            self.world.venue(asset).hand_over(INVESTORS, self.agent.name, desired)
        self._take_over(legs.neutral_credit())
        if self.hedges_rates:
            self._take_over(legs.neutral_vega() | legs.neutral_rates())

    def _take_over(self, units: Units) -> None:
        """units: by venue, against one unit of scale."""
        for name, unit in units.items():
            self.world.venue(name).hand_over(INVESTORS, self.agent.name, self.desk.scale * unit)

    def run(self) -> Process:
        """Look, decide and send at every tick."""
        world, desk, blotter, exposure, main = self.world, self.desk, self.blotter, self.exposure, self.assets[MAIN]
        dues = Interval(self.policy.interval).dues(world.clock)
        while True:
            yield world.tick(Phase.TRADE)
            if exposure is not None:
                exposure.tell(main.own_market())
            due = dues[world.tick_index]
            if not due and not any(map(marked, (*blotter.unfilled.values(), desk.forced, desk.liquidated))):
                continue
            blotter.send(self._orders(due))

    def _orders(self, due: bool) -> Orders:
        """Orders by venue: the policy's, then those of a forced reduction."""
        if not self.has_legs:
            return {name: hedge.order(due) for name, hedge in self.assets.items()}
        options = self.leg_orders.options(due)
        coming = self.leg_orders.coming(options)
        own = {name: hedge.order(due, coming) for name, hedge in self.assets.items()}
        return {**own, **options, **self.leg_orders.rates_and_credit(due, options)}
