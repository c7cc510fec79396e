"""The quotes posted at a venue, the rule that makers start from, and the resulting order book."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from markets.venues.order_book import OrderBook, gathered
from markets.venues.quote import Offer
from markets.venues.rule import Rule
from sim.vectors import same

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from markets.factors.snapshot import Snapshot
    from markets.spec import VenueSpec
    from markets.venues.listing import Listing
    from markets.venues.quote import Paths, Quote
    from markets.venues.surroundings import Surroundings

    Vector = NDArray[np.float64]


Posted = Offer | Callable[[], "Quote"]


class Asking:
    """A maker that asks for the rules of many venues at once: where each is wanted, it is as of then."""

    __slots__ = ("market", "tick")

    def __init__(self) -> None:
        self.market: Snapshot  # when it last asked
        self.tick = -1  # at which


class Asked:
    """That the rule of one venue and tick is wanted: it is made when somebody reads it."""

    __slots__ = ("market", "rule", "tick")

    def __init__(self, market: Snapshot, tick: int) -> None:
        """market: when the first asked, at a tick."""
        self.market, self.tick = market, tick
        self.rule: Rule | None = None


class Quotes:
    """Quotes of one venue, by maker. A quote is valid until its maker posts another."""

    def __init__(self, market: Surroundings, listing: Listing, spec: VenueSpec, stir: Callable[[], None]) -> None:
        """stir: called before anything is kept that `forget` must drop."""
        self._market, self._listing, self._spec, self._stir = market, listing, spec, stir
        self._asking: Asking | None = None
        self._posted: dict[str, Posted] = {}
        self._offers: dict[str, Posted] = {}  # the same, called where they were functions and somebody has read them
        self.asked: Asked | None = None  # for the rule of this tick, if somebody has
        self._book: OrderBook | None = None  # of this tick and these quotes
        self._rule: Rule | None = None  # the last one
        self._functions = False  # whether some of them may not have been called
        self._whole: OrderBook | None = None  # the last one, and what it was gathered from
        self._whole_of: tuple[object, ...] = ()
        self._seen: dict[str, Quote] = {}  # by maker, on the paths that a record shows
        self._powers = spec.spread_power * market.feedback.spread, spec.depth_power * market.feedback.depth
        self._vol, self._base_vol = market.factors.quoting_vol(next(iter(listing.displaces)))
        # at base vol, at every tick
        self._half_spreads = market.factors.half_spreads(spec.half_spread)
        self._depths = market.factors.depths(spec.depth)
        self._floors = market.factors.depths(spec.depth, spec.depth_floor)

    @property
    def makers(self) -> tuple[str, ...]:
        """Makers that have posted a quote."""
        return tuple(self._posted)

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
        self.renew(maker)

    def renew(self, maker: str) -> None:
        """What a maker has posted gives another quote from now on."""
        self._book = None
        if self._seen:
            self._seen.pop(maker, None)

    def of(self, maker: str) -> Quote:
        """A maker's quote as posted."""
        return self._offer(maker).read()

    def _offer(self, maker: str) -> Offer:
        offer = self._offers[maker]
        if not isinstance(offer, Offer):
            offer = self._offers[maker] = offer()
        return offer

    def seen(self, maker: str, paths: Paths) -> Quote:
        """A maker's quote on the paths that a record shows, always the same; computed there alone, if it can be."""
        if maker not in self._seen:
            self._seen[maker] = self._offer(maker).on(paths)
        return self._seen[maker]

    def seen_book(self, paths: Paths) -> Vector:
        """Levels of the order book, (QUOTE_ROWS, paths), on those paths."""
        if self._book is not None:
            return self._book.levels[:, paths]
        quotes = {maker: self.seen(maker, paths) for maker in self._posted}
        floor = self._floor()
        some = floor if floor.size == 1 else floor[paths]
        return gathered(quotes, some, self.rule().on(paths)[0]).levels

    def forget(self) -> None:
        """The market has moved into the next tick."""
        self.asked = self._book = None

    def rule(self) -> Rule:
        """Half-spread and depth of the venue as a whole, at this tick's market; the same object while unchanged."""
        return self.rule_of(self.asked or self.ask())

    def ask(self) -> Asked:
        """The same as `rule`, which is computed when somebody needs it, perhaps in a later tick: with `rule_of`."""
        asked = self.asked
        if asked is None:
            self._stir()
            factors, asking = self._market.factors, self._asking
            together = asking is not None and asking.tick == factors.tick
            market = asking.market if asking is not None and together else factors.snapshot
            asked = self.asked = Asked(market, factors.tick)
            if self._spec.depth_price_power:  # trades may move the price before the rule is made
                self.rule_of(asked)
        return asked

    def ask_with(self, asking: Asking) -> None:
        """A maker asks for this rule whenever it asks for its others: see `asked_with`."""
        self._asking = asking

    def asked_with(self, asking: Asking) -> Asked:
        """What it asked for when it last did."""
        if asking.tick == self._market.factors.tick:
            return self.asked or self.ask()
        return Asked(asking.market, asking.tick)

    def rule_of(self, asked: Asked) -> Rule:
        """The rule that was asked for."""
        rule = asked.rule
        if rule is None:
            rule = asked.rule = self._made(asked)
        return rule

    def _made(self, asked: Asked) -> Rule:
        half_spread, vol, last = self._half_spreads[asked.tick], asked.market.row(self._vol), self._rule
        depth = self._outside_depth(asked.tick)
        if last is None or not last.stands(vol, half_spread, depth):
            by_spread, by_depth = self._powers
            last = self._rule = Rule(vol, self._base_vol, half_spread, by_spread, depth, by_depth)
        return last

    def _outside_depth(self, tick: int) -> Vector:
        """base x outside multiple x (S/S0)^depth_price_power, $ notional, (paths,); (1,) where the power is 0."""
        depth, power = self._depths[tick], self._spec.depth_price_power
        return depth if power == 0 else depth * self._listing.price_ratio() ** power

    def book(self) -> OrderBook:
        """All quotes together. Outside investors stand behind the makers with `depth_floor` of base depth."""
        book = self._book
        if book is None:
            self._stir()
            book = self._book = self._gathered()
        return book

    def _gathered(self) -> OrderBook:
        """The last book again, where all that it was gathered from is the same."""
        rule, offers, whole = self.rule(), self._called(), self._whole
        of = rule, *offers.values()
        if whole is None or not same(of, self._whole_of) or any(offer.changed() for offer in offers.values()):
            whole = self._whole = gathered(offers, self._floor(), rule.half_spread)
            self._whole_of = of
        return whole

    def _called(self) -> dict[str, Offer]:
        """All that is posted, functions called."""
        if self._functions:
            for maker in self._offers:
                self._offer(maker)
            self._functions = False
        return self._offers  # type: ignore[return-value] # each has been called

    def _floor(self) -> Vector:
        """What outside investors show now, $ notional, (paths,) or (1,)."""
        tick, spec = self._market.factors.tick, self._spec
        return spec.depth_floor * self._outside_depth(tick) if spec.depth_price_power else self._floors[tick]
