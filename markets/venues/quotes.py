"""The quotes posted at a venue, the rule that makers start from, and the resulting order book."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.venues.order_book import OrderBook, gathered
from markets.venues.quote import Awaited
from markets.venues.rule import Rule
from sim.memo import Memo
from sim.vectors import same, vector

if TYPE_CHECKING:
    from markets.factors.snapshot import Snapshot
    from markets.spec import VenueSpec
    from markets.venues.listing import Listing
    from markets.venues.quote import Paths, Quote
    from markets.venues.surroundings import Surroundings

Vector = NDArray[np.float64]


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

    def __init__(
        self, market: Surroundings, listing: Listing, spec: VenueSpec, stir: Callable[[], None] = lambda: None
    ) -> None:
        """stir: called before anything is kept that `forget` must drop."""
        self._market, self._listing, self._spec, self._stir = market, listing, spec, stir
        self._asking: Asking | None = None
        self._posted: dict[str, Quote | Callable[[], Quote]] = {}
        self._quotes: dict[str, Quote | Callable[[], Quote]] = {}  # by maker: a quote, or what computes it
        self.asked: Asked | None = None  # for the rule of this tick, if somebody has
        self._book: OrderBook | None = None  # of this tick and these quotes
        self._rules: Memo[Rule] = Memo()
        self._whole: OrderBook | None = None  # the last one, and what it was gathered from
        self._inputs: tuple[object, ...] = ()
        self._seen: dict[str, Quote] = {}  # by maker, on the paths that a record shows
        self._powers = spec.spread_power * market.feedback.spread, spec.depth_power * market.feedback.depth
        self._key = next(iter(listing.displaces))

    @property
    def makers(self) -> tuple[str, ...]:
        """Makers that have posted a quote."""
        return tuple(self._quotes)

    def post(self, maker: str, quote: Quote | Callable[[], Quote]) -> None:
        """Replace a maker's quote. A quote that may never be needed can be posted as a function: it is called when the
        quote is read, perhaps after the market has moved, so it must keep its own inputs. Posting the same object again
        changes nothing.
        """
        if self._posted.get(maker) is not quote:
            self.renew(maker, quote)

    def renew(self, maker: str, quote: Quote | Callable[[], Quote]) -> None:
        """As `post`; a function that was posted before is called anew."""
        self._posted[maker] = self._quotes[maker] = quote
        self._book = None
        if self._seen:
            self._seen.pop(maker, None)

    def of(self, maker: str) -> Quote:
        """A maker's quote as posted."""
        quote = self._quotes[maker]
        if callable(quote):
            quote = self._quotes[maker] = quote()
        return quote

    def seen(self, maker: str, paths: Paths) -> Quote:
        """A maker's quote on the paths that a record shows, always the same; computed there alone, if it can be."""
        if maker not in self._seen:
            quote = self._quotes[maker]
            self._seen[maker] = quote.on(paths) if isinstance(quote, Awaited) else self.of(maker).on(paths)
        return self._seen[maker]

    def seen_book(self, paths: Paths) -> Vector:
        """Levels of the order book, (QUOTE_ROWS, paths), on those paths."""
        if self._book is not None:
            return self._book.levels[:, paths]
        quotes = {maker: self.seen(maker, paths) for maker in self._quotes}
        floor = self._floor()
        some = floor[paths] if isinstance(floor, np.ndarray) else floor
        return gathered(quotes, vector(some), self.rule().on(paths)[0]).levels

    def forget(self) -> None:
        """The market has moved into the next tick."""
        self.asked = self._book = None

    def rule(self) -> Rule:
        """Half-spread and depth of the venue as a whole, at this tick's market; the same object while unchanged."""
        return self.rule_of(self.asked or self.ask())

    def ask(self) -> Asked:
        """The same as `rule`, which is computed when somebody needs it, perhaps in a later tick: with `rule_of`."""
        if self.asked is None:
            self._stir()
            factors, asking = self._market.factors, self._asking
            together = asking is not None and asking.tick == factors.tick
            self.asked = Asked(asking.market if asking is not None and together else factors.snapshot, factors.tick)
            if self._spec.depth_price_power:  # trades may move the price before the rule is made
                self.rule()
        return self.asked

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
        factors, (by_spread, by_depth) = self._market.factors, self._powers
        half_spread = self._spec.half_spread * factors.spread_line_at(asked.tick)
        depth = self._outside_depth(factors.depth_line_at(asked.tick))
        vol, base = factors.quoting_vol(self._key, asked.market)
        rule = Rule(vol, base, half_spread, by_spread, depth, by_depth)
        return self._rules.get(lambda: rule, vol if by_spread or by_depth else 0.0, half_spread, depth)

    def _outside_depth(self, line: float) -> Vector | float:
        """base x outside multiple x (S/S0)^depth_price_power, $ notional."""
        depth = self._spec.depth * line
        power = self._spec.depth_price_power
        return depth if power == 0 else depth * self._listing.price_ratio() ** power

    def book(self) -> OrderBook:
        """All quotes together. Outside investors stand behind the makers with `depth_floor` of base depth."""
        if self._book is None:
            self._stir()
            quotes = {maker: self.of(maker) for maker in self._quotes}
            inputs = (self.rule(), *quotes.values())
            if self._whole is None or not same(inputs, self._inputs):
                self._whole, self._inputs = self._gathered(quotes), inputs
            self._book = self._whole
        return self._book

    def _gathered(self, quotes: dict[str, Quote]) -> OrderBook:
        return gathered(quotes, vector(self._floor()), self.rule().half_spread)

    def _floor(self) -> Vector | float:
        """What outside investors show now, $ notional."""
        factors = self._market.factors
        return self._spec.depth_floor * self._outside_depth(factors.depth_line_at(factors.tick))
