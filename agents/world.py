"""A world with agents in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from agents.accounts import OWNERS, margin_account
from agents.claims import Claims
from agents.desk.desk import Desk
from markets.world import MarketWorld
from sim.errors import BugError
from sim.kernels.moves import NONE
from sim.named_tuple import NamedTuple
from sim.vectors import read_only

if TYPE_CHECKING:
    from agents.lender_account import LenderAccount
    from agents.obligations import Obligation
    from markets.products.book import CompiledBook
    from markets.venues.listing import Listing
    from markets.venues.order import Fill
    from markets.venues.venue import Venue

Vector = NDArray[np.float64]
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

    def account(self, name: str) -> LenderAccount:
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


class AtVenues(NamedTuple):
    """What an account has ever held at the venues: units x price is what it is worth at mid.

    Several things count as one unit, at the price of all that is held; nothing as no unit.
    """

    venues: list[Venue]
    listing: Listing | None  # where it is one thing
    row: int  # of its units in the ledger, else NONE
    units: Vector  # (paths,), read-only
    price: Callable[[], Vector]  # $ of one of them now, (paths,)


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
        self._at_venues: dict[str, tuple[int, AtVenues]] = {}  # by account, with the ledger's rows in use then
        # of units, which a ledger shows read-only, and of prices: kernels are compiled for one kind of each
        self._ones, self._none, self._zero = read_only(self.full(1.0)), read_only(self.full(0.0)), self.full(0.0)
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
        for venue in self.at_venues(name).venues:
            if gains is None or gains == venue.listing.gains:
                value = venue.value(name)
                if total is None:
                    total = value
                else:
                    total += value
        return np.zeros(self.paths) if total is None else total

    def at_venues(self, name: str) -> AtVenues:
        """What an account has ever held at the venues. Valid while `ledger.used` stands."""
        known = self._at_venues.get(name)
        if known is None or known[0] != self.ledger.used:
            known = self._at_venues[name] = self.ledger.used, self._find_at_venues(name)
        return known[1]

    def _find_at_venues(self, name: str) -> AtVenues:
        venues = [venue for venue in self.venues.values() if venue.reached(name)]
        if not venues:
            return AtVenues(venues, None, NONE, self._none, lambda: self._zero)
        listing = venues[0].listing
        if len(venues) > 1 or len(listing.assets) > 1:
            return AtVenues(venues, None, NONE, self._ones, partial(self.hedge_value, name))
        worth, row = listing.worth_of_one, self.ledger.balance_row(name, listing.assets[0])
        assert row is not None
        return AtVenues(venues, listing, row, self.ledger.balance(name, listing.assets[0]), lambda: worth()[0])

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
