"""The double-entry ledger: every movement leaves one account and enters another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.errors import BugError

Vector = NDArray[np.float64]
Amount = Vector | float

CASH = "cash"
ROUNDING = 1e-9


class Ledger:
    """Balances of accounts x assets x paths, and why each account's worth moved.

    `flows` keeps, per account and reason, the running total of cash received (or, for what is not settled in cash,
    noted): the sum over accounts is zero for every asset and for every reason.
    """

    def __init__(self, paths: int) -> None:
        self.paths = paths
        self.accounts: dict[str, int] = {}
        self.assets: dict[str, int] = {CASH: 0}
        self._balances = np.zeros((0, 1, paths))
        self._flows: dict[tuple[str, str], Vector] = {}
        self._gross: dict[str, Vector] = {CASH: np.zeros(paths)}

    def open(self, *names: str) -> None:
        """Open accounts; opening one again changes nothing."""
        for name in names:
            if name not in self.accounts:
                self.accounts[name] = len(self.accounts)
                empty = np.zeros((1, len(self.assets), self.paths))
                self._balances = np.concatenate([self._balances, empty])

    def list_asset(self, *names: str) -> None:
        """Make assets known."""
        for name in names:
            if name not in self.assets:
                self.assets[name] = len(self.assets)
                empty = np.zeros((len(self.accounts), 1, self.paths))
                self._balances = np.concatenate([self._balances, empty], axis=1)
                self._gross[name] = np.zeros(self.paths)

    def balance(self, account: str, asset: str = CASH) -> Vector:
        """Balance of an account, (paths,), in units of the asset. A view: do not write to it."""
        view: Vector = self._balances[self.accounts[account], self.assets[asset]]
        view.flags.writeable = False
        return view

    def flow(self, account: str, reason: str) -> Vector:
        """Running total of cash that an account received for a reason, (paths,) $."""
        got = self._flows.get((account, reason))
        return np.zeros(self.paths) if got is None else got

    def reasons(self, account: str) -> list[str]:
        """Reasons for which an account has flows."""
        return [reason for name, reason in self._flows if name == account]

    def transfer(self, amount: Amount, *, source: str, target: str, reason: str, asset: str = CASH) -> None:
        """Move `amount` (paths,) of an asset; cash is also noted under its reason."""
        column = self.assets[asset]
        self._balances[self.accounts[source], column] -= amount
        self._balances[self.accounts[target], column] += amount
        self._gross[asset] += np.abs(amount)
        if asset == CASH:
            self.note(amount, source=source, target=target, reason=reason)

    def note(self, amount: Amount, *, source: str, target: str, reason: str) -> None:
        """Note $ that passed from one account to another inside the price of something else."""
        self._add(source, reason, -np.asarray(amount))
        self._add(target, reason, np.asarray(amount))

    def _add(self, account: str, reason: str, amount: Vector) -> None:
        got = self._flows.get((account, reason))
        if got is None:
            got = self._flows[account, reason] = np.zeros(self.paths)
        got += amount

    def gross(self, asset: str = CASH) -> Vector:
        """Sum of all amounts moved so far, (paths,)."""
        return self._gross[asset]

    def check(self, when: str) -> None:
        """Every asset sums to zero over the accounts, to 1e-9 of what has moved. Raises BugError."""
        totals = self._balances.sum(axis=0)
        for asset, column in self.assets.items():
            bad = ~(np.abs(totals[column]) <= ROUNDING * (1.0 + self._gross[asset]))
            if bad.any():
                path = int(np.argmax(bad))
                raise BugError(
                    f"ledger out of balance at {when}: {asset} sums to {totals[column, path]:g}, chunk path {path}"
                )
