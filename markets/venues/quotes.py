"""The quotes posted at a venue, the rule that makers start from, and the order book that they make."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.venues.order_book import OrderBook, gathered
from markets.venues.rule import Rule
from sim.vectors import same

if TYPE_CHECKING:
    from markets.spec import VenueSpec
    from markets.venues.listing import Listing
    from markets.venues.quote import Quote
    from markets.venues.surroundings import Surroundings

Vector = NDArray[np.float64]


class Quotes:
    """Of one venue, by maker. A quote stands until its maker posts another."""

    def __init__(self, market: Surroundings, listing: Listing, spec: VenueSpec) -> None:
        self._market, self._listing, self._spec = market, listing, spec
        self._quotes: dict[str, Quote | Callable[[], Quote]] = {}
        self._book: OrderBook | None = None
        self._last_book: OrderBook | None = None
        self._book_of: tuple[object, ...] = ()  # the rule and the quotes that it was made of
        self._rule: Rule | None = None
        self._rule_version = -1

    @property
    def makers(self) -> tuple[str, ...]:
        """Who has posted a quote."""
        return tuple(self._quotes)

    def post(self, maker: str, quote: Quote | Callable[[], Quote]) -> None:
        """Replace a maker's quote. One that nobody may look at can be posted as what computes it, from its own values:
        it is asked when somebody looks, which may be after the market has moved.
        """
        self._quotes[maker] = quote
        self._book = None

    def of(self, maker: str) -> Quote:
        """A maker's quote as posted."""
        quote = self._quotes[maker]
        if callable(quote):
            quote = self._quotes[maker] = quote()
        return quote

    def rule(self) -> Rule:
        """Half-spread and depth of the venue as a whole, at the market as it stands."""
        factors, spec, feedback = self._market.factors, self._spec, self._market.feedback
        if self._rule is None or self._rule_version != factors.version:
            self._rule_version = factors.version
            rule = Rule(
                factors.vol,
                factors.vol_base,
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
        depth = self._spec.depth * self._market.factors.depth_line
        power = self._spec.depth_price_power
        return depth if power == 0 else depth * self._listing.price_ratio() ** power

    def forget(self) -> None:
        """The market has moved, and the rule with it."""
        self._book = None

    def book(self) -> OrderBook:
        """All quotes together. Outside investors stand behind the makers with `depth_floor` of base depth."""
        if self._book is None:
            quotes = {maker: self.of(maker) for maker in self._quotes}
            made_of = (self.rule(), *quotes.values())
            if self._last_book is None or not same(made_of, self._book_of):
                floor = np.empty(self._market.paths)
                floor[:] = self._spec.depth_floor * self._outside_depth()
                self._last_book = gathered(quotes, floor, self.rule().half_spread)
                self._book_of = made_of
            self._book = self._last_book
        return self._book
