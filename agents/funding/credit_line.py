"""The credit line: how much a lender's borrowers can pay from cash, repo and the line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import MAIN, name_key
from markets.factors.other_curves import in_dollars
from sim.memo import Memo
from sim.vectors import read_only, total

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agents.world import TradingWorld

Vector = NDArray[np.float64]


def financed_assets(world: TradingWorld, name: str) -> tuple[str, ...]:
    """Assets whose long stock a lender takes in repo: those in which a borrower hedges options."""
    desk = world.desks.get(name)
    return (MAIN,) if desk is None else desk.legs.assets


class CreditLine:
    """One line per borrower, and repo on its long stock if the lender offers it."""

    def __init__(
        self,
        world: TradingWorld,
        *,
        base: float,
        power: float,
        capital: float,
        repo_spread: float | None,
        names: Mapping[str, str] | None = None,
    ) -> None:
        """base: $, at the starting spread. capital: $, the lender's. repo_spread: decimal a year; None: no repo.

        names: of `market.credits`, by the borrower that borrows at its spread.
        """
        self._names = names or {}
        self._world = world
        self._base, self._power, self._capital = base, power, capital
        self.repo_spread = repo_spread
        self.losses = world.full(0.0)  # $ that the lender has lost; never changed in place
        self._size: Memo[Vector] = Memo()

    @property
    def gone(self) -> NDArray[np.bool_]:
        """Where the lender has lost its capital, (paths,): it lends nothing any more."""
        return np.asarray(self.losses >= self._capital)

    def spread(self, name: str) -> Vector:
        """What a borrower pays over the overnight rate, (paths,) decimal: of its own name, else the market's."""
        factors = self._world.factors
        own = self._names.get(name, "")
        return in_dollars(factors.snapshot.row(name_key(own))) if own else factors.credit

    def size(self) -> Vector:
        """base (credit0 / credit)^power x (1 - losses / capital), at most `base`, at least 0, (paths,) $.

        It shrinks as credit widens and as the lender loses money. Read-only.
        """
        credit, losses = self._world.factors.credit, self.losses
        return self._size.get(lambda: self._size_at(credit, losses), credit, losses)

    def _size_at(self, credit: Vector, losses: Vector) -> Vector:
        intact = np.minimum(np.maximum(1 - losses / self._capital, 0.0), 1.0)
        floor = max(self._world.factors.credit_law.at_start, 1e-12)
        line: Vector = self._base * np.minimum((floor / np.maximum(credit, 1e-12)) ** self._power, 1.0) * intact
        return read_only(line)

    def repo(self, name: str) -> Vector:
        """Cash that a borrower's long stock raises in repo, (paths,) $: its market value, no haircut; 0 without repo.

        Cash in the ledger is net of the repo loan: the price paid for stock comes back through repo, which costs its
        spread.
        """
        if self.repo_spread is None:
            return self._world.full(0.0)
        financed = financed_assets(self._world, name)
        return np.asarray(total(np.maximum(self._world.venue(asset).value(name), 0.0) for asset in financed))

    def free_cash(self, name: str) -> Vector:
        """Cash and repo, (paths,) $; a negative amount is drawn from the line."""
        free: Vector = self._world.ledger.balance(name) + self.repo(name)
        return free

    def drawn(self, name: str) -> Vector:
        """Amount drawn from the line, (paths,) $."""
        return np.maximum(-self._world.ledger.balance(name) - self.repo(name), 0.0)

    def reach(self, name: str) -> Vector:
        """Cash, repo and line, (paths,) $; negative if the line has shrunk below the amount drawn."""
        return self.free_cash(name) + self.size()

    def headroom(self, name: str) -> Vector:
        """Amount that a borrower can pay from cash, repo and line, (paths,) $, at least 0."""
        return np.maximum(self.reach(name), 0.0)
