"""A maker's quotes at one venue by the rule proportional to vol: posted at every tick, computed when they are read."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import CREDIT
from markets.kernels.quoting import vol_proportional
from markets.kernels.trading import HALF_SPREAD, QUOTE_ROWS
from markets.venues.quote import Awaited, Lean, Quote
from sim.vectors import same

if TYPE_CHECKING:
    from agents.world import TradingWorld
    from markets.venues.quote import Paths
    from markets.venues.quotes import Asked
    from markets.venues.venue import Venue

Vector = NDArray[np.float64]


class VolQuotes:
    """State of them in one world.

    Base half-spread x s/s_base, plus funding cost; both sides shifted against inventory. A maker short of capital
    quotes up to twice as wide.
    """

    def __init__(
        self,
        world: TradingWorld,
        venue: Venue,
        *,
        maker: str,
        share: float,
        per_credit: float,
        lean: float,
        limit: float,
        limited: bool,
    ) -> None:
        """share: of the venue's depth. per_credit: half-spread per unit of credit spread above the calm market's.

        lean: half-spreads by which both sides are shifted at an inventory of `limit` $. limited: whether a lack of
        capital makes its quotes wider.
        """
        self.venue, self._quotes, self._exposure = venue, venue.quotes, venue.listing.exposure
        self._name, self._factors, self._limited = maker, world.factors, limited
        self._leans, self._funded = lean != 0 and not world.price_takers, per_credit != 0
        self._numbers = (share, world.factors.credit_law.at_start, per_credit, lean, limit)
        self._nothing = world.full(0.0)
        self._per_dollar, self._limit = lean / limit, limit  # half-spreads
        self._last: tuple[object, ...] = ()  # what the last quote on all paths was computed from
        self._quote: Quote

    def post(self, able: Vector, room: Vector, *, holds: bool) -> None:
        """Post what computes the quote, from the market and the inventory of now, when somebody reads it.

        able: share of its depth that the maker can show. room: that its capital allows. holds: whether it has ever
        held anything here.
        """
        quotes, inventory = self._quotes, self._nothing
        if holds and self._leans:
            inventory = self._exposure(self._name)
            if inventory.base is not None:  # a view of the ledger, which changes
                inventory = inventory.copy()
        credit = self._factors.snapshot.row(CREDIT) if self._funded else self._nothing
        quotes.post(self._name, Awaited(self._on, quotes.asked or quotes.ask(), able, inventory, credit, room))

    def _on(
        self,
        asked: Asked,
        able: Vector,
        inventory: Vector,
        credit: Vector,
        room: Vector,
        paths: Paths | None = None,
    ) -> Quote:
        """On all paths: the last quote again, where nothing has changed. Or on some."""
        rule = self._quotes.rule_of(asked)
        if paths is not None:
            return self._made(rule.on(paths), able[paths], inventory[paths], credit[paths], room[paths])
        terms = (rule.read(), able, inventory, credit, room)
        if not same(terms, self._last):
            self._quote, self._last = self._made(*terms), terms
        return self._quote

    def _made(
        self, rule: tuple[Vector, Vector], able: Vector, inventory: Vector, credit: Vector, room: Vector
    ) -> Quote:
        quote = np.empty((QUOTE_ROWS, able.size))
        vol_proportional(*rule, able, credit, inventory, *self._numbers, quote)
        if self._limited:
            quote[HALF_SPREAD] *= 2 - room
        half_spread, skew, depth = quote
        return Quote(half_spread, skew, depth, partial(self._leaning, half_spread, inventory) if self._leans else None)

    def _leaning(self, half_spread: Vector, inventory: Vector) -> Lean:
        """Skew: `lean` half-spreads at the inventory limit, in proportion below."""
        return Lean(self._per_dollar * half_spread, self._limit, inventory)
