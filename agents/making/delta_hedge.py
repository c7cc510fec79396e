"""The hedge of the delta of options that somebody holds, in the asset, by a policy."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.desk.options_held import OptionsHeld, options_held
from agents.intervals import Interval
from agents.policies import Never, Policy, Situation
from agents.watching.answers import desired, vol_multiplier
from markets.factors.key import MAIN, OVERNIGHT, FactorKey
from markets.kernels.hedging import GAMMA_FLOW, VANNA_FLOW, answered, discounts, flow_by_vol, flows
from markets.venues.loop_gain import CURVATURE, VANNA
from sim.memo import Memo
from sim.vectors import some, total

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents.world import Participant, TradingWorld
    from markets.venues.order import Fill

Vector = NDArray[np.float64]


class DeltaHedge:
    """State of the hedge of one account in one world."""

    def __init__(
        self, agent: Participant, policy: Policy, venues: Sequence[str], world: TradingWorld, asset: str = MAIN
    ) -> None:
        """venues: at which it trades options on the asset, whose moves its hedge answers."""
        self.asset, self.spot, self.vol = asset, FactorKey("spot", asset), FactorKey("vol", asset)
        self.agent, self.policy, self.venues, self.world = agent, policy, venues, world
        self.name = agent.name
        self.interval = Interval(policy.interval)
        self.interval_years = self.interval.years(world.clock)
        self.desired, self.vol_multiplier = desired(policy, world), vol_multiplier(policy, world)
        self.last_look, self.last_spot = 0, self._spot_now.copy()
        self.unfilled = np.zeros(world.paths, dtype=bool)
        self._names: Memo[tuple[str, ...]] = Memo()
        self._one, self._nobody = world.full(1.0), np.zeros(world.paths, dtype=bool)

    def look(self) -> None:
        """In TRADE of a tick: say what the hedge would trade, and trade the asset towards what the policy wants."""
        world = self.world
        if isinstance(self.policy, Never):
            return
        options = options_held(world, self.name, asset=self.asset)
        self._expose(options)
        due = self.interval.due(world.clock, world.tick_index, self.last_look)
        if due:
            self.last_look = world.tick_index
        if not options or not (due or self.unfilled.any()):
            return
        held = world.ledger.balance(self.name, self.asset)
        order = self.desired(self._situation(due, held, options)) - held
        order = order if due else np.where(self.unfilled, order, 0.0)
        self.unfilled = self._nobody
        if some(order):
            world.when(world.venue(self.asset).trade(self.agent, order), self._answered)

    @property
    def _spot_now(self) -> Vector:
        """Of the asset, (paths,) $."""
        return self.world.factors.snapshot.row(self.spot)

    def _answered(self, fill: Fill) -> None:
        left, last_spot = np.empty(self.world.paths, dtype=bool), np.empty(self.world.paths)
        answered(fill.ordered, fill.quantity, self._spot_now, self.last_spot, left, last_spot)
        self.unfilled, self.last_spot = left, last_spot

    def _situation(self, due: bool, held: Vector, options: OptionsHeld) -> Situation:
        """The policy's `Situation`: the book is what the maker holds in options."""
        world, clock = self.world, self.world.clock
        factors, vol = world.factors, self.policy.hedge_vol
        own = None if vol is None else factors.snapshot.with_rows({self.vol: world.full(vol)})
        seen = own or factors.snapshot
        years = max(min(option.years() for option, _ in options.positions), 0.0)
        at = Situation(
            tick=factors.tick,
            due=due,
            spot=seen.row(self.spot),
            last_spot=self.last_spot,
            target=-np.asarray(options.sum("delta", own)),
            position=held,
            gamma=lambda: np.asarray(options.sum("gamma", own)),
            vol=seen.row(self.vol),
            half_spread=world.venue(self.asset).half_spread,
            discount=lambda: self._discount(years),
            gross_units=lambda: total(np.abs(units) * option.gross_units for option, units in options.positions),
            years=float(clock.variance_years[factors.tick]),
            expiry_years=years,
            interval_years=self.interval_years,
        )
        multiplier = self.vol_multiplier(at)
        if multiplier is None:
            return at
        stretched = seen.with_rows({self.vol: seen.row(self.vol) * multiplier})
        return at.but(target=-np.asarray(options.sum("delta", stretched)))

    def _moving(self) -> tuple[str, ...]:
        """Venues of options on its asset, its own and those at which desks hedge, whose trades move the vol."""
        world, others = self.world, tuple(self.world.answering_on(self.asset))
        found: tuple[str, ...] = self._names.get(
            lambda: tuple(name for name in sorted({*self.venues, *others}) if world.venue(name).moves), *others
        )
        return found

    def _discount(self, years: float) -> Vector:
        """Discount factor at the overnight rate, (paths,)."""
        overnight = self.world.factors.snapshot.row(OVERNIGHT)
        factor = np.empty_like(overnight)
        discounts(overnight, years, factor)
        return factor

    def _expose(self, options: OptionsHeld) -> None:
        """Tell the asset's venue what a move of spot, or of vol, makes the hedge trade, (paths,) $."""
        world, asset = self.world, self.world.venue(self.asset)
        if not asset.moves or not options:
            return
        factors, out = world.factors, np.empty((2, world.paths))
        gamma, vanna = np.asarray(options.sum("gamma")), np.asarray(options.sum("vanna"))
        elasticity, base = factors.vol_answer(self.asset)
        flows(self._one, self._nobody, self._spot_now, gamma, vanna, elasticity, out)
        asset.expose(out[GAMMA_FLOW], moved=self.asset, by=CURVATURE)
        asset.expose(out[VANNA_FLOW], moved=self.asset, by=VANNA)
        by_vol = np.empty(world.paths)
        flow_by_vol(vanna, self._spot_now, base, by_vol)
        asset.expose(by_vol, moved=self._moving(), by=CURVATURE)
        for name, move in self._futures.items():
            asset.expose(move * base * by_vol, moved=name, by=CURVATURE)

    @cached_property
    def _futures(self) -> dict[str, float]:
        """What else moves its vol, as `MarketWorld.moving` says: futures on it."""
        world = self.world
        return {name: move for name, move in world.moving(self.vol).items() if name not in world.option_numbers}
