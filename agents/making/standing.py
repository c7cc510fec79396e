"""A maker's equity against its capital: how much of its depth it can show, and when it withdraws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from agents.accounts import OWNERS
from markets.kernels.quoting import standing
from sim.vectors import marked, read_only

if TYPE_CHECKING:
    from collections.abc import Callable

    from agents.world import TradingWorld

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
        self._agent, self._world = agent, world
        switch, limit = min(world.feedback.depth, 1.0), agent.drawdown_limit * agent.capital  # $
        self._shrinks = world.feedback.depth != 0 and not world.price_takers
        self._everything, self._nothing = world.full(1.0), read_only(world.full(0.0))
        self._day = -1  # index of that of the last call: who is away comes back on another one
        self._peak = world.full(agent.capital)
        self._away_until = np.zeros(world.paths, dtype=np.int64)  # day index
        self._away = np.zeros(world.paths, dtype=bool)
        self._leaving = np.zeros(world.paths, dtype=bool)  # now
        self._terms = agent.capital, limit, switch, self._peak, self._away, self._leaving
        self._anybody = False  # away, on any path
        self._rows_used = -1  # of the ledger, when it last looked for these:
        self._cash = self._units = self._nothing  # of its account; its hedge, where that is one thing
        self._price: Callable[[], Vector]  # $ of one of it

    def withdraw_or_return(self, day: int) -> Vector:
        """Share of its full depth that the maker can show, (paths,)."""
        if not self._shrinks:
            return self._everything
        world = self._world
        if self._rows_used != world.ledger.used:
            self._look_around()
        cash, units, price = self._cash, self._units, self._price()
        if self._anybody and day != self._day:
            back = self._away & (day >= self._away_until)
            if marked(back):
                cash, units, price = self._recapitalised(back), self._nothing, self._everything
        self._day = day
        able = np.empty(world.paths)
        if standing(cash, units, price, *self._terms, able):
            self._withdraw(cash + units * price, day)
        return able

    def _look_around(self) -> None:
        """What it has ever held: equity is cash + units x price."""
        world, name = self._world, self._agent.name
        self._rows_used, self._cash = world.ledger.used, world.ledger.balance(name)
        self._units, self._price = world.hedge_factors(name)

    def _withdraw(self, equity: Vector, day: int) -> None:
        """Who is leaving now stays away."""
        world, agent, leaving = self._world, self._agent, self._leaving
        world.log.add("events", world.now, leaving, kind="withdrawal", subject=agent.name, value=equity)
        self._away |= leaving
        self._anybody = True
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
