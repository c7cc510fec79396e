"""Hedgers: desks that own a client book and hedge it by a policy."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from agents.base import Agent, Process
from agents.desk.counterparty_terms import CounterpartyTerms
from agents.desk.hedge_leg import CreditLeg, OptionLeg, RatesLeg, VegaLeg
from agents.desk.leg_hedge import CreditHedge, RatesHedge, VegaHedge
from agents.desk.option_hedge import OptionHedge
from agents.desk.options_held import NONE_HELD
from agents.hedging.asset_hedge import AssetHedge
from agents.hedging.exposure import expose
from agents.hedging.positions import Position
from agents.hedging.seat import ORDERS, ordered
from agents.intervals import Interval, check_interval
from agents.policies import Every, Never, Policy
from markets.accounts import INVESTORS
from markets.factors.key import MAIN
from markets.kernels.hedging import answered, leg_order
from markets.plausible import SECONDS
from sim.dataclass import dataclass
from sim.nearest import nearest
from sim.params import param
from sim.phases import Phase
from sim.vectors import marked, read_only, some

if TYPE_CHECKING:
    from agents.cast import Cast
    from agents.desk.desk import Desk
    from agents.desk.leg_hedge import LegHedge, OpenRisk, Units
    from agents.world import TradingWorld
    from markets.venues.order import Demand, Fill
    from sim.place import Place

    Orders = dict[str, NDArray[np.float64] | Demand]  # by venue

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Hedger(Agent):
    """A desk that is short client options (or holds swaps) and hedges delta and DV01 at the venues.

    It starts with the hedge that its policy wants, taken over from outside investors at mid. Afterwards it looks at
    every interval of its policy; an unfilled remainder is tried again at the next tick.
    """

    role: ClassVar[str] = "hedger"
    capital: float = param(
        3e9, unit="$", help="cash at the start, besides the book's premium", gt=0, against="its book"
    )
    book: tuple[Position, ...] = param((), help="client positions", longest=100_000)
    policy: Policy = param(factory=Every, help="hedging policy")
    latency_seconds: int = param(
        0, unit="s", help="from seeing the price to the order's arrival", ge=0, le=10**9, plausible=SECONDS
    )
    hedge_rates: bool = param(True, help="hedge the DV01 of swaps at the swap venues by the same policy's timing")
    rates_leg: RatesLeg | None = param(
        None, help="with what and how closely rates are hedged; none: with par swaps, exactly at their nodes"
    )
    vega_leg: VegaLeg | None = param(None, help="straddles against the vega of options on rates; none: it stays open")
    credit_leg: CreditLeg | None = param(
        None, help="credit default swaps against the risk of names; none: it stays open", sparse=True
    )
    option_leg: OptionLeg | None = param(
        None, help="options on the asset against the book's vega and gamma; none: they stay open", sparse=True
    )

    counterparty: CounterpartyTerms | None = param(
        None,
        help="whom the whole book is with, where its credit counts; none: the book is sure",
        sparse=True,
    )

    funding_name: str = param(
        "",
        help="the one of `market.credits` whose spread it borrows at (default: the market's credit spread)",
        longest=40,
        sparse=True,
    )

    def check(self, cast: Cast, at: Place) -> None:
        """Its policy's interval and all positions of its book must be valid."""
        check_interval(self.policy.interval, at.at("policy", "interval"))
        self.policy.check(at.at("policy"))
        if self.rates_leg is not None:
            self.rates_leg.check(cast.rates_venues, cast.nodes, at.at("rates_leg"))
        if self.vega_leg is not None:
            self.vega_leg.check(cast.straddles, at.at("vega_leg"))
        if self.credit_leg is not None:
            self.credit_leg.check(cast.credits, at.at("credit_leg"))
        if self.funding_name and self.funding_name not in cast.names:
            names = list(cast.names)
            remedy = nearest(self.funding_name, names) if names else f"quote it in [market.credits.{self.funding_name}]"
            raise at.at("funding_name").error("no such name", value=self.funding_name, remedy=remedy)
        if self.counterparty is not None:
            self.counterparty.check(cast.names, at.at("counterparty"))
        if self.option_leg is not None:
            on = dict.fromkeys(cast.options, MAIN) | dict(cast.other_options)
            self.option_leg.check(on, at.at("option_leg"))
        elif self.policy.option_share is not None:
            share, remedy = self.policy.option_share, "add an option_leg, or leave the share out"
            raise at.at("policy", "option_share").error("the desk has no option leg", value=share, remedy=remedy)
        for i, position in enumerate(self.book):
            position.check(cast.start, at.at("book", i), cast.with_vol)

    def live(self, world: TradingWorld) -> Process:
        seated = self.name in world.seats
        yield from (_Seated if seated else _Hedging)(self, world).run()


