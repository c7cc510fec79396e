"""A world with agents in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from agents.accounts import OWNERS, margin_account
from agents.claims import Claims
from agents.desk.desk import Desk
from markets.world import MarketWorld
from sim.errors import BugError
from sim.kernels.moves import NONE
from sim.vectors import read_only

if TYPE_CHECKING:
    from agents.obligations import Obligation
    from agents.standing import Standing
    from markets.products.book import CompiledBook
    from markets.venues.listing import Listing
    from markets.venues.order import Fill
    from markets.venues.venue import Venue

Vector = NDArray[np.float64]
Reached = tuple["list[Venue]", "Listing | None", int, Vector]  # see `TradingWorld._reached_by`
WRITE_OFF = "write_off"  # reason: what a lender, or a creditor, has lost with a desk


class Participant(Protocol):
    """The owner of an account: every `agents.base.Agent`."""

    @property
    def name(self) -> str:
        """Its account."""

    @property
    def role(self) -> str:
        """Its kind, as tables name it."""

    @property
    def capital(self) -> float:
        """Cash at the start, $."""


class Lender(Protocol):
    """A lender to desks that it margins; a lending agent joins `TradingWorld.lenders` when it begins."""

    def funds(self, name: str) -> bool:
        """Whether it margins this desk."""

    def standing(self, name: str) -> Standing:
        """How a desk that it margins stands."""

    def settle_broken(self) -> None:
        """At MARK of a close: settle debts of and to desks that are wound up with negative equity."""

    def write_off(self, name: str, equity: Vector) -> None:
        """At MARK of a close: bear the negative equity, (paths,) $, of a wound-up desk."""


class Seat(Protocol):
    """Where the orders of a desk come from, if not from its policy."""

    def orders(self, tick: int) -> Mapping[str, Vector]:
        """What is ordered at TRADE of a tick: units by venue, (paths,) each."""

    def filled(self, tick: int, venue: str, fill: Fill) -> None:
        """What became of an order, a lender's share of it included, that was cleared at a tick."""


