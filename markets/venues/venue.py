"""A venue: makers post, takers send orders, CLEAR nets, fills and moves the price."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from markets.accounts import INVESTORS
from markets.venues.breakers import Breakers
from markets.venues.fixed_point import agree
from markets.venues.investors import Investors
from markets.venues.listing import waits_for_roll
from markets.venues.netting import Netting, netted
from markets.venues.order import Fill, Order, check_size, tradable
from markets.venues.order_book import of_one
from markets.venues.quotes import Quotes
from markets.venues.reactions import Measuring, Reactions
from markets.venues.trade_log import write_trade
from sim.vectors import some

if TYPE_CHECKING:
    from collections.abc import Iterator

    import simpy

    from markets.factors.snapshot import Snapshot
    from markets.spec import VenueSpec
    from markets.venues.listing import Listing
    from markets.venues.order import Demand, Named
    from markets.venues.order_book import OrderBook
    from markets.venues.quote import Quote
    from sim.names import Name

Vector = NDArray[np.float64]


class Exchange(Measuring, Protocol):
    """A market that clears venues."""

    def clear_soon(self, venue: Venue) -> None:
        """Clear a venue in CLEAR of this instant. Raises SpiralError where it is over."""


class Venue:
    """A market for one listing.

    Orders of one instant are netted: the net is filled up to `capacity` x depth, at
    mid + skew +- half-spread + slope x impact x (signed fraction of depth), and moves the price by impact x fraction.
    With `clearing = "fixed_point"` orders that depend on the price are solved together with it, and fill at the
    resulting price.
    """

    def __init__(self, market: Exchange, listing: Listing, spec: VenueSpec) -> None:
        self.market, self.listing, self.spec = market, listing, spec
        self.name, self.key = listing.name, next(iter(listing.displaces))  # key: the factor that trades here move first
        self.breakers = Breakers(market, listing, spec)
        self.has_impact = market.feedback.impact * spec.impact != 0  # of anybody's trades, were they felt
        self.impact = 0.0 if market.price_takers else market.feedback.impact * spec.impact
        self.moves = self.impact != 0
        self._capacity = float("inf") if market.price_takers else spec.capacity  # price takers do not compete for depth
        self.orders: list[Order] = []  # which wait for CLEAR
        asked = None if market.price_takers else spec.investors  # what others have passed on makes nothing dearer
        self.investors = None if asked is None else Investors(market, listing, asked)
        self.place = 0
        self._waits = waits_for_roll(listing)
        self.quotes = Quotes(market, listing, spec)
        self.reactions = Reactions(market, self.name, self.quotes, self.impact)
        self.expose, self.gain = self.reactions.expose, self.reactions.gain  # for agents and records
        self._nothing = np.zeros(market.paths)
        self._balance = market.ledger.balance
        self._asset, *self._others = listing.assets
        market.ledger.open(INVESTORS)
        market.ledger.list_asset(*listing.assets)

    # --- the listing --------------------------------------------------------------------------------------------
    @property
    def mid(self) -> Vector:
        """(paths,) $/unit, or decimal rate."""
        return self.listing.mid

    def notional(self, quantity: Vector) -> Vector:
        """$ notional of a quantity, (paths,)."""
        return quantity * self.listing.unit_notional

    def units(self, notional: Vector) -> Vector:
        """Quantity of a $ notional, (paths,)."""
        return notional / self.listing.unit_notional

    def held(self, account: Name) -> Vector:
        """Signed quantity that an account holds, (paths,) units or $ notional."""
        return self._balance(account, self._asset)

    def reached(self, account: Name) -> bool:
        """Whether an account has ever held any of this."""
        return self.market.ledger.reached(account, self._asset)

    def value(self, account: Name, market: Snapshot | None = None) -> Vector:
        """Value at mid of an account's position, (paths,) $: in the present market, or in a given one."""
        worth = self.listing.worth_of_one(market)
        value: Vector = self._balance(account, self._asset) * worth[0]
        if self._others:
            for asset, one in zip(self._others, worth[1:], strict=True):
                value = value + self._balance(account, asset) * one
        return value

    def hand_over(self, source: Name, target: Name, quantity: Vector, share: float = 1.0) -> None:
        """Pass a share of a quantity on at mid, off the venue: no spread, no impact."""
        self.listing.hand_over(source, target, quantity, share)

    # --- quotes ----------------------------------------------------------------------------------------------------
    def post(self, maker: str, quote: Quote | Callable[[], Quote]) -> None:
        """Replace a maker's quote, or the function that computes it; see `Quotes.post`."""
        self.quotes.post(maker, quote)

    def quote_of(self, maker: str) -> Quote:
        """A maker's quote as posted."""
        return self.quotes.of(maker)

    def book(self) -> OrderBook:
        """All quotes together."""
        return self.quotes.book()

    @property
    def half_spread(self) -> Vector:
        """(paths,) share of mid, or decimal rate."""
        return self.book().half_spread

    @property
    def depth(self) -> Vector:
        """(paths,) $ notional."""
        return self.book().depth

    @property
    def loop_gain(self) -> Vector:
        """The price's own loop, (paths,); see `Reactions.loop_gain`."""
        return self.reactions.loop_gain

    @property
    def is_open(self) -> NDArray[np.bool_]:
        """Where no halt is in force, (paths,)."""
        return self.breakers.halted_until <= self.market.now

    # --- time ------------------------------------------------------------------------------------------------------
    @property
    def until(self) -> int:
        """Tick from which its listing must step; 0: at every one."""
        until: int = getattr(self.listing, "until", 0) if self._waits else 0
        return until

    def steps(self, *, rolls: bool) -> Iterator[Callable[[int], None]]:
        """What is called when the market has moved into a tick. rolls: also what waits for a roll."""
        if rolls or self.until == 0:
            yield self.listing.step
        if self.investors is not None:
            yield self.investors.step
        if self.breakers.watches:
            yield self.breakers.look

    def displace(self, move: Vector) -> None:
        """Move the price by what `clear` returned, once all venues are cleared."""
        if self.moves:
            displace = self.market.factors.displace
            for key, by in self.listing.displaces.items():
                displace(key, move if by == 1.0 else by * move)

    # --- orders ----------------------------------------------------------------------------------------------------
    def trade(self, taker: Named, quantity: Vector | float | Demand) -> simpy.Event:
        """Send an order of signed `quantity` (paths,); yields a `Fill` after CLEAR of this instant.

        Units: units of the asset, or $ notional received fixed. A `Demand` is an order that depends on the price: a
        function from the displacement of the price by all orders to a quantity. Sequential clearing calls it with no
        displacement, fixed-point clearing with the one that the orders cause. Raises NotFinite if an order is not
        finite, TypeError if it is no number, and SpiralError after CLEAR or where it is beyond all markets.
        """
        answer = self.market.env.event()
        if not callable(quantity):
            fixed = self._tradable(taker.name, quantity)
            order = Order(taker.name, lambda _: fixed, answer)
        else:
            demand = quantity  # called in CLEAR: an error there is traced to the taker, which the lambda holds
            order = Order(taker.name, lambda move: self._tradable(taker.name, demand(move)), answer)
        if not self.orders:
            self.market.clear_soon(self)
        self.orders.append(order)
        return answer

    def _tradable(self, taker: str, quantity: Vector | float) -> Vector:
        ordered, sound = tradable(quantity, self.listing.unit_notional)
        if not sound:
            what = f"order of {taker} at {self.name}"
            self.market.require_finite(what, ordered)
            check_size(what, self.notional(ordered))
        return ordered

    def hit(self, taker: Named, maker: str, quantity: Vector, skew: Vector | None = None) -> Vector:
        """Trade against one maker's own quote, at once, without netting or impact; returns the price, (paths,).

        `quantity` (paths,) is signed as the taker sees it. For clients who come to a maker rather than to the market.
        skew: (paths,) mean skew of the quotes traded, if the maker has quoted again between fills.
        """
        quote, ordered = self.quote_of(maker), self._tradable(taker.name, quantity)
        book = of_one(maker, quote, quote.skew if skew is None else skew)
        return self._fill(taker.name, ordered, ordered, some(ordered), False, book, self._nothing, False).price

    def clear(self) -> Vector:
        """Net and fill the orders of this instant; returns the displacement of the price that they cause, (paths,)."""
        orders, self.orders = self.orders, []
        book = self.quotes.book()
        netting, walk = self._netted(orders, book)
        active, whole = netting.said.tolist()
        crossed = len(orders) > 1 and self.moves and sum(active) > 1
        each = zip(orders, netting.ordered, netting.filled, active, whole, strict=True)
        for order, ordered, filled, any_, every in each:
            order.answer.succeed(self._fill(order.taker, ordered, filled, any_, every, book, walk, crossed))
        return netting.displacement

    def _netted(self, orders: list[Order], book: OrderBook) -> tuple[Netting, Vector]:
        """Fill of each order, and the walk: excess of the price over mid and spread for a buyer, (paths,)."""
        spec, market, nothing = self.spec, self.market, self._nothing
        now, halted_until = float(market.env.now), self.breakers.halted_until
        terms = (self.listing.unit_notional, book.depth, halted_until, now, self._capacity, self.impact, spec.slope)
        if spec.clearing == "sequential":
            netting = netted(orders, nothing, terms, nothing)
            return netting, netting.walk
        clearing = agree(
            lambda move: netted(orders, move, terms, nothing).displacement,
            market.paths,
            limit=self.impact * spec.capacity,
            rounds=spec.clearing_rounds,
        )
        netting = netted(orders, clearing.asked, terms, nothing)
        return netting, self.listing.relative(netting.displacement)

    def _fill(
        self,
        taker: str,
        ordered: Vector,
        filled: Vector,
        active: bool,
        in_full: bool,
        book: OrderBook,
        walk: Vector,
        netted: bool,
    ) -> Fill:
        """Settle the fill of an order, unless the order is empty, and record it. active: whether it is not."""
        listing = self.listing
        if not active:
            return Fill(ordered, filled, listing.pricing(book.skew, walk), in_full=in_full)
        calm = self.spec.half_spread
        spread = listing.settle(taker, filled, book, walk, calm=calm, walks=self.moves, netted=netted)
        fill = Fill(ordered, filled, listing.pricing(spread, walk), in_full=in_full)
        write_trade(self.market, listing, taker, fill, spread, walk)
        return fill