class _Hedging:
    """State of one hedger in one world."""

    def __init__(self, agent: Hedger, world: TradingWorld) -> None:
        self.agent, self.world = agent, world
        self.desk: Desk = world.desks[agent.name]
        self.passive = isinstance(agent.policy, Never)
        self.in_flight: dict[str, Vector] = {}  # by venue: sent and not yet filled
        self.unfilled: dict[str, Mask] = {}  # by venue: paths on which the last order was not filled in full
        self.everywhere, self.nowhere = np.ones(world.paths, dtype=bool), np.zeros(world.paths, dtype=bool)
        self.hedges_rates = agent.hedge_rates and not self.passive
        if agent.rates_leg is not None:
            self.desk.rates_hedge = RatesHedge(agent.rates_leg, world)
        if agent.vega_leg is not None and self.hedges_rates:
            self.desk.vega_hedge = VegaHedge(agent.vega_leg, world)
        if agent.credit_leg is not None and not self.passive:
            self.desk.credit_hedge = CreditHedge(agent.credit_leg, world, self.desk.needs)
        if agent.option_leg is not None:
            share = 0.0 if self.passive else agent.policy.option_share
            self.desk.hedge_options(OptionHedge(agent.option_leg, world, share))
        late = agent.latency_seconds > 0
        desk, names = self.desk, self.desk.assets
        legs = (desk.option_hedge, desk.vega_hedge, desk.credit_hedge)
        self.has_legs = desk.book.has_rates or any(leg is not None for leg in legs)  # besides assets
        # whether anything that it trades may move a price, of which somebody reads: else it closes no loop
        self.loops = not self.passive and (self.has_legs or any(world.venue(name).exposes for name in names))
        self.assets = {name: AssetHedge(agent.policy, world, self.desk, name, late=late) for name in names}
        if not self.passive:
            self._take_over_hedge()

    def run(self) -> Process:
        """Look, decide and send at every tick."""
        world, dues = self.world, Interval(self.agent.policy.interval).dues(self.world.clock)
        while True:
            yield world.tick(Phase.TRADE)
            if self.loops:
                self._expose()
            due = dues[world.tick_index]
            if not due and not any(map(marked, (*self.unfilled.values(), self.desk.forced, self.desk.liquidated))):
                continue
            orders = {name: order for name, order in self._orders(due).items() if callable(order) or some(order)}
            self.unfilled = {}  # the new orders include all remainders
            world.when(world.soon(orders), self._send)

    def _send(self, orders: Orders) -> None:
        """Send the orders after all agents have looked: now, or after the desk's latency."""
        latency = self.agent.latency_seconds
        if not latency:
            self._arrive(orders)
            return
        for name, order in orders.items():
            if not callable(order):
                self.in_flight[name] = self._under_way(name) + order
        self.world.when(self.world.after(latency, Phase.TRADE), lambda _: self._arrive(orders))

    def _arrive(self, orders: Orders) -> None:
        world = self.world
        for name, order in orders.items():
            world.when(world.venue(name).trade(self.agent, order), partial(self._answered, name, order))

    def _answered(self, name: str, order: Vector | Demand, fill: Fill) -> None:
        """Take a venue's fill of an order."""
        world = self.world
        if name in self.in_flight and not callable(order):
            self.in_flight[name] = self.in_flight[name] - order
        hedge = self.assets.get(name)
        if fill.in_full:
            left = self.nowhere
            if hedge is not None:
                hedge.last_spot = hedge.price
        else:
            seen = hedge or self.assets[MAIN]
            left, last_spot = np.empty(world.paths, dtype=bool), np.empty(world.paths)
            answered(fill.ordered, fill.quantity, seen.price, seen.last_spot, left, last_spot)
            if hedge is not None:
                hedge.last_spot = last_spot
        self.unfilled[name] = self.unfilled[name] | left if name in self.unfilled else left

    def _looks(self, due: bool, venue: str) -> Mask:
        """Paths on which the desk looks now: all if its interval is over, else those with a remainder."""
        return self.everywhere if due else self.unfilled.get(venue, self.nowhere)

    def _under_way(self, venue: str) -> Vector:
        return self.in_flight.get(venue, np.zeros(self.world.paths))

    def _with_under_way(self, venue: str, units: Vector) -> Vector:
        """Units with those that are sent there and not yet filled, (paths,). Read-only: often the very same."""
        sent = self.in_flight.get(venue)
        return units if sent is None else units + sent

    # --- assets ----------------------------------------------------------------------------------------------------
    def _held(self, asset: str) -> Vector:
        """Units held and ordered, (paths,). Read-only, and valid until the next trade."""
        held = self.world.ledger.balance(self.agent.name, asset)
        if asset in self.in_flight:
            held = held + self.in_flight[asset]
            held.flags.writeable = False
        return held

    def _orders(self, due: bool) -> Orders:
        """Orders by venue: the policy's, then those of a forced reduction."""
        options = self._option_orders(due) if self.has_legs else {}
        coming, listed = self._coming(options) if options else {}, bool(self.world.options)
        own: Orders = {}
        for name, each in self.assets.items():
            held = each.options(coming) if listed else NONE_HELD
            own[name] = each.order(due, self._looks(due, name), self._held(name), held)
        return {**own, **options, **self._rate_orders(due, options)} if self.has_legs else own

    def _coming(self, orders: dict[str, Vector]) -> dict[str, Vector]:
        """Units under way and ordered now, by venue."""
        return {name: self._with_under_way(name, order) for name, order in orders.items()}

    # --- options on the asset --------------------------------------------------------------------------------------
    def _option_orders(self, due: bool) -> dict[str, Vector]:
        """Options against vega and gamma, and those that are always held."""
        hedge, desk = self.desk.option_hedge, self.desk
        if hedge is None:
            return {}
        return self._leg_orders(due, hedge, desk.neutral_options(), hedge.open_risk(desk.risk()), trades=True)

    # --- rates -----------------------------------------------------------------------------------------------------
    def _rate_orders(self, due: bool, options: dict[str, Vector]) -> dict[str, Vector]:
        """Straddles against vega, then swaps, bonds and futures against the rates risk of the book with them.

        options: orders of options on the asset, which have rates risk, too.
        """
        desk, venue = self.desk, self.world.venue
        credit = self._credit_orders(due)
        if not desk.book.has_rates and desk.vega_hedge is None:
            return credit
        rates, straddles = desk.rates_hedge, dict[str, Vector]()
        if desk.vega_hedge is not None:
            straddles = self._leg_orders(due, desk.vega_hedge, desk.neutral_vega(), desk.open_risk({}))
        if not desk.book.has_rates:
            return credit | straddles
        coming = self._coming(straddles | options)
        held = {name: venue(name).held(self.agent.name) + units for name, units in coming.items()}
        some, scale = desk.scale > 0, np.where(desk.scale > 0, desk.scale, 1.0)
        unit = {name: np.where(some, units / scale, 0.0) for name, units in held.items()}
        neutral = desk.neutral_rates(straddles=unit)
        return credit | straddles | (self._leg_orders(due, rates, neutral, desk.open_risk(unit)) if neutral else {})

    def _credit_orders(self, due: bool) -> dict[str, Vector]:
        """Protection against the risk of names."""
        leg = self.desk.credit_hedge
        if leg is None:
            return {}
        return self._leg_orders(due, leg, self.desk.neutral_credit(), self.desk.open_risk({}), trades=True)

    def _leg_orders(
        self, due: bool, leg: LegHedge, unit: Units, risk: OpenRisk, *, trades: bool | None = None
    ) -> dict[str, Vector]:
        """Orders of one leg by venue. unit: what neutralises one unit of scale. risk: of one, without the leg.

        trades: whether it trades at all; by default whether rates are hedged.
        """
        if not unit:
            return {}
        desk, orders = self.desk, {}
        target = {name: desk.scale * units for name, units in unit.items()}
        held = {name: self._with_under_way(name, self.world.venue(name).held(self.agent.name)) for name in target}
        wanted = leg.wanted(target, held, risk, desk.scale)
        hedges = self.hedges_rates if trades is None else trades
        for name, position in held.items():
            looks, order = self._looks(due, name) if hedges else self.nowhere, np.empty(self.world.paths)
            leg_order(wanted[name], target[name], position, looks, desk.forced, desk.liquidated, order)
            orders[name] = order
        return orders

    # --- start and exposure ----------------------------------------------------------------------------------------
    def _take_over_hedge(self) -> None:
        """Start with the position that the policy wants from neutral; the hedge comes from outside investors at mid.

        So a policy that only decides whether to move begins neutral, and one with a target of its own begins at that
        target.
        """
        for name, unit in self.desk.neutral_options().items():  # what is kept is bought in the market
            kept = self.desk.kept_options.get(name, 0.0)
            self.world.venue(name).hand_over(INVESTORS, self.agent.name, self.desk.scale * (unit - kept))
        for asset, hedge in self.assets.items():
            neutral = hedge.situation(True, self._held(asset), options=hedge.options())
            desired = hedge.desired(neutral.but(position=neutral.target))
            desired = read_only(desired.view())  # as a maker's balance is: else the kernel is compiled twice
            self.world.venue(asset).hand_over(INVESTORS, self.agent.name, desired)
        for name, unit in self.desk.neutral_credit().items():
            self.world.venue(name).hand_over(INVESTORS, self.agent.name, self.desk.scale * unit)
        if self.hedges_rates:
            for name, unit in (self.desk.neutral_vega() | self.desk.neutral_rates()).items():
                self.world.venue(name).hand_over(INVESTORS, self.agent.name, self.desk.scale * unit)

    def _expose(self) -> None:
        own, world = self.assets[MAIN].own_market(), self.world
        expose(self.desk, own, rates=self.hedges_rates, others=world.answering_options if world.options else ())


