"""The quotes posted at a venue, the rule that makers start from, and the resulting order book."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from markets.venues.order_book import OrderBook, gathered
from markets.venues.quote import Offer, Quote
from markets.venues.rule import Rule
from sim.vectors import same

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from markets.factors.snapshot import Snapshot
    from markets.spec import VenueSpec
    from markets.venues.listing import Listing
    from markets.venues.stance import Stance
    from markets.venues.surroundings import Surroundings

    Vector = NDArray[np.float64]


Posted = Offer | Callable[[], Quote]


class Quotes:
    """Quotes of one venue, by maker. A quote is valid until its maker posts another.

    What is kept of them is valid while `market.quoted` stands: it counts ticks, and quotes of any maker.
    """

    def __init__(self, market: Surroundings, listing: Listing, spec: VenueSpec) -> None:
        self._market, self._factors, self._listing, self._spec = market, market.factors, listing, spec
        self._stances: list[Stance] = []  # of makers that quote here from one
        self._posted: dict[str, Posted] = {}
        self._offers: dict[str, Posted] = {}  # the same, called where they were functions and somebody has read them
        self._functions = False  # whether some of them may not have been called
        self._book: OrderBook  # the last one, what it was gathered from, and when that was last so
        self._book_rule: Rule | None = None
        self._book_of: tuple[Offer, ...] = ()
        self._fresh = -1
        self._tick = -1  # of the last rule that was asked for
        self._now: Rule  # that, and the one before it where depth follows the price
        self._before: Rule
        self._rule: Rule | None = None  # the last one made
        self._seen: dict[str, tuple[Offer, Quote]] = {}  # by maker, on the paths that a record shows
        self._powers = spec.spread_power * market.feedback.spread, spec.depth_power * market.feedback.depth
        self._by_price = spec.depth_price_power != 0  # whether depth follows the price
        self._fixed = self._powers == (0, 0)  # whether spread and depth do not follow vol
        self._vol, self._base_vol = market.factors.quoting_vol(next(iter(listing.displaces)))
        # at base vol, at every tick
        half_spreads, depths = market.factors.half_spreads(spec.half_spread), market.factors.depths(spec.depth)
        self._told = list(zip(half_spreads, depths, strict=True))
        self._floors = market.factors.depths(spec.depth, spec.depth_floor)

    @property
    def makers(self) -> tuple[str, ...]:
        """Makers that have posted a quote."""
        return tuple(self._posted)

    def attend(self, stance: Stance) -> None:
        """A maker quotes here from a stance, whenever it takes it."""
        self._stances.append(stance)
        if self._by_price:
            stance.keep(self.rule)

    def post(self, maker: str, quote: Posted) -> None:
        """Replace a maker's quote. A quote that may never be needed can be posted as a function: it is called when the
        quote is read, perhaps after the market has moved, so it must keep its own inputs. Posting the same object again
        changes nothing.
        """
        if self._posted.get(maker) is not quote:
            self.replace(maker, quote)

    def replace(self, maker: str, quote: Posted) -> None:
        """As `post`; a function that was posted before is called anew."""
        self._posted[maker] = self._offers[maker] = quote
        self._functions |= not isinstance(quote, Offer)
        self._market.quoted += 1

    def of(self, maker: str) -> Quote:
        """A maker's quote as posted."""
        return self._offer(maker).read()

    def _offer(self, maker: str) -> Offer:
        offer = self._offers[maker]
        if callable(offer):  # no offer is, and to ask for the abstract class takes five times as long
            offer = self._offers[maker] = offer()
        return offer

    def seen(self, maker: str, paths: slice) -> Quote:
        """A maker's quote on the paths that a record shows, always the same; computed there alone, if it can be."""
        offer = self._offer(maker)
        if type(offer) is not Quote:
            return offer.on(paths)
        known = self._seen.get(maker)
        if known is None or known[0] is not offer:
            known = self._seen[maker] = offer, offer.on(paths)
        return known[1]

    def seen_book(self, paths: slice) -> Vector:
        """Levels of the order book, (QUOTE_ROWS, paths), on those paths."""
        if self._fresh == self._market.quoted:
            return self._book.levels[:, paths]
        quotes = {maker: self.seen(maker, paths) for maker in self._posted}
        floor = self._floor()
        some = floor if floor.size == 1 else floor[paths]
        return gathered(quotes, some, self.rule().on(paths)[0]).levels

    def rule(self) -> Rule:
        """Half-spread and depth of the venue as a whole at this tick, in the market in which a maker first quoted, or
        somebody asked; the same object while unchanged.
        """
        tick = self._factors.tick
        if self._tick != tick:
            if self._by_price and self._tick >= 0:
                self._before = self._now
            market = self._factors.snapshot
            for stance in self._stances:
                if stance.tick == tick:
                    market = stance.market
                    break
            self._now, self._tick = self._made(market, tick), tick
        return self._now

    def rule_of(self, stance: Stance) -> Rule:
        """The rule when a maker last quoted."""
        tick = stance.tick
        if tick == self._tick:
            return self._now
        if tick == self._factors.tick:
            return self.rule()
        return self._before if self._by_price else self._made(stance.market, tick)

    def _made(self, market: Snapshot, tick: int) -> Rule:
        vol, (half_spread, depth), last = market.row(self._vol), self._told[tick], self._rule
        if self._by_price:
            depth = self._outside_depth(tick)
        if last is None or not (vol is last.vol or self._fixed) or not last.stands(half_spread, depth):
            by_spread, by_depth = self._powers
            last = self._rule = Rule(vol, self._base_vol, half_spread, by_spread, depth, by_depth)
        return last

    def _outside_depth(self, tick: int) -> Vector:
        """base x outside multiple x (S/S0)^depth_price_power, $ notional, (paths,)."""
        return self._told[tick][1] * self._listing.price_ratio() ** self._spec.depth_price_power

    def book(self) -> OrderBook:
        """All quotes together. Outside investors stand behind the makers with `depth_floor` of base depth."""
        if self._fresh != self._market.quoted:
            self._gather()
        return self._book

    def _gather(self) -> None:
        """The last book again, where all that it was gathered from is the same."""
        rule, offers = self.rule(), self._called()
        of = tuple(offers.values())
        if rule is not self._book_rule or not same(of, self._book_of) or any(offer.changed() for offer in of):
            self._book = gathered(offers, self._floor(), rule.half_spread)
            self._book_rule, self._book_of = rule, of
        self._fresh = self._market.quoted

    def _called(self) -> dict[str, Offer]:
        """All that is posted, functions called."""
        if self._functions:
            for maker in self._offers:
                self._offer(maker)
            self._functions = False
        return self._offers  # type: ignore[return-value] # each has been called

    def _floor(self) -> Vector:
        """What outside investors show now, $ notional, (paths,) or (1,)."""
        tick = self._factors.tick
        return self._spec.depth_floor * self._outside_depth(tick) if self._by_price else self._floors[tick]
