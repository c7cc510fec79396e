"""Option makers: quote options on the asset, keep what they sell, and hedge its delta in the asset."""

from __future__ import annotations

from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from agents.base import Agent, Process
from agents.desk.options_held import OptionsHeld, options_held
from agents.intervals import check_interval
from agents.making.delta_hedge import DeltaHedge
from agents.making.half_life import passed_on_by_tick
from agents.making.quote_record import QuoteRecord, depth_share
from agents.making.standing import Standing
from agents.policies import Every, Policy
from markets.accounts import INVESTORS
from markets.factors.key import MAIN
from markets.kernels.quoting import limits_used, option_quote
from markets.kernels.trading import DEPTH, HALF_SPREAD, QUOTE_ROWS, SKEW
from markets.plausible import DAYS, FACTOR, HOURS, MULTIPLE
from markets.venues.quote import Quote
from markets.venues.stance import Stance
from sim.dataclass import dataclass
from sim.named_tuple import NamedTuple
from sim.nearest import nearest
from sim.params import param
from sim.phases import Phase
from sim.vectors import some

if TYPE_CHECKING:
    from agents.cast import Cast
    from agents.world import TradingWorld
    from markets.factors.snapshot import Snapshot
    from markets.factors.underlying import Underlying
    from markets.venues.venue import Venue
    from sim.place import Place

Vector = NDArray[np.float64]
VOL_POINT, PERCENT = 0.01, 0.01


@dataclass(frozen=True, kw_only=True)
class OptionMaker(Agent):
    """Quotes options within limits of vega and gamma, carries what it sells, and hedges its delta in their asset.

    Half-spread x (1 + `widening` u), depth x (1 - u), both sides shifted by `inventory_skew` u half-spreads against the
    inventory; u is the larger of |vega| / `vega_limit` and |gamma| / `gamma_limit`, at most 1.
    """

    role: ClassVar[str] = "market_maker"
    capital: float = param(1e9, unit="$", help="cash at the start", gt=0, against="the venues' depth")
    venues: tuple[str, ...] = param(help="venues of options on one asset that it quotes")
    depth_share: float = param(1.0, help="weight of its share of each venue's depth", gt=0, plausible=MULTIPLE)
    vega_limit: float = param(
        2e7, unit="$ per vol point", help="vega at which it shows no more depth", gt=0, plausible=(1.0, 1e11)
    )
    gamma_limit: float = param(
        2e9, unit="$ per 1 % of spot", help="gamma at which it shows no more depth", gt=0, plausible=(1.0, 1e13)
    )
    inventory_skew: float = param(
        1.0, unit="half-spreads", help="shift of both quotes against inventory at a limit", ge=0, plausible=FACTOR
    )
    widening: float = param(
        1.0, unit="half-spreads", help="added to the half-spread at a limit", ge=0, plausible=FACTOR
    )
    inventory_half_life: float | None = param(
        None,
        unit="trading hours",
        help="options are passed on to outside investors at mid (default: it keeps them)",
        gt=0,
        plausible=HOURS,
    )
    drawdown_limit: float = param(
        0.25, unit="share of capital", help="loss from the peak at which it withdraws", gt=0, plausible=(1e-9, 1.0)
    )
    recapitalise_days: int = param(
        5, unit="trading days", help="how long it stays away", gt=0, le=100_000, plausible=DAYS
    )
    policy: Policy = param(factory=Every, help="by which it hedges the delta of what it holds")

    def check(self, cast: Cast, at: Place) -> None:
        """Its venues trade options on the asset, and its policy has an interval and no option leg."""
        check_interval(self.policy.interval, at.at("policy", "interval"))
        if not self.venues:
            raise at.at("venues").error("an option maker needs a venue of options", value=[])
        on = dict.fromkeys(cast.options, MAIN) | dict(cast.other_options)
        for i, name in enumerate(self.venues):
            if name not in on:
                rule = "no such venue of options on the asset"
                raise at.at("venues", i).error(rule, value=name, remedy=nearest(name, list(on)))
            if on[name] != on[self.venues[0]]:
                rule = f"an option maker hedges in one asset, and {self.venues[0]} is on {on[self.venues[0]]}"
                raise at.at("venues", i).error(rule, value=name, remedy=f"give {on[name]} a maker of its own")
        if self.policy.option_share is not None:
            rule = "an option maker hedges in the asset alone"
            raise at.at("policy", "option_share").error(rule, value=self.policy.option_share, remedy="leave it out")

    def live(self, world: TradingWorld) -> Process:
        yield from _Making(self, world).run()


