"""Interest on loans, and on cash balances."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.accounts import WHOLESALE, margin_account
from markets.venues.interest import growth
from sim.ledger import Move

if TYPE_CHECKING:
    from agents.funding.credit_line import CreditLine
    from agents.world import TradingWorld

Vector = NDArray[np.float64]


class Interest:
    """Accrues once a day, at the first tick, before the market moves: at the rates since the last accrual.

    Balances, margin included, earn overnight; loans pay credit over it (the market's, or that of the borrower's own
    name), and repo its spread.
    """

    def __init__(
        self, world: TradingWorld, lender: str, line: CreditLine, borrowers: tuple[str, ...], margined: Collection[str]
    ) -> None:
        """borrowers: accounts that pay and earn. margined: those of them that have posted margin."""
        self._world, self._lender, self._line = world, lender, line
        self._borrowers, self._margined = borrowers, margined
        self._accrued_through = 0  # tick
        self._moves = {name: self._of(name) for name in borrowers}
        world.ledger.open(WHOLESALE)

    def _of(self, name: str) -> tuple[Move, Move, Move]:
        """What interest moves for one borrower: on balances to it and to the lender, on loans from it."""
        return (
            Move(self._lender, name, "funding_overnight"),
            Move(WHOLESALE, self._lender, "funding_overnight"),
            Move(name, self._lender, "funding_credit"),
        )

    def accrue(self) -> None:
        """At SHOCK of every tick: pay the accrued interest if a day begins."""
        clock, tick = self._world.clock.plain, self._world.tick_index
        if tick == 0 or not clock.is_open[tick]:
            return
        years = clock.calendar_years[tick] - clock.calendar_years[self._accrued_through]
        self._accrued_through = tick
        for name in self._borrowers:
            self._pay(name, years)

    def _pay(self, name: str, years: float) -> None:
        world, ledger, day_count = self._world, self._world.ledger, self._world.market.day_count
        cash = ledger.balance(name).copy()
        posted = ledger.balance(margin_account(name)) if name in self._margined else 0.0
        on_balances = (cash + posted) * growth(world.factors.overnight, years, day_count)
        stock = self._line.repo(name)
        on_loans = np.maximum(-cash - stock, 0.0) * growth(self._line.spread(name), years, day_count)
        if self._line.repo_spread is not None:
            on_loans = on_loans + stock * growth(world.full(self._line.repo_spread), years, day_count)
        amounts = np.empty((3, world.paths))
        amounts[:2], amounts[2] = on_balances, on_loans
        ledger.post(amounts, self._moves[name])
