"""Basis funds: long bonds in repo, short the future on them; sellers when lenders or losses force them to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from agents.base import Agent, Process
from agents.intervals import Interval, check_interval
from markets.accounts import INVESTORS
from markets.factors.key import CLEARED_HAIRCUT, HAIRCUT, margin_key
from markets.venues.bond_future import BondFuture
from markets.venues.loop_gain import FUNDS
from markets.venues.zero_bond import ZeroBond
from sim.dataclass import dataclass
from sim.params import param
from sim.phases import Phase

if TYPE_CHECKING:
    from simpy import Event

    from agents.cast import Cast
    from agents.world import TradingWorld
    from markets.factors.key import FactorKey
    from markets.venues.order import Fill
    from markets.venues.venue import Venue
    from sim.place import Place

Vector = NDArray[np.float64]
Moves = dict["FactorKey", Vector]
BUMP = 1e-6  # displacement of a venue
AT_LIMIT = 1e-9  # share of the equity: a fund this close to what it is asked for sells at the next loss


@dataclass(frozen=True, kw_only=True)
class BasisFund(Agent):
    """A fund that holds bonds in repo against a short future on them, or bonds alone.

    Its lender asks for the haircut x value of the bonds, the clearing house for the margin of the future. It begins
    with so much that the share `buffer` of its equity is free. Once equity is less than what is asked for (haircut or
    margin has risen, or the basis has moved against it) it unwinds until the buffer is there again, at whatever price.
    The future is bought back first, and bonds are sold for as much as it got.
    """

    role: ClassVar[str] = "fund"
    capital: float = param(1e9, unit="$", help="equity at the start", gt=0, against="the venue's depth")
    venue: str = param(help="bond that it holds in repo")
    future: str = param("", help="future on that bond that it sells; none: it bears the bond's price")
    holding: float | None = param(
        None,
        unit="$ of face",
        help="held at the start (default: as much as the buffer allows)",
        gt=0,
        against="its capital",
    )
    buffer: float = param(0.0, unit="share of equity", help="left free at the start and after unwinding", ge=0, lt=1)
    rebuilds: bool = param(False, help="also buys while more than the buffer is free")
    interval: str = param("tick", help="how often it looks: '30m', '2h', '1d', or 'tick'")

    def check(self, cast: Cast, at: Place) -> None:
        """Its bond is financed in repo, its future is on that bond, its interval can be read."""
        cast.check_repo(self.venue, at.at("venue"))
        if self.future:
            cast.check_future(self.future, self.venue, at.at("future"))
        check_interval(self.interval, at.at("interval"))

    def live(self, world: TradingWorld) -> Process:
        yield from _Fund(self, world).run()


class _Fund:
    """State of one fund in one world. Bonds and futures are counted in $ of face value."""

    def __init__(self, agent: BasisFund, world: TradingWorld) -> None:
        self.agent, self.world = agent, world
        self.bonds = world.venue(agent.venue)
        self.futures = world.venue(agent.future) if agent.future else None
        listing = self.bonds.listing
        assert isinstance(listing, ZeroBond)
        self.bond = listing
        self.lead: Venue = self.futures or self.bonds  # where it trades first
        self.interval = Interval(agent.interval)
        cleared = next(iter(world.market.rates.repo.values())).cleared
        self.netted = cleared.share * cleared.offset
        self.last_look = 0
        held = world.full(agent.holding or 0.0)
        if agent.holding is None:
            held = self._wanted({}, world.full(agent.capital))
        self.bonds.hand_over(INVESTORS, agent.name, held)
        if self.futures is not None:
            self.futures.hand_over(INVESTORS, agent.name, -held)

    def run(self) -> Process:
        """Look, and unwind what equity does not bear; for ever, from the first tick after the start."""
        world, agent = self.world, self.agent
        while True:
            yield world.tick(Phase.TRADE)
            called = self._called()
            self._expose(called)
            if world.tick_index == 0 or not self.interval.due(world.clock, world.tick_index, self.last_look):
                continue
            self.last_look = world.tick_index
            answer = self.lead.trade(agent, self._order(called))
            yield answer if self.futures is None else self.bonds.trade(agent, self._matched(answer, self.futures))

    # --- what it may hold --------------------------------------------------------------------------------------------
    def _prices(self, moves: Moves) -> tuple[Vector, Vector]:
        """Prices of bond and future after moves of yield and basis; without a future the bond's twice."""
        listing = self.lead.listing
        if isinstance(listing, BondFuture):
            return listing.prices_at(moves)
        bond = self.bond.price_at(self.bond.yield_move(moves))
        return bond, bond

    def _equity(self, moves: Moves) -> Vector:
        """Equity after moves of yield and basis, (paths,) $."""
        name, (bond, future) = self.agent.name, self._prices(moves)
        equity = self.world.equity_now(name) + self.bonds.held(name) * (bond - self.bonds.mid)
        if self.futures is not None:
            equity = equity + self.futures.held(name) * (future - self.futures.mid)
        return equity

    def _asked(self, moves: Moves) -> Vector:
        """What lender and clearing house ask for, (paths,) $ per $ of face value."""
        market = self.world.factors.snapshot
        price = self._prices(moves)[0]
        asked = market.row(HAIRCUT) * price
        if self.futures is None:
            return asked
        margin = market.row(margin_key(self.futures.name))
        if self.netted:  # bond and future are with one clearing house, which takes off a share for both
            asked = asked - self.netted * (market.row(CLEARED_HAIRCUT) * price + margin)
        return asked + margin

    def _wanted(self, moves: Moves, equity: Vector | None = None) -> Vector:
        """Bonds at which the buffer is free, (paths,) $ of face value."""
        own = self._equity(moves) if equity is None else equity
        wanted: Vector = (1 - self.agent.buffer) * np.maximum(own, 0.0) / self._asked(moves)
        return wanted

    def _called(self) -> NDArray[np.bool_]:
        """Where equity is no more than what is asked for, (paths,)."""
        equity = self._equity({})
        return np.asarray(equity <= self.bonds.held(self.agent.name) * self._asked({}) + AT_LIMIT * np.abs(equity))

    # --- orders ------------------------------------------------------------------------------------------------------
    def _moved(self, venue: Venue, displacement: Vector) -> Moves:
        """Moves of yield and basis by a displacement of a venue's price."""
        return {key: by * displacement for key, by in venue.listing.displaces.items()}

    def _order(self, called: NDArray[np.bool_]) -> Callable[[Vector], Vector]:
        """Units to trade at the leading venue, as a function of the displacement of its price by all orders."""
        held = self.bonds.held(self.agent.name).copy()

        def order(displacement: Vector) -> Vector:
            change = self._wanted(self._moved(self.lead, displacement)) - held
            target = held + np.where(called, np.minimum(change, 0.0), 0.0)
            if self.agent.rebuilds:
                target = target + np.maximum(change, 0.0)
            return target - held if self.futures is None else -target - self.futures.held(self.agent.name)

        return order

    def _matched(self, answer: Event, futures: Venue) -> Callable[[Vector], Vector]:
        """Bonds to trade so that they match the futures after their fill, which is known first."""
        held, short = self.bonds.held(self.agent.name).copy(), futures.held(self.agent.name).copy()

        def match(_: Vector) -> Vector:
            fill: Fill = answer.value  # type: ignore[assignment]
            return -(short + fill.quantity) - held

        return match

    def _expose(self, called: NDArray[np.bool_]) -> None:
        """Tell the venues what a rise of each price makes it trade, (paths,) $ per unit of displacement."""
        acts = called | self.agent.rebuilds
        at = [self.bonds] if self.futures is None else [self.futures, self.bonds]
        for moved in at:
            bump = self.world.full(BUMP)
            more = self._wanted(self._moved(moved, bump)) - self._wanted(self._moved(moved, -bump))
            bought = np.where(acts, more / (2 * BUMP), 0.0)
            for venue in at:
                sign = -1.0 if venue is self.futures else 1.0
                venue.expose(sign * bought * venue.listing.unit_notional, moved=moved.name, by=FUNDS)
