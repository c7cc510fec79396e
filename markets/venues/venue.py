"""Venues: makers post, takers send quantities, CLEAR nets, fills and moves the price."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import simpy
from numpy.typing import NDArray

from markets.accounts import INVESTORS
from markets.kernels.trading import DEPTH, HALF_SPREAD, QUOTE_ROWS, SKEW, add_quote, drop_dust, net, open_book, rules
from markets.venues.fixed_point import agree
from sim.vectors import same, some

if TYPE_CHECKING:
    from markets.factors.key import FactorKey
    from markets.factors.snapshot import Snapshot
    from markets.spec import VenueSpec
    from markets.world import MarketWorld
    from sim.names import Name

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]

DUST = 1e-4  # $: a smaller order is the rounding of a position, not a decision


class Named(Protocol):
    """Anything with an account."""

    @property
    def name(self) -> str:
        """Its account."""


class Fill:
    """What an order got, each (paths,)."""

    def __init__(self, wanted: Vector, quantity: Vector, price: Callable[[], Vector]) -> None:
        """price: computes what it says, once somebody asks."""
        self._price = price
        self.wanted, self.quantity = wanted, quantity  # signed; what was ordered, and what was filled

    @cached_property
    def unfilled(self) -> Vector:
        """Signed, returned to the taker."""
        return self.wanted - self.quantity

    @cached_property
    def price(self) -> Vector:
        """Execution price, $/unit or decimal rate."""
        return self._price()


Demand = Callable[[Vector], Vector]  # displacement (paths,), ln S or decimal rate -> signed quantity (paths,)


class Order(NamedTuple):
    """What a taker wants, at any displacement of the price, and where the answer goes."""

    taker: str
    demand: Demand
    answer: simpy.Event


class Netting(NamedTuple):
    """Orders of one instant together: wanted and filled quantity of each, and what they do to the price."""

    wanted: Vector  # (orders, paths)
    filled: Vector  # (orders, paths)
    displacement: Vector  # (paths,) ln S or decimal rate
    active: Mask  # (orders,) whether an order wants anything on any path


class Lean(NamedTuple):
    """How a maker shifts both sides of its quote against its inventory: by -slope x inventory, up to a limit."""

    slope: Vector  # (paths,) share of mid, or decimal rate, per $ notional
    limit: float  # $ notional
    held: Vector  # (paths,) $ notional, when it quoted

    @property
    def skew(self) -> Vector:
        """The shift, (paths,)."""
        shift: Vector = -self.slope * np.clip(self.held, -self.limit, self.limit)
        return shift


@dataclass
class Quote:
    """One maker's market, each (paths,)."""

    half_spread: Vector  # share of mid, or decimal rate
    skew: Vector  # shift of both sides, same unit
    depth: Vector  # $ notional
    lean: Callable[[], Lean] | None = None  # how the shift goes on after a fill; None: it stands until the next quote


class Rule:
    """Half-spread and depth of a venue at one state of the market, computed when they are first looked at."""

    def __init__(
        self,
        vol: Vector,
        vol_base: float,
        half_spread: float,
        spread_power: float,
        depth: Vector | float,
        depth_power: float,
    ) -> None:
        """half_spread and depth: at base vol; they go with s/s_base to the powers spread_power and -depth_power."""
        self._terms = (vol, vol_base, half_spread, spread_power, depth, depth_power)

    def says_as(self, other: Rule) -> bool:
        """Whether the levels are surely those of another rule of the same venue: nothing that they depend on moved."""
        (vol, _, half_spread, spread_power, depth, depth_power), before = self._terms, other._terms
        stands = vol is before[0] or spread_power == depth_power == 0
        return stands and half_spread == before[2] and isinstance(depth, float) and depth == before[4]

    @cached_property
    def levels(self) -> tuple[Vector, Vector]:
        """Half-spread (share of mid, or decimal rate) and depth ($ notional), (paths,) each."""
        vol, vol_base, half_spread, spread_power, depth, depth_power = self._terms
        by_vol, shown, base = np.empty_like(vol), np.empty_like(vol), np.empty_like(vol)
        base[:] = depth
        rules(vol, vol_base, half_spread, spread_power, base, depth_power, by_vol, shown)
        return by_vol, shown


