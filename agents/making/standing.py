"""A maker's equity against its capital: how much of its depth it can show, and when it withdraws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from agents.accounts import OWNERS
from markets.accounts import INVESTORS
from markets.kernels.passing_on import passed_on
from markets.kernels.quoting import standing
from markets.venues.stock import Stock
from sim.kernels.moves import ENTRY
from sim.vectors import marked, read_only, some

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from agents.world import TradingWorld
    from markets.venues.venue import Venue
    from sim.ledger import Move

Vector = NDArray[np.float64]


class Capitalised(Protocol):
    """The keys of a maker that say when it withdraws."""

    @property
    def name(self) -> str: ...
    @property
    def capital(self) -> float: ...
    @property
    def drawdown_limit(self) -> float: ...
    @property
    def recapitalise_days(self) -> int: ...


class Standing:
    """State of one maker in one world."""

    def __init__(self, agent: Capitalised, world: TradingWorld) -> None:
        self._agent, self._world, self._ledger, self._two = agent, world, world.ledger, (2, world.paths)
        switch, limit = min(world.feedback.depth, 1.0), agent.drawdown_limit * agent.capital  # $
        self._shrinks = world.feedback.depth != 0 and not world.price_takers
        self._everything, self._nothing = world.full(1.0), read_only(world.full(0.0))
        self._day = -1  # index of the last one on which somebody left, or might have come back
        self._peak = world.full(agent.capital)
        self._away_until = np.zeros(world.paths, dtype=np.int64)  # day index
        self._away = np.zeros(world.paths, dtype=bool)
        self._leaving = np.zeros(world.paths, dtype=bool)  # now
        self._terms = agent.capital, limit, switch, self._peak, self._away, self._leaving
        self._anybody = False  # away, on any path
        self._rows_used = -1  # of the ledger, when it last looked for these:
        self._cash = self._units = self._nothing  # of its account; its hedge, where that is one thing
        self._price: Callable[[], Vector]  # $ of one of it
        self._only_cash = False  # whether it has never held anything else; then, while nobody is away:
        self._seen, self._able = b"", self._everything  # the cash that it last looked at, and what it found
        self._moves: tuple[Move, ...] = ()  # by which that is passed on
        self._unmoved = np.empty((0, ENTRY), dtype=np.int64), np.empty((1, 1))
        self.worth: Vector  # $ of it when the maker last looked, (paths,), if it passes it on

    def passes_on(self, venues: Iterable[Venue]) -> bool:
        """Whether a share of all that the maker holds, one asset, is passed on in `withdraw_or_return` from now on.

        venues: where it holds something that is to be passed on. Holds while `ledger.used` stands.
        """
        world, name = self._world, self._agent.name
        stock = world.at_venues(name).listing
        at = [venue for venue in venues if venue.listing is stock and venue.investors is None]
        self._moves = stock.passing(name, INVESTORS) if at and self._shrinks and isinstance(stock, Stock) else ()
        if self._moves:
            world.ledger.posting(self._moves)  # so that there are rows for them, before any is looked at
            self._look_around()
        return bool(self._moves)

    def withdraw_or_return(self, day: int, share: float = 0.0) -> Vector:
        """Share of its full depth that the maker can show, (paths,).

        share: of what it passes on, which outside investors take over at mid before.
        """
        if not self._shrinks:
            return self._everything
        if self._rows_used != self._ledger.used:
            self._look_around()
        if self._only_cash and not self._anybody:
            cash = self._cash.tobytes()
            if cash == self._seen:
                return self._able
            self._seen = cash
        if self._anybody and day != self._day:
            self._day = day
            back = self._away & (day >= self._away_until)
            if marked(back):
                return self._with_those_back(back, day, share)
        entries, rows = self._ledger.posting(self._moves) if share and self._moves else self._unmoved
        self._able, self.worth = able, worth = np.empty(self._two)
        if standing(entries, rows, share, self._cash, self._units, self._price(), *self._terms, able, worth):
            self._withdraw(self._cash + worth, day)
        return able

    def _with_those_back(self, back: NDArray[np.bool_], day: int, share: float) -> Vector:
        """As above, on a day on which somebody returns, with the capital at the start."""
        self._pass_on(share)
        equity, (able, nothing), (entries, rows) = self._recapitalised(back), np.empty(self._two), self._unmoved
        # as if nothing were held besides
        if standing(entries, rows, share, equity, self._nothing, self._everything, *self._terms, able, nothing):
            self._withdraw(equity + nothing, day)
        self.worth = self._units * self._price()
        return able

    def _pass_on(self, share: float) -> None:
        if self._moves and share and some(self._units):
            passed_on(self._units, share, self._price(), *self._world.ledger.posting(self._moves))

    def _look_around(self) -> None:
        """What it has ever held: equity is cash + units x price."""
        ledger, held = self._ledger, self._world.at_venues(self._agent.name)
        self._rows_used, self._cash = ledger.used, ledger.balance(self._agent.name)
        self._units, self._price = held.units, held.price
        self._only_cash, self._seen = not held.venues, b""

    def _withdraw(self, equity: Vector, day: int) -> None:
        """Who is leaving now stays away."""
        world, agent, leaving = self._world, self._agent, self._leaving
        world.log.add("events", world.now, leaving, kind="withdrawal", subject=agent.name, value=equity)
        self._away |= leaving
        self._anybody, self._day, self._seen = True, day, b""
        self._away_until = np.where(leaving, day + agent.recapitalise_days, self._away_until)

    def _recapitalised(self, back: NDArray[np.bool_]) -> Vector:
        """Owners restore the capital at the start; returns the equity then, (paths,) $."""
        world, agent = self._world, self._agent
        equity = world.ledger.balance(agent.name) + world.hedge_value(agent.name)
        amount = np.where(back, np.maximum(agent.capital - equity, 0.0), 0.0)
        world.ledger.transfer(amount, source=OWNERS, target=agent.name, reason="capital")
        world.log.add("events", world.now, back, kind="recapitalised", subject=agent.name, value=amount)
        equity += amount
        self._peak[back] = equity[back]
        self._away &= ~back
        self._anybody = marked(self._away)
        return read_only(equity)
