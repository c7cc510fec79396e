"""The liquidity record: how close each path came to using up its cash and its credit line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.requirement import Requirement
from markets.factors.key import MAIN
from markets.kernels.liquidity import (
    EQUITY,
    HIGH_PROCEEDS,
    LINE_SHARE,
    LOW_CASH,
    MISSING,
    RECORD,
    REQUIRED,
    SCALE,
    WHOLE_EQUITY,
    note_capital_force,
    note_close,
    note_force,
    short_of,
)

if TYPE_CHECKING:
    from agents.desk.desk import Desk
    from agents.world import TradingWorld
    from markets.venues.venue import Venue

Vector = NDArray[np.float64]


class LiquidityRecord:
    """Worst figures of one desk over the closes, (paths,) each. It changes nothing in the world.

    A path without a book gives no more information.
    """

    def __init__(self, world: TradingWorld, desk: Desk, *, deadline_days: int, repo: bool) -> None:
        """deadline_days: closes from a call to force. repo: whether long stock raises cash.

        Make it after the desk has taken over its hedge.
        """
        self._world, self._desk, self._repo = world, desk, repo
        capital = {agent.name: agent.capital for agent in world.agents}[desk.name]
        self._capital = world.full(capital)
        self._low_time = np.full(world.paths, world.now, dtype=np.int64)
        self._found, self._no_credit = np.full((RECORD, world.paths), -np.inf), np.empty(0)
        self._found[LOW_CASH], self._found[LINE_SHARE] = np.inf, 0.0
        self._found[EQUITY] = self._found[WHOLE_EQUITY] = world.equity_now(desk.name)
        self._found[SCALE], self._found[REQUIRED] = desk.scale, 0.0
        self._deadline_days = deadline_days
        closes = len(world.close_of_day)
        self._calls, self._called = np.empty((min(deadline_days, closes + 1), world.paths)), 0  # and how many there are
        self._none, self._reached = world.full(0.0), -1  # rows of the ledger when `_find_unpaid` was last called
        self._short: list[Vector] = []  # i: extra capital below which it was short at the close of i days ago

    def note(
        self, asked: Requirement, *, free_cash: Vector, line: Vector, lacking: Vector, credit: Vector | None = None
    ) -> None:
        """Called at a close, after margin has been paid.

        free_cash: cash and repo left; a negative amount is drawn from the line. lacking: requirement less posted
        margin, free cash and line, before any payment; negative: to spare. credit: what options stand for in the
        requirement; None: they do not count.
        """
        world, desk = self._world, self._desk
        equity, unfinanced, calls = world.equity_now(desk.name), self._unfinanced(credit), self._calls
        of_line = (free_cash, line, lacking, equity, unfinanced, desk.scale)
        told = *asked, self._no_credit if credit is None else credit
        note_close(self._found, calls, self._called, world.now, self._low_time, *told, *of_line)
        self._called = min(self._called + 1, len(calls))

    def note_force(self, asked: Requirement, *, lacking: Vector, equity: Vector, credit: Vector | None = None) -> None:
        """Called before TRADE of a close, when the lender looks for overdue calls and negative equity, (paths,) $."""
        scale, owed, unfinanced = self._desk.scale, self._called == self._deadline_days, self._unfinanced(credit)
        told = *asked, self._no_credit if credit is None else credit
        note_force(self._found, self._calls[-1], owed, *told, lacking, equity, unfinanced, scale)

    def note_capital(self, required: Vector) -> None:
        """Called at a close, after `note`. required: equity that a capital limit requires, (paths,) $."""
        short = np.empty(required.size)
        short_of(self._found, required, self._desk.scale, short)
        self._short = [short, *self._short][: self._deadline_days]

    def note_capital_force(self, required: Vector) -> None:
        """Called before TRADE of a close, after `note_force`: a desk short at every close of the period is reduced."""
        if len(self._short) == self._deadline_days:
            equity, least = self._world.equity_now(self._desk.name), np.minimum.reduce(self._short)
            note_capital_force(self._found, least, required, equity, self._desk.scale)

    def _unfinanced(self, credit: Vector | None) -> Vector:
        """Long stock that no repo pays for, and options where they count in margin, (paths,) $."""
        found, name = self._none, self._desk.name
        if self._reached != self._world.ledger.used:
            self._unpaid, self._reached = self._find_unpaid(), self._world.ledger.used
        for venue in self._unpaid[credit is not None]:
            found = found + np.maximum(venue.value(name), 0.0)
        return found

    def _find_unpaid(self) -> tuple[list[Venue], list[Venue]]:
        """Venues whose long positions no repo pays for: of assets, and of options, too."""
        world, held = self._world, {venue.name for venue in self._world.at_venues(self._desk.name).venues}
        financed = self._desk.legs.assets if self._repo else ()
        names = [*(asset.name for asset in world.other_assets), MAIN]
        assets = [world.venue(name) for name in names if name in held and name not in financed]
        return assets, [*assets, *(world.venue(each.name) for each in world.options if each.name in held)]

    def write(self) -> None:
        """Write one row per path. The need of a path without a book is not known: infinite."""
        found = self._found
        alive = (found[SCALE] > 0) & (self._desk.scale > 0)
        highest = dict(zip(Requirement._fields, found[HIGH_PROCEEDS:], strict=False))
        self._world.log.add(
            "liquidity",
            self._world.now,
            agent=self._desk.name,
            low_free_cash=found[LOW_CASH],
            low_free_cash_time=self._low_time,
            peak_line_share=found[LINE_SHARE],
            **{f"peak_{name}": level for name, level in highest.items()},
            book_share=self._desk.kept,
            capital_needed=np.where(alive, np.maximum(self._capital + found[MISSING], 0.0), np.inf),
        )