class _Seated(_Hedging):
    """A desk whose orders come from outside: it begins as its policy would, and lenders reduce it as they do others."""

    def run(self) -> Process:
        """Send what is ordered at every tick, once; a remainder that is not filled lapses."""
        world, seat, name = self.world, self.world.seats[self.agent.name], self.agent.name
        while True:
            yield world.tick(Phase.TRADE)
            given = seat.orders(world.tick_index)
            for venue, units in given.items():
                kept = {"tick": world.tick_index, "seat": name, "venue": venue, "units": units}
                world.log.add(ORDERS.name, world.now, units != 0, **kept)
            sent = ordered(self.desk, given, self._holding, together=self._together)
            orders = {venue: order for venue, order in sent.items() if callable(order) or some(order)}
            world.when(world.soon(orders), self._send)

    def _answered(self, name: str, order: Vector | Demand, fill: Fill) -> None:
        super()._answered(name, order, fill)
        self.world.seats[self.agent.name].filled(self.world.tick_index, name, fill)

    @property
    def _together(self) -> set[str]:
        """Assets in which an order depends on the price that results from it."""
        return {name for name, hedge in self.assets.items() if hedge.together}

    def _holding(self, venue: str) -> Vector:
        return self.world.venue(venue).held(self.agent.name) + self._under_way(venue)
