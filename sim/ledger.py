"""The double-entry ledger: every movement leaves one account and enters another."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.errors import BugError
from sim.kernels import moves as kernels

Vector = NDArray[np.float64]
Amount = Vector | float

CASH = "cash"
ROUNDING = 1e-9
ROOM = {"accounts": 32, "assets": 8, "reasons": 16}  # at first; memory is taken by what is written


class Move(NamedTuple):
    """From whom to whom, what, and why. Without an asset it is a note: $ that passed inside the price of another."""

    source: str
    target: str
    reason: str
    asset: str | None = CASH


class Entries(NamedTuple):
    """Moves with their names looked up."""

    rows: NDArray[np.int64]  # (moves, 4)
    assets: frozenset[str]  # that they move


class Ledger:
    """Balances of accounts x assets x paths, and why each account's worth moved.

    `flows` keep, per account and reason, the running total of cash received (or, for what is not settled in cash,
    noted): the sum over accounts is zero for every asset and for every reason.
    """

    def __init__(self, paths: int) -> None:
        self.paths = paths
        self.accounts: dict[str, int] = {}
        self.assets: dict[str, int] = {CASH: 0}
        self._reasons: dict[str, int] = {}
        self._balances = np.zeros((ROOM["assets"], ROOM["accounts"], paths))
        self._flows = np.zeros((ROOM["reasons"], ROOM["accounts"], paths))
        self._gross = np.zeros((ROOM["assets"], paths))
        self._holders: dict[str, NDArray[np.int64]] = {CASH: np.empty(0, dtype=np.int64)}  # rows that an asset reached
        self._reached: set[tuple[str, str]] = set()  # (account, asset)
        self._noted: dict[tuple[str, str], None] = {}  # (account, reason), in order
        self._entries: dict[tuple[Move, ...], Entries] = {}
        self._views: dict[tuple[str, str], Vector] = {}
        self._changed: set[str] = set()  # assets moved since the last check
        self._nothing = _read_only(np.zeros(paths))

    def open(self, *names: str) -> None:
        """Open accounts; opening one again changes nothing."""
        for name in names:
            self.accounts.setdefault(name, len(self.accounts))
        self._make_room()

    def list_asset(self, *names: str) -> None:
        """Make assets known."""
        for name in names:
            self.assets.setdefault(name, len(self.assets))
            self._holders.setdefault(name, np.empty(0, dtype=np.int64))
        self._make_room()

    def _make_room(self) -> None:
        assets, accounts, reasons = len(self.assets), len(self.accounts), len(self._reasons)
        if assets <= len(self._balances) and accounts <= self._balances.shape[1] and reasons <= len(self._flows):
            return
        self._balances = _larger(self._balances, 2 * assets, 2 * accounts)
        self._flows = _larger(self._flows, 2 * reasons, 2 * accounts)
        self._gross = _larger(self._gross, 2 * assets)
        self._views.clear()

    # --- what is where ---------------------------------------------------------------------------------------------
    def balance(self, account: str, asset: str = CASH) -> Vector:
        """Balance of an account, (paths,), in units of the asset. A view: do not write to it."""
        view = self._views.get((account, asset))
        if view is None:
            view = _read_only(self._balances[self.assets[asset], self.accounts[account]])
            self._views[account, asset] = view
        return view

    def reached(self, account: str, asset: str = CASH) -> bool:
        """Whether an asset has ever moved into or out of an account: if not, its balance is zero on every path."""
        return (account, asset) in self._reached

    def flow(self, account: str, reason: str) -> Vector:
        """Running total of cash that an account received for a reason, (paths,) $. A view: do not write to it."""
        if (account, reason) not in self._noted:
            return self._nothing
        return _read_only(self._flows[self._reasons[reason], self.accounts[account]])

    def noted(self, account: str, reason: str) -> bool:
        """Whether an account has ever had a flow for a reason: if not, it is zero on every path."""
        return (account, reason) in self._noted

    def reasons(self, account: str) -> list[str]:
        """Reasons for which an account has flows."""
        return [reason for name, reason in self._noted if name == account]

    def gross(self, asset: str = CASH) -> Vector:
        """Sum of all amounts moved so far, (paths,)."""
        return self._gross[self.assets[asset]]

    # --- movements -------------------------------------------------------------------------------------------------
    def transfer(self, amount: Amount, *, source: str, target: str, reason: str, asset: str = CASH) -> None:
        """Move `amount` (paths,) of an asset; cash is also noted under its reason."""
        self.post(self._row(amount), (Move(source, target, reason, asset),))

    def note(self, amount: Amount, *, source: str, target: str, reason: str) -> None:
        """Note $ that passed from one account to another inside the price of something else."""
        self.post(self._row(amount), (Move(source, target, reason, None),))

    def post(self, amounts: Vector, moves: tuple[Move, ...]) -> None:
        """Carry out several moves together, of `amounts` (moves, paths)."""
        entries = self._entries.get(moves)
        if entries is None:
            entries = self._entries[moves] = self._look_up(moves)
        kernels.post(amounts, entries.rows, self._balances, self._gross, self._flows)
        self._changed |= entries.assets

    def _row(self, amount: Amount) -> Vector:
        """An amount as (1, paths) of its own: a balance may be moved out of the account whose balance it is."""
        row = np.empty((1, self.paths))
        row[0] = amount
        return row

    def _look_up(self, moves: tuple[Move, ...]) -> Entries:
        rows = np.empty((len(moves), 4), dtype=np.int64)
        for i, move in enumerate(moves):
            source, target = self.accounts[move.source], self.accounts[move.target]
            asset = kernels.NONE if move.asset is None else self.assets[move.asset]
            reason = self._reason(move) if move.asset in (CASH, None) else kernels.NONE
            rows[i] = source, target, asset, reason
            if move.asset is not None:
                self._reached |= {(move.source, move.asset), (move.target, move.asset)}
                self._holders[move.asset] = np.union1d(self._holders[move.asset], [source, target])
        return Entries(rows, frozenset(move.asset for move in moves if move.asset is not None))

    def _reason(self, move: Move) -> int:
        index = self._reasons.setdefault(move.reason, len(self._reasons))
        self._make_room()
        self._noted[move.source, move.reason] = self._noted[move.target, move.reason] = None
        return index

    # --- proof -----------------------------------------------------------------------------------------------------
    def check(self, when: str) -> None:
        """Every asset moved since the last check sums to zero over the accounts, to 1e-9 of what has moved.

        Raises BugError.
        """
        for asset in sorted(self._changed):
            index = self.assets[asset]
            path = kernels.unbalanced(self._balances[index], self._holders[asset], self._gross[index], ROUNDING)
            if path >= 0:
                total = self._balances[index, :, path].sum()
                raise BugError(f"ledger out of balance at {when}: {asset} sums to {total:g}, chunk path {path}")
        self._changed.clear()


def _read_only(view: Vector) -> Vector:
    view.flags.writeable = False
    return view


def _larger(old: Vector, *room: int) -> Vector:
    """The same in an array that has at least so much room along its first axes."""
    shape = [max(have, want) for have, want in zip(old.shape, room, strict=False)] + list(old.shape[len(room) :])
    new = np.zeros(shape)
    new[tuple(slice(n) for n in old.shape)] = old
    return new
