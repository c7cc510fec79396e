"""A desk's client book: its marks, and how much of it is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from agents.accounts import CLIENTS
from agents.desk.attribution import Attribution, Mark
from agents.desk.counterparty import Counterparty
from agents.desk.legs import Legs
from agents.desk.unit_book import UnitBook
from markets.accounts import INVESTORS
from sim.memo import Memo
from sim.names import Key

if TYPE_CHECKING:
    from agents.desk.counterparty_terms import CounterpartyTerms
    from markets.factors.key import FactorKey
    from markets.factors.snapshot import Snapshot
    from markets.products.book import CompiledBook
    from markets.world import MarketWorld

Vector = NDArray[np.float64]
Ints = NDArray[np.int64]


class Follower(Protocol):
    """Something that values single positions of the book, and so must be told what the desk settles."""

    def settle(self, since: int, tick: int, snapshot: Snapshot) -> None:
        """Pay cash flows due in (since, tick] and fix floating rates, in this market."""

    def receive(self, due: Vector) -> None:
        """Note dividends of (paths,) $ per unit of the asset."""


class Desk:
    """A client book held by one account, `scale` (paths,) of it after forced reductions.

    `unit` is one unit of it, `legs` what it is hedged with, `attribution` where its P&L came from.
    """

    def __init__(
        self,
        world: MarketWorld,
        name: str,
        book: CompiledBook,
        *,
        full: bool = True,
        counterparty: CounterpartyTerms | None = None,
    ) -> None:
        """full: whether more of the risk than `slopes` will be used; all is then computed together.

        counterparty: whom the whole book is with, where its credit counts.
        """
        self.world = world
        self.name = name
        self.asset = Key("book", of=name)
        self.book = book
        full = full or book.has_rates or world.venue("asset").has_impact or bool(book.assets)
        self.unit = UnitBook(world, book, full=full or counterparty is not None)
        self.attribution = Attribution(world, self.unit, sure=counterparty is None)
        self.scale, self.whole = world.full(1.0), world.full(1.0)  # all of it, whatever is left
        self.forced = self._unforced = world.full(0.0)  # share of the book to be closed out at the next mark
        self.liquidated = np.zeros(world.paths, dtype=bool)
        self.defaulted = np.zeros(world.paths, dtype=bool)
        self.followers: list[Follower] = []
        self._left: Memo[tuple[Vector, Ints]] = Memo()  # by the scale, which is replaced, never written to
        snapshot = world.factors.snapshot
        self.last = Mark(0, snapshot, book.value(0, snapshot, self.unit.fixings))
        self.unit_cva: Vector | None = None
        self.counterparty: Counterparty | None = None
        if counterparty is not None:
            self.counterparty = Counterparty(self, counterparty)
            self.unit_cva = self.counterparty.now().value
            self.counterparty.exchange(self.last.clean)
        self.legs = Legs(world, self.unit, self.counterparty)
        self._take_on()

    def _take_on(self) -> None:
        """Take the clients' book on against its premium: no gain to either side."""
        ledger, asset = self.world.ledger, self.asset
        ledger.open(CLIENTS, INVESTORS)
        ledger.list_asset(asset)
        ledger.transfer(self.world.full(1.0), source=CLIENTS, target=self.name, asset=asset, reason="book")
        ledger.transfer(self.unit_value, source=self.name, target=CLIENTS, reason="book")

    # --- value ------------------------------------------------------------------------------------------
    @property
    def marked(self) -> int:
        """Tick of the last mark."""
        return self.last.tick

    @property
    def unit_value(self) -> Vector:
        """Value of one unit of scale as of the last mark, less CVA, (paths,) $."""
        return self.last.clean if self.unit_cva is None else self.last.clean - self.unit_cva

    @property
    def book_value(self) -> Vector:
        """Value of the book as of the last mark, (paths,) $."""
        return self.scale * self.unit_value

    def value_now(self) -> Vector:
        """Value of the book now, less CVA, (paths,) $."""
        if self.counterparty is None:
            return self.clean_now()
        value: Vector = self.scale * (self.unit.value() - self.counterparty.now().value)
        return value

    def clean_now(self) -> Vector:
        """Value of the book now as if its counterparty could not default, (paths,) $."""
        value: Vector = self.scale * self.unit.value()
        return value

    def margined_now(self) -> Vector:
        """What variation margin on the book is exchanged for, (paths,) $: nothing of one without collateral."""
        there = self.counterparty
        exchanged = there is None or there.terms.collateralised
        return self.clean_now() if exchanged else np.zeros(self.world.paths)

    @property
    def untouched(self) -> bool:
        """Whether no lender has ever forced anything. Fast: `forced` is replaced, never written to."""
        return self.forced is self._unforced

    @property
    def kept(self) -> Vector:
        """Share of the book that no lender has taken, (paths,)."""
        there = self.counterparty
        return self.scale if there is None else np.where(there.ended, there.share, self.scale)

    @property
    def left(self) -> tuple[Vector, Ints]:
        """Books that are not liquidated, (paths,), and the paths that have any; found when the scale changes."""
        known = self._left.of(self.scale)
        if known is None:
            known = np.where(self.liquidated, 0.0, self.scale), (self.scale != 0).nonzero()[0]
            self._left.put(known, self.scale)
        return known

    @property
    def needs(self) -> tuple[FactorKey, ...]:
        """Factors that the value of the book depends on, with those of CVA."""
        return self.book.needs if self.counterparty is None else (*self.book.needs, *self.counterparty.keys)

    # --- marks --------------------------------------------------------------------------------------------------
    def mark(self) -> None:
        """Attribute what happened since the last mark, pay the book's cash flows, and mark it."""
        factors, last, attribution, unit = self.world.factors, self.last, self.attribution, self.unit
        tick, now = factors.tick, factors.snapshot
        if tick == last.tick:
            return
        settles = self.book.settles(last.tick, tick)
        steps = attribution.revalued(last.snapshot, now, settles=settles)
        end = value = unit.value()
        if settles:
            value, cash = self._settle(last.tick, tick, now)
            end = value + cash
        attribution.take(self.scale, last, now, steps, end)
        self.last, unit.settled = Mark(tick, now, value), tick
        if self.counterparty is not None and self.unit_cva is not None:
            self.unit_cva = self.counterparty.mark(value, self.unit_cva)

    def _settle(self, since: int, tick: int, now: Snapshot) -> tuple[Vector, Vector]:
        """Pay cash flows due in (since, tick], fix and exercise: value of one unit after that, and the cash, $."""
        fixings = self.unit.fixings
        cash = self.book.cashflows(since, tick, now, fixings)
        self.book.fix(since, tick, now, fixings)
        for follower in self.followers:
            follower.settle(since, tick, now)
        self.world.ledger.transfer(self.scale * cash, source=CLIENTS, target=self.name, reason="book")
        self.unit.forget()
        if self.counterparty is not None:
            self.counterparty.forget()
        return self.book.value(tick, now, fixings, settled=tick), cash

    def receive(self, due: Vector) -> None:
        """Receive dividends, `due` (paths,) $ per unit, on the asset units in the book; attributed to time."""
        paid = self.book.asset_units * due
        self.world.ledger.transfer(self.scale * paid, source=CLIENTS, target=self.name, reason="book")
        self.attribution.of_time(self.scale, paid)
        for follower in self.followers:
            follower.receive(due)

    def reduce(self, share: Vector) -> None:
        """Note that a share of what is left, (paths,), was closed out; a book that is gone is liquidated."""
        self.scale = self.scale * (1 - share)
        done = share >= 1.0
        fresh = done & ~self.liquidated
        self.world.log.add("events", self.world.now, fresh, kind="liquidated", subject=self.name, value=1.0)
        self.liquidated |= done
        self.forced = self.world.full(0.0)  # another array than at the start
