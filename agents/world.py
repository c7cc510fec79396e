"""A world with agents in it."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agents.accounts import OWNERS, margin_account
from agents.desk.desk import Desk
from agents.funding.claims import Claims
from agents.watching.failure import explained
from agents.watching.watched import life_of, watched
from markets.world import MarketWorld
from sim.errors import BugError
from sim.memo import Memo

if TYPE_CHECKING:
    from collections.abc import Callable

    from agents.base import Agent, Process
    from agents.funding.lending import Lending
    from markets.products.book import CompiledBook
    from markets.venues.venue import Venue

Vector = NDArray[np.float64]


class TradingWorld(MarketWorld):
    """A `MarketWorld` that knows its agents, their desks and their accounts."""

    def __init__(self, *, agents: tuple[Agent, ...], books: dict[str, CompiledBook], **market: Any) -> None:
        super().__init__(**market)
        self.agents = agents
        self.desks: dict[str, Desk] = {}
        self.lenders: list[Lending] = []
        self._venues_of: dict[str, Memo[list[Venue]]] = defaultdict(Memo)  # by account
        self._stress: dict[str, tuple[Vector, float]] = {}
        clock = self.clock
        self.close_of_day: NDArray[np.int64] = clock.ticks[np.flatnonzero(clock.is_close)]  # (days,) seconds
        for agent in agents:
            if agent.name in self.ledger.accounts:
                raise BugError(f"two accounts are called {agent.name!r}")
            self.ledger.open(OWNERS, agent.name, margin_account(agent.name))
            self.ledger.transfer(self.full(agent.capital), source=OWNERS, target=agent.name, reason="capital")
        lent_to = any(agent.role == "funding_desk" for agent in agents)
        for name, book in books.items():
            self.desks[name] = Desk(self, name, book, full=lent_to)
        self.claims = Claims(self)
        self.theirs: dict[Process, Process] = {}  # processes of the user's own that have not ended -> watched

    def admit(self, agent: Agent) -> None:
        """Let an agent live here. Raises SpiralError, told as of the agent, where it cannot begin."""
        try:
            self.start(life_of(agent, self), agent.name)
        except BaseException as error:
            told = explained(error, self, agent)
            raise told from told.__cause__

    def start(self, process: Process, owner: str | None = None) -> None:
        """Let a process live in this world; one of the user's own is watched."""
        super().start(watched(process, self), owner)

    def run(self, progress: Callable[[int], None] | None = None) -> None:
        """Run to the end of the clock. Raises SpiralError, in one line, where an agent or a policy fails."""
        try:
            super().run(progress)
            self.require_finite_market()  # what the last orders did to it
            while self.theirs:
                self.theirs.popitem()[1].close()
        except BaseException as error:
            told = explained(error, self)
            self._abandon()
            if told is error:
                raise
            raise told from told.__cause__

    def _abandon(self) -> None:
        """End the user's processes of a run that failed: what they say to it is not heard."""
        for process in self.theirs.values():
            with suppress(BaseException):
                process.close()

    def hedge_value(self, name: str, gains: str | None = None) -> Vector:
        """Worth at mid of what an agent holds at the venues (of those that book `gains`, if given), (paths,) $."""
        held = self._venues_held(name)
        values = [venue.value(name) for venue in held if gains in (None, venue.gains)]
        return sum(values[1:], values[0]) if values else self.full(0.0)

    def _venues_held(self, name: str) -> list[Venue]:
        """Where an account has ever held anything."""
        venues = self.venues.values()
        return self._venues_of[name].get(lambda: [v for v in venues if v.reached(name)], self.ledger.used)

    def equity_now(self, name: str) -> Vector:
        """Cash, margin, venue positions and book at the market as it stands, claims at par, (paths,) $."""
        own = self.ledger.balance(name) + self.ledger.balance(margin_account(name)) + self.hedge_value(name)
        own = own + self.claims.value(name)
        desk = self.desks.get(name)
        return own if desk is None else own + desk.value_now()

    def lender_of(self, name: str) -> Lending | None:
        """Who funds and margins a desk; None if nobody does."""
        return next((lender for lender in self.lenders if name in lender.clients), None)

    def set_stress(self, lender: str, losses: Vector, lines: float) -> None:
        """A lender's unmet margin and losses, (paths,) $, beside its lines.

        The market's stress is the share of all losses in all lines, at most 1; 0 where it leaves no trace.
        """
        if self.price_takers:
            return
        self._stress[lender] = (losses, lines)
        total = sum((s for s, _ in self._stress.values()), self.full(0.0))
        self.factors.credit_law.stress = np.minimum(total / max(sum(x for _, x in self._stress.values()), 1.0), 1.0)
