"""Venues: makers post, takers send quantities, CLEAR nets, fills and moves the price."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import simpy
from numpy.typing import NDArray

from markets.factors import Impact
from markets.fixed_point import agree

if TYPE_CHECKING:
    from markets.spec import VenueSpec
    from markets.world import MarketWorld

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]

DUST = 1e-4  # $: a smaller order is the rounding of a position, not a decision
INVESTORS = "investors"  # outside investors: who always show a little depth, and who take makers' inventory


class Named(Protocol):
    """Anything with an account."""

    @property
    def name(self) -> str:
        """Its account."""


class Fill(NamedTuple):
    """What an order got, each (paths,)."""

    quantity: Vector  # signed, filled
    unfilled: Vector  # signed, returned to the taker
    price: Vector  # execution price, $/unit or decimal rate


Demand = Callable[[Vector], Vector]  # displacement (paths,), ln S or decimal rate -> signed quantity (paths,)


class Order(NamedTuple):
    """What a taker wants, at any displacement of the price, and where the answer goes."""

    taker: str
    demand: Demand
    answer: simpy.Event


class Netting(NamedTuple):
    """Orders of one instant together: wanted and filled quantity of each, and what they do to the price."""

    wanted: list[Vector]
    filled: list[Vector]
    displacement: Vector  # (paths,) ln S or decimal rate


@dataclass
class Quote:
    """One maker's market, each (paths,)."""

    half_spread: Vector  # share of mid, or decimal rate
    skew: Vector  # shift of both sides, same unit
    depth: Vector  # $ notional


@dataclass
class Book:
    """All makers' quotes together, each (paths,); spreads are weighted by depth."""

    half_spread: Vector
    skew: Vector
    depth: Vector
    weights: dict[str, Vector]