class Book(NamedTuple):
    """Quotes together: `levels` (QUOTE_ROWS, paths), spreads weighted by depth, and each maker's share of it."""

    levels: Vector
    makers: tuple[Name, ...]
    shares: Vector  # (makers, paths)

    @property
    def half_spread(self) -> Vector:
        """(paths,) share of mid, or decimal rate."""
        half_spread: Vector = self.levels[HALF_SPREAD]
        return half_spread

    @property
    def skew(self) -> Vector:
        """(paths,) share of mid, or decimal rate."""
        skew: Vector = self.levels[SKEW]
        return skew

    @property
    def depth(self) -> Vector:
        """(paths,) $ notional."""
        depth: Vector = self.levels[DEPTH]
        return depth

    @property
    def weights(self) -> dict[Name, Vector]:
        """Share of the depth by maker, (paths,) each."""
        return dict(zip(self.makers, self.shares, strict=True))


class Venue(ABC):
    """A market for one thing. Subclasses say what the price is and how a trade settles.

    Orders of one instant are netted: the net is filled up to `capacity` x depth, at
    mid + skew +- half-spread + slope x impact x (signed fraction of depth), and moves the price by impact x fraction.
    With `clearing = "fixed_point"` orders that depend on the price are solved together with it, and fill at the price
    that they lead to.
    """

    gains: str  # reason under which the ledger keeps what positions here earn at mid
    unit_price: bool  # whether a quantity is worth quantity x mid (asset) or is itself a notional (swaps)

    def __init__(self, world: MarketWorld, name: str, spec: VenueSpec, key: FactorKey) -> None:
        """key: the factor that trades here displace."""
        self.world = world
        self.name, self.key = name, key
        self.spec = spec
        self.has_impact = world.feedback.impact * spec.impact != 0  # of anybody's trades, were they felt
        self._impact_switch = 0.0 if world.price_takers else world.feedback.impact
        self.moves = self.has_impact and not world.price_takers  # whether trades move the price
        self._capacity = float("inf") if world.price_takers else spec.capacity  # nobody is in anybody's way there
        self._orders: list[Order] = []
        self._quotes: dict[str, Quote | Callable[[], Quote]] = {}
        self._book: Book | None = None
        self._last_book: Book | None = None
        self._book_of: tuple[object, ...] = ()  # the rule and the quotes that it was made of
        self._rule: Rule | None = None
        self._rule_of: Snapshot | None = None  # the market that it is the rule at
        self.halted_until = np.zeros(world.paths)  # seconds
        self._levels_hit = np.zeros(world.paths, dtype=np.int64)
        self._previous_close: Vector | None = None
        self._nothing = np.zeros(world.paths)
        self._exposed: dict[str, Vector] = {}  # by loop: hedgers' flow, $ notional per unit move of this price
        world.factors.let_move(key, spec.permanent_share, spec.resilience)
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

    @property
    @abstractmethod
    def unit_notional(self) -> Vector:
        """$ notional of one unit of quantity, (paths,)."""

    @abstractmethod
    def settle(self, taker: str, filled: Vector, book: Book, walk: Vector, *, netted: bool) -> Vector:
        """Move `filled` from the book's makers to the taker, at mid worsened by the book's spread and by `walk`.

        netted: whether orders were netted, so that a walk may be a gain: of who trades against the net order.
        Returns the spread paid, signed as it worsens the price for a buyer, (paths,).
        """

    @abstractmethod
    def hand_over(self, source: Name, target: Name, quantity: Vector, share: float = 1.0) -> None:
        """Pass a share of a quantity on at mid, off the venue: no spread, no impact."""

    @abstractmethod
    def held(self, account: Name) -> Vector:
        """Signed quantity that an account holds, (paths,) units or $ notional."""

    @abstractmethod
    def reached(self, account: Name) -> bool:
        """Whether an account has ever held any of this."""

    @abstractmethod
    def value(self, account: Name) -> Vector:
        """$ worth at mid of what an account holds of this, (paths,)."""

    @abstractmethod
    def worth_of_one(self) -> dict[Name, Vector]:
        """$ worth at mid of one unit of each ledger asset that a position here consists of, (paths,)."""

    @abstractmethod
    def exposure(self, account: Name) -> Vector:
        """Signed $ notional that an account holds, (paths,)."""

    # --- the rules that makers start from --------------------------------------------------------------------------
    def rule_half_spread(self) -> Vector:
        """base x outside multiple x (s/s_base)^spread_power, (paths,)."""
        return self.rule().levels[0]

    def rule_depth(self) -> Vector:
        """Outside depth x (s_base/s)^depth_power, (paths,) $ notional."""
        return self.rule().levels[1]

    def rule(self) -> Rule:
        """Both, at the market as it stands."""
        factors, spec, feedback = self.world.factors, self.spec, self.world.feedback
        if self._rule is None or self._rule_of is not factors.snapshot:
            self._rule_of = factors.snapshot
            rule = Rule(
                factors.vol,
                factors.vol_law.base,
                spec.half_spread * factors.spread_line,
                spec.spread_power * feedback.spread,
                self._outside_depth(),
                spec.depth_power * feedback.depth,
            )
            if self._rule is None or not rule.says_as(self._rule):
                self._rule = rule
        return self._rule

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

    def post(self, maker: str, quote: Quote | Callable[[], Quote]) -> None:
        """Replace a maker's quote. One that nobody may look at can be posted as what computes it, from its own values:
        it is asked when somebody looks, which may be after the market has moved.
        """
        self._quotes[maker] = quote
        self._book = None

    def quote_of(self, maker: str) -> Quote:
        """A maker's quote as posted."""
        quote = self._quotes[maker]
        if callable(quote):
            quote = self._quotes[maker] = quote()
        return quote

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
            made_of = (self.rule(), *(self.quote_of(maker) for maker in self._quotes))
            if self._last_book is None or not same(made_of, self._book_of):
                self._last_book, self._book_of = self._gather(), made_of
            self._book = self._last_book
        return self._book

    def _gather(self) -> Book:
        """The quotes of all makers in one book."""
        paths, quotes = self.world.paths, [self.quote_of(maker) for maker in self._quotes]
        levels, shares = np.zeros((QUOTE_ROWS, paths)), np.empty((len(quotes) + 1, paths))
        for quote in quotes:
            levels[DEPTH] += quote.depth
        floor = np.empty(paths)
        floor[:] = self.spec.depth_floor * self._outside_depth()
        behind = open_book(floor, self.rule_half_spread(), levels, shares[-1])
        for share, quote in zip(shares, quotes, strict=False):
            add_quote(quote.half_spread, quote.skew, quote.depth, levels, share)
        names: tuple[Name, ...] = (*self._quotes, INVESTORS) if behind else tuple(self._quotes)
        return Book(levels, names, shares[: len(names)])

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
        if not self.moves:
            return
        known = self._exposed.get(loop)
        self._exposed[loop] = flow if known is None else known + flow

    def gain(self, loop: str) -> Vector:
        """Share of a move of this price that re-hedging by one loop adds to the next, (paths,).

        impact x flow per unit move / depth; loops: 'gamma' and 'vanna' (asset), 'convexity' (swaps).
        """
        flow = self._exposed.get(loop)
        if flow is None:
            return self._nothing
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
        for no displacement, fixed-point clearing for the one that the orders cause. Raises NotFinite if an order is not
        finite, TypeError if it is no number, and SpiralError after CLEAR.
        """
        world = self.world
        if not callable(quantity):
            fixed = self._order(taker.name, quantity)
            order = Order(taker.name, lambda _: fixed, world.env.event())
        else:
            demand = quantity
            order = Order(taker.name, lambda move: self._order(taker.name, demand(move)), world.env.event())
        world.clear_soon()
        self._orders.append(order)
        return order.answer

    def _order(self, taker: str, quantity: Vector | float) -> Vector:
        order = np.empty(self.world.paths)
        if not (
            isinstance(quantity, np.ndarray)
            and quantity.shape == order.shape
            and quantity.flags.carray
            and quantity.dtype == np.float64
        ):
            quantity = self._one_a_path(quantity)
        if not drop_dust(quantity, self.unit_notional, DUST, order):
            self.world.require_finite(f"order of {taker} at {self.name}", order)
        return order

    def _one_a_path(self, quantity: Vector | float) -> Vector:
        """A quantity as (paths,) float64. Raises TypeError for what is none."""
        paths = (self.world.paths,)
        try:
            if quantity is None:
                raise TypeError
            return np.array(np.broadcast_to(np.asarray(quantity, dtype=np.float64), paths))
        except (TypeError, ValueError):
            got = getattr(quantity, "shape", repr(quantity)[:60])
            raise TypeError(f"an order is a number or one number a path, {paths}, got {got}") from None

    def hit(self, taker: Named, maker: str, quantity: Vector, skew: Vector | None = None) -> Vector:
        """Trade against one maker's own quote, at once, with no netting and no impact; returns the price, (paths,).

        `quantity` (paths,) is signed as the taker sees it. For clients who come to a maker rather than to the market.
        skew: (paths,) mean of the quotes that were hit, where the maker has quoted afresh between them.
        """
        quote = self.quote_of(maker)
        order = self._order(taker.name, quantity)
        levels = np.array([quote.half_spread, quote.skew if skew is None else skew, quote.depth])
        book = Book(levels, (maker,), np.ones((1, order.size)))
        return self._fill(taker.name, order, order, book, self._nothing, some(order)).price

    @property
    def has_orders(self) -> bool:
        """Whether orders wait for CLEAR."""
        return bool(self._orders)

    def clear(self) -> Vector:
        """Net and fill the orders of this instant; returns the displacement of the price that they cause, (paths,)."""
        world, orders = self.world, self._orders
        self._orders = []
        book = self.book()

        def netted(move: Vector) -> Netting:
            wanted = [order.demand(move) for order in orders]
            return self._net(np.array(wanted) if len(wanted) > 1 else wanted[0][None], book)

        if self.spec.clearing == "fixed_point":
            limit = self._impact_switch * self.spec.impact * self.spec.capacity
            clearing = agree(
                lambda move: netted(move).displacement, world.paths, limit=limit, rounds=self.spec.clearing_rounds
            )
            found = netted(clearing.asked)
            walk = self.relative(found.displacement)
        else:
            found = netted(self._nothing)
            walk = self.spec.slope * found.displacement if self.moves else self._nothing
        active = found.active.tolist()
        crossed = self.moves and sum(active) > 1
        for order, wanted, filled, any_ in zip(orders, found.wanted, found.filled, active, strict=True):
            order.answer.succeed(self._fill(order.taker, wanted, filled, book, walk, any_, netted=crossed))
        return found.displacement

    def _net(self, wanted: Vector, book: Book) -> Netting:
        """What each order of (orders, paths) gets, and the displacement of the price by all of them."""
        spec, filled, displacement = self.spec, np.empty_like(wanted), np.empty(self.world.paths)
        active = np.empty(len(wanted), dtype=bool)
        net(
            wanted,
            self.unit_notional,
            book.depth,
            self.halted_until,
            float(self.world.now),
            self._capacity,
            self._impact_switch * spec.impact,
            filled,
            displacement,
            active,
        )
        return Netting(wanted, filled, displacement, active)

    def _fill(
        self, taker: str, order: Vector, filled: Vector, book: Book, walk: Vector, active: bool, *, netted: bool = False
    ) -> Fill:
        """Settle what an order gets, if it wants anything, and write it down."""
        spread = self.settle(taker, filled, book, walk, netted=netted) if active else book.skew
        fill = Fill(order, filled, self.pricing(spread, walk))
        if active:
            self._record(taker, order, fill, spread, walk)
        return fill

    def _record(self, taker: str, order: Vector, fill: Fill, spread: Vector, walk: Vector) -> None:
        """The witnesses' trades."""
        log = self.world.log
        if not log.witness.size:
            return
        traded = log.witness[np.flatnonzero(order[log.witness])]
        if not traded.size:
            return
        cost = self.notional(fill.quantity) * self.cost_per_notional()
        log.add(
            "trades",
            self.world.now,
            traded,
            taker=taker,
            venue=self.name,
            requested=order,
            quantity=fill.quantity,
            price=fill.price,
            mid=self.mid,
            spread_cost=cost * spread,
            impact_cost=cost * walk,
        )

    @abstractmethod
    def pricing(self, spread: Vector, walk: Vector) -> Callable[[], Vector]:
        """What computes, whenever it is asked, the price of now: mid moved against a buyer by both, (paths,)."""

    def price_at(self, worse: Vector) -> Vector:
        """Execution price at mid moved by `worse` against a buyer, (paths,)."""
        return self.pricing(worse, self._nothing)()

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
