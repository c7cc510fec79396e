"""The liquidity record: how close each path came to using up its cash and its credit line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.requirement import Requirement
from markets.factors.key import MAIN

if TYPE_CHECKING:
    from agents.desk.desk import Desk
    from agents.world import TradingWorld

Vector = NDArray[np.float64]
NO_LINE = 1e-9  # $: for a smaller line no share used is computed


class LiquidityRecord:
    """Worst figures of one desk over the closes, (paths,) each. It changes nothing in the world."""

    def __init__(self, world: TradingWorld, desk: Desk, *, deadline_days: int, repo: bool) -> None:
        """deadline_days: closes from a call to force. repo: whether long stock raises cash.

        Make it after the desk has taken over its hedge.
        """
        self._world, self._desk, self._repo = world, desk, repo
        capital = {agent.name: agent.capital for agent in world.agents}[desk.name]
        self._capital = world.full(capital)
        self._low_cash = world.full(np.inf)
        self._low_time = np.full(world.paths, world.now, dtype=np.int64)
        self._line_share = world.full(0.0)
        self._high = Requirement(*(world.full(-np.inf) for _ in Requirement._fields))
        self._equity = world.equity_now(desk.name).copy()
        self._whole_equity = self._equity.copy()  # equity if none of the book had been closed out
        self._scale = desk.scale
        self._required = world.full(0.0)
        self._deadline_days = deadline_days
        self._calls: list[Vector] = []  # i: extra capital below which a call of i closes ago is still unmet
        self._short: list[Vector] = []  # i: extra capital below which it was short at the close of i days ago
        self._missing = world.full(-np.inf)

    def note(self, asked: Requirement, *, free_cash: Vector, line: Vector, lacking: Vector) -> None:
        """Called at a close, after margin has been paid.

        free_cash: cash and repo left; a negative amount is drawn from the line. lacking: requirement less posted
        margin, free cash and line, before any payment; negative: to spare.
        """
        lower = free_cash < self._low_cash
        self._low_cash = np.where(lower, free_cash, self._low_cash)
        self._low_time = np.where(lower, self._world.now, self._low_time)
        drawn = np.maximum(-free_cash, 0.0)
        lent = line > NO_LINE
        share = np.where(lent, drawn / np.where(lent, line, 1.0), drawn > 0)
        np.maximum(self._line_share, share, out=self._line_share)
        for highest, part in zip(self._high, asked, strict=True):
            np.maximum(highest, part, out=highest)
        self._note_calls(asked, lacking)

    def _note_calls(self, asked: Requirement, lacking: Vector) -> None:
        equity = self._world.equity_now(self._desk.name)
        whole, more = self._whole_lacking(asked, lacking, equity), self._more_required(asked)
        going_on = [np.minimum(whole, call + np.minimum(more, 0.0)) for call in self._calls]
        fresh = np.where(more > 0, whole, -np.inf)
        first = np.maximum(fresh, going_on[0]) if going_on else fresh
        self._calls = [first, *going_on][: self._deadline_days]
        self._whole_equity = self._whole_equity_at(equity)
        self._equity, self._scale, self._required = equity, self._desk.scale, self._whole(asked.total)

    def note_force(self, asked: Requirement, *, lacking: Vector) -> None:
        """Called before TRADE of a close, when the lender looks for overdue calls and negative equity."""
        equity = self._world.equity_now(self._desk.name)
        missing = -self._whole_equity_at(equity)
        if len(self._calls) == self._deadline_days:
            due = self._calls[-1] + np.minimum(self._more_required(asked), 0.0)
            missing = np.maximum(missing, np.minimum(self._whole_lacking(asked, lacking, equity), due))
        np.maximum(self._missing, np.where(self._alive(), missing, -np.inf), out=self._missing)

    def note_capital(self, required: Vector) -> None:
        """Called at a close, after `note`. required: equity that a capital limit requires, (paths,) $."""
        short = self._whole(required) - self._whole_equity
        self._short = [short, *self._short][: self._deadline_days]

    def note_capital_force(self, required: Vector) -> None:
        """Called before TRADE of a close, after `note_force`: a desk short at every close of the period is reduced."""
        if len(self._short) == self._deadline_days:
            equity = self._world.equity_now(self._desk.name)
            missing = np.minimum.reduce([self._whole(required) - self._whole_equity_at(equity), *self._short])
            np.maximum(self._missing, np.where(self._alive(), missing, -np.inf), out=self._missing)

    def _whole_lacking(self, asked: Requirement, lacking: Vector, equity: Vector) -> Vector:
        """Funding that the whole book would have lacked, to first order: same prices, P&L and margin in proportion.

        A reduced desk needs less than one with its whole book. So its P&L since the last close is divided by the share
        of the book that it had then, and its funding needs (initial margin, long stock) by the share that it has now. A
        path without a book gives no more information.
        """
        funded = asked.initial_margin + self._unfinanced()
        whole: Vector = lacking - (self._whole_equity_at(equity) - equity) + (self._whole(funded) - funded)
        return np.where(self._alive(), whole, -np.inf)

    def _more_required(self, asked: Requirement) -> Vector:
        """Increase of the requirement since the last close, for the whole book, (paths,) $."""
        return self._whole(asked.total) - self._required

    def _whole(self, amount: Vector) -> Vector:
        """An amount scaled from the remaining book to the whole book."""
        whole: Vector = amount / np.where(self._alive(), self._desk.scale, 1.0)
        return whole

    def _whole_equity_at(self, equity: Vector) -> Vector:
        """Equity if none of the book had been closed out, (paths,) $."""
        gain = (equity - self._equity) / np.where(self._alive(), self._scale, 1.0)
        return self._whole_equity + gain

    def _alive(self) -> NDArray[np.bool_]:
        return (self._scale > 0) & (self._desk.scale > 0)

    def _unfinanced(self) -> Vector:
        """Long stock that no repo pays for, (paths,) $."""
        names = [*(asset.name for asset in self._world.other_assets), MAIN]
        financed = self._desk.assets if self._repo else ()
        venues = [self._world.venue(name) for name in names if name not in financed]
        long = (np.maximum(venue.value(self._desk.name), 0.0) for venue in venues)
        return sum(long, self._world.full(0.0))

    def write(self) -> None:
        """Write one row per path. The need of a path without a book is not known: infinite."""
        self._world.log.add(
            "liquidity",
            self._world.now,
            agent=self._desk.name,
            low_free_cash=self._low_cash,
            low_free_cash_time=self._low_time,
            peak_line_share=self._line_share,
            **{f"peak_{name}": highest for name, highest in self._high._asdict().items()},
            book_share=self._desk.kept,
            capital_needed=np.where(self._alive(), np.maximum(self._capital + self._missing, 0.0), np.inf),
        )
