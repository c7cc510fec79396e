"""A maker's quotes at one venue by the rule proportional to vol: posted at every tick, computed when they are read."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.kernels.quoting import vol_proportional
from markets.kernels.trading import HALF_SPREAD, QUOTE_ROWS
from markets.venues.quote import Lean, Offer, Quote
from sim.vectors import same

if TYPE_CHECKING:
    from agents.world import TradingWorld
    from markets.venues.quote import Paths
    from markets.venues.quotes import Asked
    from markets.venues.rule import Rule
    from markets.venues.venue import Venue

Vector = NDArray[np.float64]


class VolQuotes(Offer):
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
        self._name, self._limited = maker, limited
        self._leans, self._funded = lean != 0 and not world.price_takers, per_credit != 0
        self._numbers = (share, world.factors.credit_law.at_start, per_credit, lean, limit)
        self._nothing = world.full(0.0)
        self._per_dollar, self._limit = lean / limit, limit  # half-spreads
        self.holds = False  # whether the maker has ever held anything here
        self._asked: Asked | None = None  # the rule when it was posted, and else: able, inventory, credit, room
        self._known = self._nothing, self._nothing, self._nothing, self._nothing
        self._written: tuple[object, ...] = ()  # what was last written was computed from
        self._last: tuple[object, ...] = ()  # and what the last quote was
        self._quote: Quote

    def offer(self) -> None:
        """Post it, before the first of its quotes."""
        self._quotes.post(self._name, self)

    def post(self, able: Vector, room: Vector, credit: Vector) -> None:
        """Quote from the market and the inventory of now; the levels are computed when somebody reads them.

        able, room: share of its depth that the maker can show at all, and that its capital allows. credit: the spread,
        decimal.
        """
        inventory = self._nothing
        if self.holds and self._leans:
            inventory = self._exposure(self._name)
            if inventory.base is not None:  # a view of the ledger, which changes
                inventory = inventory.copy()
        self._asked = self._quotes.asked or self._quotes.ask()
        self._known = able, inventory, credit if self._funded else self._nothing, room
        self._quotes.renew(self._name)

    def changed(self) -> bool:
        """Whether the rule, or what it knew when it was posted, is another."""
        return not same((self._rule(), *self._known), self._written)

    def read(self) -> Quote:
        """On all paths: the last quote again, where nothing has changed."""
        terms = (self._rule(), *self._known)
        if not same(terms, self._last):
            self._quote, self._last = self._made(self._rule().read(), *self._known), terms
        return self._quote

    def write(self, levels: Vector) -> None:
        """By one kernel."""
        rule, (able, inventory, credit, room) = self._rule(), self._known
        self._written = rule, able, inventory, credit, room
        vol_proportional(*rule.read(), able, credit, inventory, *self._numbers, levels)
        if self._limited:
            levels[HALF_SPREAD] *= 2 - room

    def on(self, paths: Paths) -> Quote:
        """Computed there alone."""
        able, inventory, credit, room = self._known
        return self._made(self._rule().on(paths), able[paths], inventory[paths], credit[paths], room[paths])

    def _rule(self) -> Rule:
        asked = self._asked
        assert asked is not None, "it has been posted"
        return asked.rule or self._quotes.rule_of(asked)

    def _made(
        self, rule: tuple[Vector, Vector], able: Vector, inventory: Vector, credit: Vector, room: Vector
    ) -> Quote:
        levels = np.empty((QUOTE_ROWS, able.size))
        vol_proportional(*rule, able, credit, inventory, *self._numbers, levels)
        if self._limited:
            levels[HALF_SPREAD] *= 2 - room
        half_spread, skew, depth = levels
        return Quote(half_spread, skew, depth, partial(self._leaning, half_spread, inventory) if self._leans else None)

    def _leaning(self, half_spread: Vector, inventory: Vector) -> Lean:
        """Skew: `lean` half-spreads at the inventory limit, in proportion below."""
        return Lean(self._per_dollar * half_spread, self._limit, inventory)