class Venue(ABC):
    """A market for one thing. Subclasses say what the price is and how a trade settles.

    Orders of one instant are netted: the net is filled up to `capacity` x depth, at
    mid + skew +- half-spread + slope x impact x (signed fraction of depth), and moves the price by impact x fraction.
    With `clearing = "fixed_point"` orders that depend on the price are solved together with it, and fill at the price
    that they lead to.
    """

    unit_price: bool  # whether a quantity is worth quantity x mid (asset) or is itself a notional (swaps)

    def __init__(self, world: MarketWorld, name: str, spec: VenueSpec) -> None:
        self.world = world
        self.name = name
        self.spec = spec
        self._impact_switch = world.feedback.impact
        self._orders: list[Order] = []
        self._quotes: dict[str, Quote] = {}
        self._book: Book | None = None
        self.halted_until = np.zeros(world.paths)  # seconds
        self._levels_hit = np.zeros(world.paths, dtype=np.int64)
        self._previous_close: Vector | None = None
        self._exposed: dict[str, Vector] = {}  # by loop: hedgers' flow, $ notional per unit move of this price
        world.factors.impact[name] = Impact(world.paths, spec.permanent_share, spec.resilience)
        world.ledger.open(INVESTORS)

    # --- what a subclass gives -------------------------------------------------------------------------------------
    @property
    @abstractmethod
    def mid(self) -> Vector:
        """(paths,) $/unit, or decimal rate."""

    @abstractmethod
    def notional(self, quantity: Vector) -> Vector:
        """$ notional of a quantity, (paths,)."""

    @abstractmethod
    def units(self, notional: Vector) -> Vector:
        """Quantity of a $ notional, (paths,)."""

    @abstractmethod
    def relative(self, displacement: Vector) -> Vector:
        """How much worse a price displaced by (paths,) is for a buyer, in the unit of spreads."""

    @abstractmethod
    def settle(self, taker: str, maker: str, quantity: Vector, spread: Vector, calm: Vector, walk: Vector) -> None:
        """Move `quantity` from maker to taker at mid worsened by `spread` (of which `calm`) and `walk`."""

    @abstractmethod
    def hand_over(self, source: str, target: str, quantity: Vector) -> None:
        """Pass a quantity on at mid, off the venue: no spread, no impact."""

    @abstractmethod
    def held(self, account: str) -> Vector:
        """Signed quantity that an account holds, (paths,) units or $ notional."""

    @abstractmethod
    def value(self, account: str) -> Vector:
        """$ worth at mid of what an account holds of this, (paths,)."""

    @abstractmethod
    def exposure(self, account: str) -> Vector:
        """Signed $ notional that an account holds, (paths,)."""

    # --- the rules that makers start from --------------------------------------------------------------------------
    def rule_half_spread(self) -> Vector:
        """base x outside multiple x (s/s_base)^spread_power, (paths,)."""
        world = self.world
        power = self.spec.spread_power * world.feedback.spread
        ratio = world.factors.vol / world.factors.vol_base
        return self.spec.half_spread * world.factors.spread_line * ratio**power

    def rule_depth(self) -> Vector:
        """Outside depth x (s_base/s)^depth_power, (paths,) $ notional."""
        world = self.world
        power = self.spec.depth_power * world.feedback.depth
        ratio = world.factors.vol_base / world.factors.vol
        return self._outside_depth() * ratio**power

    def _outside_depth(self) -> Vector | float:
        """base x outside multiple x (S/S0)^depth_price_power, $ notional."""
        depth = self.spec.depth * self.world.factors.depth_line
        power = self.spec.depth_price_power
        return depth if power == 0 else depth * self.price_ratio() ** power

    def price_ratio(self) -> Vector | float:
        """Price over that at the start, where what is traded has one; (paths,)."""
        return 1.0

    def reprice(self) -> None:
        """Forget what was derived from the last tick's market."""
        self._book = None
        self._exposed = {}

    def post(self, maker: str, quote: Quote) -> None:
        """Replace a maker's quote."""
        self._quotes[maker] = quote
        self._book = None

    def quote_of(self, maker: str) -> Quote:
        """A maker's quote as posted."""
        return self._quotes[maker]

    @property
    def makers(self) -> tuple[str, ...]:
        """Who has posted a quote."""
        return tuple(self._quotes)

    @property
    def is_open(self) -> Mask:
        """Where no halt is in force, (paths,)."""
        return self.halted_until <= self.world.now

    def book(self) -> Book:
        """All quotes together. Outside investors stand behind the makers with `depth_floor` of base depth."""
        if self._book is None:
            floor = self.spec.depth_floor * self._outside_depth()
            quotes = dict(self._quotes)
            behind = np.maximum(floor - sum((q.depth for q in quotes.values()), np.zeros(self.world.paths)), 0.0)
            if not quotes or behind.any():
                quotes[INVESTORS] = Quote(self.rule_half_spread(), np.zeros(self.world.paths), behind)
            depth = sum((q.depth for q in quotes.values()), np.zeros(self.world.paths))
            weights = {name: q.depth / depth for name, q in quotes.items()}
            half_spread = sum((weights[n] * q.half_spread for n, q in quotes.items()), np.zeros(self.world.paths))
            skew = sum((weights[n] * q.skew for n, q in quotes.items()), np.zeros(self.world.paths))
            self._book = Book(half_spread, skew, depth, weights)
        return self._book

    @property
    def half_spread(self) -> Vector:
        """(paths,) share of mid, or decimal rate."""
        return self.book().half_spread

    @property
    def depth(self) -> Vector:
        """(paths,) $ notional."""
        return self.book().depth

    def expose(self, loop: str, flow: Vector) -> None:
        """Add what a hedger would trade per unit move of this price, (paths,) $ notional; stands for one tick."""
        self._exposed[loop] = self._exposed.get(loop, 0.0) + flow

    def gain(self, loop: str) -> Vector:
        """Share of a move of this price that re-hedging by one loop adds to the next, (paths,).

        impact x flow per unit move / depth; loops: 'gamma' and 'vanna' (asset), 'convexity' (swaps).
        """
        flow = self._exposed.get(loop)
        if flow is None:
            return np.zeros(self.world.paths)
        return self._impact_switch * self.spec.impact * flow / self.depth

    @property
    def loop_gain(self) -> Vector:
        """The price's own loop: re-hedging of Gamma (asset) or convexity (swaps), (paths,)."""
        return self.gain("gamma" if self.unit_price else "convexity")

    # --- trading ---------------------------------------------------------------------------------------------------
    def trade(self, taker: Named, quantity: Vector | float | Demand) -> simpy.Event:
        """Send an order of signed `quantity` (paths,); yields a `Fill` after CLEAR of this instant.

        Units: units of the asset, or $ notional received fixed. A `Demand` is an order that depends on the price: it is
        asked for the quantity wanted when all orders together displace the price by so much; sequential clearing asks
        for no displacement, fixed-point clearing for the one that the orders cause. Raises BugError if an order is not
        finite.
        """
        world = self.world
        if not callable(quantity):
            fixed = self._order(taker.name, np.asarray(quantity, dtype=np.float64))
            order = Order(taker.name, lambda _: fixed, world.env.event())
        else:
            demand = quantity
            order = Order(taker.name, lambda move: self._order(taker.name, demand(move)), world.env.event())
        world.clear_soon()
        self._orders.append(order)
        return order.answer

    def _order(self, taker: str, quantity: Vector) -> Vector:
        order = np.array(np.broadcast_to(quantity, (self.world.paths,)))
        self.world.require_finite(f"order of {taker} at {self.name}", order)
        return np.where(np.abs(self.notional(order)) < DUST, 0.0, order)

    def hit(self, taker: Named, maker: str, quantity: Vector) -> Vector:
        """Trade against one maker's own quote, at once, with no netting and no impact; returns the price, (paths,).

        `quantity` (paths,) is signed as the taker sees it. For clients who come to a maker rather than to the market.
        """
        quote = self._quotes[maker]
        order = self._order(taker.name, quantity)
        nothing = np.zeros(self.world.paths)
        own = Book(quote.half_spread, quote.skew, quote.depth, {maker: np.ones(self.world.paths)})
        self._fill(taker.name, order, order, own, self._calm(), nothing)
        return self.price_at(np.sign(order) * quote.half_spread + quote.skew)

    @property
    def has_orders(self) -> bool:
        """Whether orders wait for CLEAR."""
        return bool(self._orders)

    def clear(self) -> Vector:
        """Net and fill the orders of this instant; returns the displacement of the price that they cause, (paths,)."""
        world, orders = self.world, self._orders
        self._orders = []
        book = self.book()
        fixed_point = self.spec.clearing == "fixed_point"

        def netted(move: Vector) -> Netting:
            return self._net([order.demand(move) for order in orders], book)

        if fixed_point:
            limit = self._impact_switch * self.spec.impact * self.spec.capacity
            clearing = agree(
                lambda move: netted(move).displacement, world.paths, limit=limit, rounds=self.spec.clearing_rounds
            )
            net = netted(clearing.asked)
            walk = self.relative(net.displacement)
        else:
            net = netted(world.full(0.0))
            walk = self.spec.slope * net.displacement
        for order, wanted, filled in zip(orders, net.wanted, net.filled, strict=True):
            self._fill(order.taker, wanted, filled, book, self._calm(), walk)
            price = self.price_at(np.sign(filled) * book.half_spread + book.skew + walk)
            world.soon(order.answer, Fill(filled, wanted - filled, price))
        return net.displacement

    def _net(self, wanted: list[Vector], book: Book) -> Netting:
        """What each order gets, and the displacement of the price by all of them."""
        zero = np.zeros(self.world.paths)
        open_now = self.is_open
        buys = sum((np.maximum(q, 0.0) for q in wanted), zero)
        sells = sum((np.maximum(-q, 0.0) for q in wanted), zero)
        limit = self.units(self.spec.capacity * book.depth)
        share_buy = np.where(open_now, _filled_share(buys, sells, limit), 0.0)
        share_sell = np.where(open_now, _filled_share(sells, buys, limit), 0.0)
        fraction = self.notional(share_buy * buys - share_sell * sells) / book.depth
        filled = [np.where(q > 0, share_buy, share_sell) * q for q in wanted]
        return Netting(wanted, filled, self._impact_switch * self.spec.impact * fraction)

    def _calm(self) -> Vector:
        """Half-spread of a calm market, (paths,)."""
        return self.world.full(self.spec.half_spread)

    def _fill(self, taker: str, order: Vector, filled: Vector, book: Book, calm: Vector, walk: Vector) -> None:
        if not order.any():
            return
        spread = np.sign(filled) * book.half_spread + book.skew
        for maker, weight in book.weights.items():
            self.settle(taker, maker, filled * weight, spread, np.minimum(calm, book.half_spread), walk)
        price = self.price_at(spread + walk)
        cost = self.notional(filled) * self.cost_per_notional()
        traded = np.flatnonzero(order[self.world.log.witness])
        if traded.size:
            self.world.log.add(
                "trades",
                self.world.now,
                self.world.log.witness[traded],
                taker=taker,
                venue=self.name,
                requested=order,
                quantity=filled,
                price=price,
                mid=self.mid,
                spread_cost=cost * spread,
                impact_cost=cost * walk,
            )

    @abstractmethod
    def price_at(self, worse: Vector) -> Vector:
        """Execution price at mid moved by `worse` against a buyer, (paths,)."""

    @abstractmethod
    def displace(self, move: Vector) -> None:
        """Move the price by `move` (positive: bought), (paths,)."""

    @abstractmethod
    def cost_per_notional(self) -> Vector | float:
        """$ per $ notional and unit of spread."""

    def forget_terms(self) -> None:
        """The curve has moved; what was derived from it is stale."""

    def stop_if_fallen(self) -> None:
        """Circuit breakers, where the venue has them: asked at every tick, when the market has moved."""

    def close_day(self) -> None:
        """Remember the close; breakers start afresh."""


def _filled_share(side: Vector, other: Vector, limit: Vector) -> Vector:
    """Share of one side's orders that is filled when only `limit` may remain net, (paths,)."""
    most = other + limit
    share: Vector = most / np.maximum(side, most)
    return share