class Use(NamedTuple):
    """Of the limits, (paths,) each."""

    size: Vector  # share, in [0, 1]
    signed: Vector  # the same, below zero for a short position


class _Making:
    """State of one option maker in one world."""

    def __init__(self, agent: OptionMaker, world: TradingWorld) -> None:
        self.agent, self.world = agent, world
        self.venues = [world.venue(name) for name in agent.venues]
        self.share = {name: depth_share(world, agent, name) for name in agent.venues}
        self.standing = Standing(agent, world)
        self.passed_on = passed_on_by_tick(world.clock, agent.inventory_half_life or inf)
        listing: Any = self.venues[0].listing
        self.underlying: Underlying = listing.underlying
        self.hedge = DeltaHedge(agent, agent.policy, agent.venues, world, self.underlying.name)
        self.stance = Stance(world, world.full(1.0))
        for venue in self.venues:
            venue.quotes.attend(self.stance)
        self.quotes = {venue.name: partial(self._quoted, venue) for venue in self.venues}
        self.stale = self.venues.copy()  # where it must post: at first, and where its quote has been read
        self.used: _Once

    def run(self) -> Process:
        """Quote, then hedge, at every tick."""
        world, record = self.world, QuoteRecord(self.world, self.agent.name, self.venues)
        while True:
            yield world.tick(Phase.QUOTE)
            self._pass_on_inventory()
            self._quote()
            if record.shows:
                record.write()
            yield world.tick(Phase.TRADE)
            self.hedge.look()

    # --- quotes ----------------------------------------------------------------------------------------------------
    def _pass_on_inventory(self) -> None:
        """Outside investors take over options at mid, half of them every `inventory_half_life`; at first none."""
        share = self.passed_on[self.world.tick_index]
        if not share:
            return
        for venue in self.venues:
            if venue.reached(self.agent.name) and some(held := venue.held(self.agent.name)):
                venue.hand_over(self.agent.name, INVESTORS, held, share)

    def _quote(self) -> None:
        """Post a quote at every venue: its terms are of now, but it is computed when it is read.

        What it needs of the inventory is computed when the first of them is read.
        """
        world = self.world
        self.stance.take(self.standing.withdraw_or_return(int(world.clock.day[world.tick_index])))
        held = options_held(world, self.agent.name, asset=self.underlying.name)
        kept = OptionsHeld([(option, units.copy()) for option, units in held.positions])
        self.used = _Once(partial(self._use, kept, world.factors.snapshot))
        stale, self.stale = self.stale, []
        for venue in stale:
            venue.quotes.replace(self.agent.name, self.quotes[venue.name])

    def _quoted(self, venue: Venue) -> Quote:
        """The rule's spread and depth when it was posted, by the use of the limits."""
        self.stale.append(venue)
        agent, feedback, able, use = self.agent, self.world.feedback, self.stance.able, self.used()
        half_spread, depth = venue.quotes.rule_of(self.stance).read()
        spread_loop, depth_loop = min(feedback.spread, 1.0), min(feedback.depth, 1.0)
        levels = np.empty((QUOTE_ROWS, self.world.paths))
        wider, lean = spread_loop * agent.widening, -spread_loop * agent.inventory_skew
        option_quote(half_spread, depth, able, *use, wider, lean, self.share[venue.name], depth_loop, levels)
        return Quote(levels[HALF_SPREAD], levels[SKEW], levels[DEPTH])

    def _use(self, held: OptionsHeld, market: Snapshot) -> Use:
        """Of the limits, in the market when it quoted; price takers leave no trace in quotes."""
        agent, spot = self.agent, market.row(self.underlying.spot)
        if self.world.price_takers or not held:
            return Use(self.world.full(0.0), self.world.full(0.0))
        vega = np.asarray(VOL_POINT * held.sum("own_vega", market))
        gamma = np.asarray(PERCENT * held.sum("gamma", market))
        use = Use(np.empty(self.world.paths), np.empty(self.world.paths))
        limits_used(vega, gamma, spot, agent.vega_limit, agent.gamma_limit, *use)
        return use


class _Once:
    """What a function gives, computed at the first call."""

    def __init__(self, compute: partial[Use]) -> None:
        self._compute = compute
        self._found: Use | None = None

    def __call__(self) -> Use:
        if self._found is None:
            self._found = self._compute()
        return self._found