class TradingWorld(MarketWorld):
    """A `MarketWorld` that knows its agents, their desks and their accounts."""

    def __init__(
        self,
        *,
        agents: tuple[Participant, ...],
        books: dict[str, CompiledBook],
        obligations: Iterable[Obligation] = (),
        seats: Mapping[str, Seat] | None = None,
        **market: Any,
    ) -> None:
        """books: the desks' books, by name. obligations: debts between agents at the start. seats: desks whose orders
        come from outside.
        """
        super().__init__(**market)
        self.agents = agents
        self.desks: dict[str, Desk] = {}
        self.lenders: list[Lender] = []
        self.seats: Mapping[str, Seat] = seats or {}
        # by account, with the ledger's rows in use then: see `_reached_by`
        self._reaching: dict[str, tuple[int, Reached]] = {}
        self._one, self._ones, self._none = self.full(1.0), read_only(self.full(1.0)), read_only(self.full(0.0))
        self._stress: dict[str, tuple[Vector, float]] = {}
        clock = self.clock
        self.close_of_day: NDArray[np.int64] = clock.ticks[np.flatnonzero(clock.is_close)]  # (days,) seconds
        for agent in agents:
            if agent.name in self.ledger.accounts:
                raise BugError(f"two accounts are called {agent.name!r}")
            self.ledger.open(OWNERS, agent.name, margin_account(agent.name))
            self.ledger.transfer(self.full(agent.capital), source=OWNERS, target=agent.name, reason="capital")
        lent_to = any(agent.role == "funding_desk" for agent in agents)
        terms = {agent.name: getattr(agent, "counterparty", None) for agent in agents}
        for name, book in books.items():
            self.desks[name] = Desk(self, name, book, full=lent_to, counterparty=terms[name])
        self.claims = Claims(self.ledger, clock.session_dates, obligations)

    def hedge_value(self, name: str, gains: str | None = None) -> Vector:
        """Value at mid of an agent's positions at the venues (those that book `gains`, if given), (paths,) $."""
        total: Vector | None = None
        for venue in self.venues_held(name):
            if gains is None or gains == venue.listing.gains:
                value = venue.value(name)
                if total is None:
                    total = value
                else:
                    total += value
        return np.zeros(self.paths) if total is None else total

    def hedge_factors(self, name: str) -> tuple[Vector, Callable[[], Vector]]:
        """A vector, read-only, and a function that gives another, (paths,): their product is `hedge_value`.

        Both are valid while `ledger.used` stands. One unit of what is many things is worth all that is held of them.
        """
        venues, listing, _, units = self._reached_by(name)
        if listing is not None:
            worth = listing.worth_of_one
            return units, lambda: worth()[0]
        if venues:
            return self._ones, lambda: self.hedge_value(name)
        return self._none, lambda: self._one

    def only_held(self, name: str) -> Listing | None:
        """The listing of which alone an account has ever held anything, if that is one thing."""
        return self._reached_by(name)[1]

    def held_by(self, name: str) -> tuple[int, Callable[[], Vector]]:
        """An agent's hedge for the ledger's proof: the row of its units and what finds $ of one at mid, (paths,), if it
        holds one thing; else NONE and what finds the value of all. Valid while `ledger.used` stands.
        """
        _, listing, row, _ = self._reached_by(name)
        if listing is None:
            return NONE, lambda: self.hedge_value(name)
        worth = listing.worth_of_one
        return row, lambda: worth()[0]

    def venues_held(self, name: str) -> list[Venue]:
        """Venues at which an account has ever held a position."""
        return self._reached_by(name)[0]

    def _reached_by(self, name: str) -> Reached:
        """Those venues; and where it is one thing, its listing, the ledger's row of its units (else NONE), and them."""
        known = self._reaching.get(name)
        if known is None or known[0] != self.ledger.used:
            known = self._reaching[name] = self.ledger.used, self._find_reached(name)
        return known[1]

    def _find_reached(self, name: str) -> Reached:
        venues = [venue for venue in self.venues.values() if venue.reached(name)]
        listing = venues[0].listing if len(venues) == 1 else None
        if listing is None or len(listing.assets) > 1:
            return venues, None, NONE, self._none
        row = self.ledger.balance_row(name, listing.assets[0])
        assert row is not None
        return venues, listing, row, self.ledger.balance(name, listing.assets[0])

    def equity_now(self, name: str) -> Vector:
        """Cash, margin, venue positions and book at the present market, claims at par, (paths,) $."""
        own = self.ledger.balance(name) + self.ledger.balance(margin_account(name)) + self.hedge_value(name)
        if self.claims.debts:
            own = own + self.claims.value(name)
        desk = self.desks.get(name)
        return own if desk is None else own + desk.value_now()

    def pnl_now(self, name: str) -> Vector:
        """P&L of a desk since the start at the present market, (paths,) $: what was written off for it is no gain."""
        ledger = self.ledger
        paid_in = ledger.flow(name, "capital")
        if ledger.noted(name, WRITE_OFF):
            paid_in = paid_in + ledger.flow(name, WRITE_OFF)
        return self.equity_now(name) - paid_in

    @property
    def answering_options(self) -> list[str]:
        """Venues of options on assets at which any desk trades as the market moves, in one order in every world."""
        if not self.options:
            return []
        return sorted({name for desk in self.desks.values() for name in desk.legs.answering_options})

    def answering_on(self, asset: str) -> list[str]:
        """Those of options on one asset."""
        return sorted({name for desk in self.desks.values() for name in desk.legs.answering_on(asset)})

    def lender_of(self, name: str) -> Lender | None:
        """The lender that funds and margins a desk; None if there is none."""
        return next((lender for lender in self.lenders if lender.funds(name)), None)

    def set_stress(self, lender: str, losses: Vector, lines: float) -> None:
        """A lender's unmet margin and losses, (paths,) $, beside its lines.

        The market's stress is all losses / all lines, at most 1; it stays 0 in a world of price takers.
        """
        if self.price_takers:
            return
        self._stress[lender] = (losses, lines)
        total = sum((s for s, _ in self._stress.values()), self.full(0.0))
        self.factors.credit_law.stress = np.minimum(total / max(sum(x for _, x in self._stress.values()), 1.0), 1.0)
