"""The quotes posted at a venue, the rule that makers start from, and the order book that they make."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.venues.order_book import OrderBook, gathered
from markets.venues.rule import Rule
from sim.memo import Memo

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
        self._of_tick: Memo[Rule] = Memo()
        self._rule: Memo[Rule] = Memo()  # the same one from tick to tick, while all that it depends on stands
        self._book: Memo[OrderBook] = Memo()

    @property
    def makers(self) -> tuple[str, ...]:
        """Who has posted a quote."""
        return tuple(self._quotes)

    def post(self, maker: str, quote: Quote | Callable[[], Quote]) -> None:
        """Replace a maker's quote. One that nobody may look at can be posted as what computes it, from its own values:
        it is asked when somebody looks, which may be after the market has moved, and gives the same quote every time.
        """
        self._quotes[maker] = quote

    def of(self, maker: str) -> Quote:
        """A maker's quote as posted."""
        quote = self._quotes[maker]
        return quote() if callable(quote) else quote

    def rule(self) -> Rule:
        """Half-spread and depth of the venue as a whole, at this tick's market."""
        return self._of_tick.get(self._rule_now, self._market.factors.tick)

    def _rule_now(self) -> Rule:
        factors, spec, feedback = self._market.factors, self._spec, self._market.feedback
        powers = spec.spread_power * feedback.spread, spec.depth_power * feedback.depth
        half_spread, depth = spec.half_spread * factors.spread_line, self._outside_depth()
        rule = Rule(factors.vol, factors.vol_law.base, half_spread, powers[0], depth, powers[1])
        return self._rule.get(lambda: rule, factors.vol if any(powers) else 0.0, half_spread, depth)

    def _outside_depth(self) -> Vector | float:
        """base x outside multiple x (S/S0)^depth_price_power, $ notional."""
        depth = self._spec.depth * self._market.factors.depth_line
        power = self._spec.depth_price_power
        return depth if power == 0 else depth * self._listing.price_ratio() ** power

    def book(self) -> OrderBook:
        """All quotes together. Outside investors stand behind the makers with `depth_floor` of base depth."""
        rule, quotes = self.rule(), {maker: self.of(maker) for maker in self._quotes}

        def gather() -> OrderBook:
            floor = np.empty(self._market.paths)
            floor[:] = self._spec.depth_floor * self._outside_depth()
            return gathered(quotes, floor, rule.half_spread)

        return self._book.get(gather, rule, *quotes.values())
