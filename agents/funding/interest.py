"""Interest on loans, and on cash balances."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.accounts import WHOLESALE, margin_account
from markets.kernels.lending import pay_interest
from markets.venues.interest import growth
from sim.ledger import Move
from sim.vectors import read_only

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
        self._accrued_through, self._opens = 0, world.clock.plain.is_open  # tick; whether a day begins at each
        self._moves = {name: self._of(name) for name in borrowers}
        self._nothing, self._none = read_only(world.full(0.0)), np.empty(0)  # a type of kernel, as with a balance
        world.ledger.open(WHOLESALE)

    def _of(self, name: str) -> tuple[Move, Move, Move]:
        """What interest moves for one borrower: on balances to it and to the lender, on loans from it."""
        return (
            Move(self._lender, name, "funding_overnight"),
            Move(WHOLESALE, self._lender, "funding_overnight"),
            Move(name, self._lender, "funding_credit"),
        )

    def accrue(self) -> None:
        """At SHOCK: pay the accrued interest if a day begins."""
        tick = self._world.tick_index
        if tick == 0 or not self._opens[tick]:
            return
        clock = self._world.clock.plain
        years = clock.calendar_years[tick] - clock.calendar_years[self._accrued_through]
        self._accrued_through = tick
        world, asked, day_count = self._world, self._line.repo_spread, self._world.market.day_count
        overnight = growth(world.factors.overnight, years, day_count)
        repo = self._none if asked is None else growth(world.full(asked), years, day_count)
        loans: dict[int, tuple[Vector, Vector]] = {}  # spreads and interest, by the spread's id
        for name in self._borrowers:
            spread = self._line.spread(name)
            if id(spread) not in loans:
                loans[id(spread)] = spread, growth(spread, years, day_count)
            self._pay(name, overnight, loans[id(spread)][1], repo)

    def _pay(self, name: str, overnight: Vector, loan: Vector, repo: Vector) -> None:
        """Interest on 1 $ is given: on balances, on loans, and on repo if there is any."""
        ledger = self._world.ledger
        posted = ledger.balance(margin_account(name)) if name in self._margined else self._nothing
        stock = self._line.repo(name) if repo.size else self._nothing
        pay_interest(ledger.balance(name), posted, stock, overnight, loan, repo, *ledger.posting(self._moves[name]))
