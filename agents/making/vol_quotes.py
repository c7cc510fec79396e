"""A maker's quotes at one venue by the rule proportional to vol: of every tick, computed when they are read."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import CREDIT
from markets.kernels.quoting import vol_proportional
from markets.kernels.trading import HALF_SPREAD, QUOTE_ROWS
from markets.venues.quote import Lean, Offer, Quote
from sim.vectors import same

if TYPE_CHECKING:
    from agents.world import TradingWorld
    from markets.venues.rule import Rule
    from markets.venues.stance import Stance
    from markets.venues.venue import Venue

    Terms = tuple[Rule, "Vector", "Vector", "Vector", "Vector"]  # able, credit, inventory and room, (paths,)

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
        stance: Stance,
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
        self._name, self._stance, self._limited = maker, stance, limited
        self.leans, self._funded = lean != 0 and not world.price_takers, per_credit != 0
        self._numbers = (share, world.factors.credit_law.at_start, per_credit, lean, limit)
        self.inventory = self._nothing = world.full(0.0)  # $ notional, when the maker last quoted
        self._per_dollar, self._limit = lean / limit, limit  # half-spreads
        self._written: tuple[object, ...] = ()  # what was last written was computed from
        self._last: tuple[object, ...] = ()  # and what the last quote was
        self._quote: Quote
        self._few: Paths | None = None  # paths of which a record shows it, and the tick of what was last shown
        self._few_at = -1
        self._seen: Quote

    def offer(self) -> None:
        """Post it, before the first of its quotes."""
        self._quotes.attend(self._stance)
        self._quotes.post(self._name, self)

    def hold(self) -> None:
        """The maker quotes, and may hold something here."""
        inventory = self._exposure(self._name)
        self.inventory = inventory if inventory.base is None else inventory.copy()  # a view of the ledger changes

    def changed(self) -> bool:
        """Whether the rule, or what it knew when the maker quoted, is another."""
        return not same(self._terms(), self._written)

    def read(self) -> Quote:
        """On all paths: the last quote again, where nothing has changed."""
        terms = self._terms()
        if not same(terms, self._last):
            rule, *known = terms
            self._quote, self._last = self._made(rule.read(), *known), terms
        return self._quote

    def write(self, levels: Vector) -> None:
        """By one kernel."""
        rule, able, credit, inventory, room = self._written = self._terms()
        vol_proportional(*rule.read(), able, credit, inventory, *self._numbers, levels)
        if self._limited:
            levels[HALF_SPREAD] *= 2 - room

    def on(self, paths: slice) -> Quote:
        """Computed there alone, once for each time that the maker quotes."""
        tick = self._stance.tick
        if tick != self._few_at or paths is not self._few:
            rule, able, credit, inventory, room = self._terms()
            shown = able[paths], credit[paths], inventory[paths], room[paths] if self._limited else room
            self._seen, self._few, self._few_at = self._made(rule.on(paths), *shown), paths, tick
        return self._seen

    def _terms(self) -> Terms:
        """What it is computed from, as of when the maker quoted."""
        stance = self._stance
        credit = stance.market.row(CREDIT) if self._funded else self._nothing
        return self._quotes.rule_of(stance), stance.able, credit, self.inventory, stance.room

    def _made(
        self, rule: tuple[Vector, Vector], able: Vector, credit: Vector, inventory: Vector, room: Vector
    ) -> Quote:
        levels = np.empty((QUOTE_ROWS, able.size))
        vol_proportional(*rule, able, credit, inventory, *self._numbers, levels)
        if self._limited:
            levels[HALF_SPREAD] *= 2 - room
        half_spread, skew, depth = levels
        return Quote(half_spread, skew, depth, partial(self._leaning, half_spread, inventory) if self.leans else None)

    def _leaning(self, half_spread: Vector, inventory: Vector) -> Lean:
        """Skew: `lean` half-spreads at the inventory limit, in proportion below."""
        return Lean(self._per_dollar * half_spread, self._limit, inventory)
