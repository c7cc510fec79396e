"""The double-entry ledger: every movement leaves one account and enters another."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sim.errors import BugError
from sim.kernels import moves as kernels
from sim.named_tuple import NamedTuple
from sim.names import Key, Name
from sim.vectors import lined_up

Vector = NDArray[np.float64]
Amount = Vector | float
Rows = NDArray[np.int64]

CASH = Key("cash")  # what money is: nothing that a scenario names can be it
EVERY_PATH = np.empty(0, dtype=np.int64)
ROUNDING = 1e-9
ROOM = 32  # rows at first, doubled when they are full; the system gives memory only to rows that are written to


class Move(NamedTuple):
    """A movement: source, target, reason and asset.

    Without an asset it is a note: $ that changed hands inside the price of something else, such as a spread.
    """

    source: Name
    target: Name
    reason: str
    asset: Name | None = CASH


class Entries(NamedTuple):
    """Moves with their names looked up."""

    rows: Rows  # (moves, ENTRY)
    assets: int  # that they move: the bits of their numbers
    moves: tuple[Move, ...]  # kept, so that no other tuple gets its id


class Split(NamedTuple):
    """Who has an asset's gain, and under which reasons its parts are noted, out of that of the whole."""

    asset: Name
    holders: tuple[Name, ...]
    whole: str
    parts: tuple[str, ...]


class Proof(NamedTuple):
    """What `kernels.unbalanced` reads of some assets."""

    assets: list[Name]
    holders: Rows
    ends: Rows
    gross: Rows


class Ledger:
    """Balances of accounts x assets x paths, and why each account's worth moved.

    Invariant: for every asset, and for every reason, the sum over all accounts is zero on every path.

    Names. Accounts and assets of a scenario (an agent's account, a further asset) are strings. The engine's own (cash,
    the outside accounts) have a `Key`, and no string equals a key. A caller may write a key as tables do ("investors");
    it means the engine's own unless a scenario has something of that name.

    Units. A balance is in units of its asset; a flow is the running total of $ that an account received, or noted, for
    a reason. Both are (paths,).
    """

    def __init__(self, paths: int) -> None:
        self.paths = paths
        self.accounts: dict[Name, None] = {}  # in order of opening
        self.assets: dict[Name, None] = {CASH: None}
        self.rows = lined_up(ROOM, paths)  # a row, once written to, is a balance, a flow or an asset's gross
        self.used = 0  # rows ever written to. It only grows: row numbers found before are valid while it is the same
        self._balances: dict[tuple[Name, Name], int] = {}  # row by (account, asset) that was ever reached
        self._flows: dict[Name, dict[str, int]] = {}  # row by account, by reason
        self._gross: dict[Name, int] = {}  # row by asset
        self._holders: dict[Name, Rows] = {}  # rows of the balances of an asset
        self._entries: dict[tuple[Move, ...], Entries] = {}
        self._of_object: dict[int, Entries] = {}  # the same by id
        self._shares: dict[tuple[Split, ...], Rows] = {}
        self._views: dict[int, Vector] = {}  # by row
        self._held: dict[tuple[Name, Name], Vector] = {}  # the same by account and asset, as callers write them
        self._numbers: dict[
            Name, int
        ] = {}  # of assets that moves were looked up of: a set of them is an integer's bits
        self._changed = 0  # assets moved since the last check
        self._proofs: dict[int, Proof] = {}  # by those; none is valid once there is a further row
        self._nothing = _read_only(np.zeros(paths))
        self._keys: dict[str, Key] = {str(CASH): CASH}  # the engine's own accounts and assets, by what tables call them

    def open(self, *names: Name) -> None:
        """Open accounts; opening one again changes nothing."""
        for name in names:
            self.accounts.setdefault(name)
            self._flows.setdefault(name, {})
        self._call(names)

    def list_asset(self, *names: Name) -> None:
        """Declare assets. Raises BugError for cash, which is never a traded asset."""
        for name in names:
            if name == CASH:
                raise BugError("cash is money: it cannot be listed as an asset")
            self.assets.setdefault(name)
        self._call(names)

    def _call(self, names: tuple[Name, ...]) -> None:
        self._held.clear()  # a name may mean another thing from now on
        self._keys |= {str(key): key for key in names if isinstance(key, Key)}

    def _meant(self, name: Name, known: dict[Name, None]) -> Name:
        """The account or asset that is meant. Raises KeyError if there is none."""
        found = name if name in known else self._keys.get(str(name), name)
        if found not in known:
            raise KeyError(name)
        return found

    def _row_of(self, account: Name, asset: Name) -> int | None:
        """Where a balance is kept; None if the asset never reached the account. Raises KeyError for unknown names."""
        row = self._balances.get((account, asset))
        if row is None and (account not in self.accounts or asset not in self.assets):
            meant = self._meant(account, self.accounts), self._meant(asset, self.assets)
            return self._balances.get(meant)
        return row

    def _new_row(self) -> int:
        if self.used == len(self.rows):
            full, self.rows = self.rows, lined_up(2 * self.used, self.paths)
            self.rows[: self.used] = full
            self._views.clear()
            self._held.clear()
        self.used += 1
        self._proofs.clear()
        return self.used - 1

    # --- balances ---------------------------------------------------------------------------------------------
    def balance(self, account: Name, asset: Name = CASH) -> Vector:
        """Balance of an account, (paths,), in units of the asset. A view: do not write to it.

        Raises KeyError for an account or an asset that is not known.
        """
        view = self._held.get((account, asset))
        if view is None:
            row = self._row_of(account, asset)
            if row is None:
                return self._nothing
            view = self._held[account, asset] = self._view(row)
        return view

    def _view(self, row: int) -> Vector:
        view = self._views.get(row)
        if view is None:
            view = self._views[row] = _read_only(self.rows[row])
        return view

    def balance_row(self, account: Name, asset: Name = CASH) -> int | None:
        """Where among `rows` a balance is kept; None if the asset never reached the account."""
        return self._row_of(account, asset)

    def reached(self, account: Name, asset: Name = CASH) -> bool:
        """Whether an asset has ever moved into or out of an account: if not, its balance is zero on every path."""
        return (account, asset) in self._balances or self._row_of(account, asset) is not None

    def moved(self, asset: Name) -> bool:
        """Whether an asset has ever moved at all."""
        return asset in self._gross

    def flow(self, account: Name, reason: str) -> Vector:
        """Running total of cash that an account received for a reason, (paths,) $. A view: do not write to it."""
        row = self._flows[self._meant(account, self.accounts)].get(reason)
        return self._nothing if row is None else self._view(row)

    def flow_rows(self, account: Name) -> dict[str, int]:
        """Where among `rows` an account's flows are kept, by reason; the same dictionary on every call."""
        return self._flows[account]

    def noted(self, account: Name, reason: str) -> bool:
        """Whether an account has ever had a flow for a reason: if not, it is zero on every path."""
        return reason in self._flows[account]

    # --- movements -------------------------------------------------------------------------------------------------
    def transfer(self, amount: Amount, *, source: Name, target: Name, reason: str, asset: Name = CASH) -> None:
        """Move `amount` (paths,) of an asset; cash is also noted under its reason."""
        self.post(self._row(amount), (Move(source, target, reason, asset),))

    def note(self, amount: Amount, *, source: Name, target: Name, reason: str) -> None:
        """Note $ that passed from one account to another inside the price of something else."""
        self.post(self._row(amount), (Move(source, target, reason, None),))

    def post(self, amounts: Vector, moves: tuple[Move, ...]) -> None:
        """Carry out several moves together, of `amounts` (moves, paths)."""
        kernels.post(amounts, *self.posting(moves))

    def posting(self, moves: tuple[Move, ...]) -> tuple[Rows, Vector]:
        """Entries of moves, and `rows`: for a kernel that posts amounts where it finds them, by `kernels.carry_out`.

        It must do so now: their assets count as moved.
        """
        # most callers send the same tuple again; to hash one costs more
        entries = self._of_object.get(id(moves)) or self._looked_up(moves)
        self._changed |= entries.assets
        return entries.rows, self.rows

    def note_shares(self, parts: Vector, splits: tuple[Split, ...], among: Rows = EVERY_PATH) -> None:
        """Note what holders of assets have of `parts` (parts, paths) $ a unit, in the order of the splits' parts.

        Each holder's note passes from one reason to another. By part all sum to zero, as the holdings do. among: the
        paths of the parts; (0,): all.
        """
        shares = self._shares.get(splits)
        if shares is None:
            shares = self._shares[splits] = self._find_shares(splits)
        if among.size:
            kernels.note_some(parts, among, shares, self.rows)
        else:
            kernels.note_shares(parts, shares, self.rows)

    def _find_shares(self, splits: tuple[Split, ...]) -> Rows:
        """As `kernels.note_shares` reads them."""
        found, first = list[tuple[int, int, int, int]](), 0
        for asset, holders, whole, parts in splits:
            for holder in holders:
                held, out_of = self._balances[holder, asset], self._note(holder, whole)
                found += [(held, i, out_of, self._note(holder, part)) for i, part in enumerate(parts, start=first)]
            first += len(parts)
        return np.array(found, dtype=np.int64).reshape(-1, kernels.SHARE)

    def _looked_up(self, moves: tuple[Move, ...]) -> Entries:
        """Entries of moves that are equal to earlier ones, or new."""
        entries = self._entries.get(moves)
        if entries is None:
            entries = self._entries[moves] = self._look_up(moves)
            self._of_object[id(moves)] = entries
        return entries

    def _row(self, amount: Amount) -> Vector:
        """A copy of an amount, (1, paths): the amount may be a view of the very balance that the move changes."""
        row = np.empty((1, self.paths))
        row[0] = amount
        return row

    def _look_up(self, moves: tuple[Move, ...]) -> Entries:
        rows = np.full((len(moves), kernels.ENTRY), kernels.NONE)
        for entry, move in zip(rows, moves, strict=True):
            if move.asset is not None:
                reached = [self._reach(account, move.asset) for account in (move.source, move.target)]
                gross = self._gross[self._meant(move.asset, self.assets)]
                entry[[kernels.GIVER, kernels.TAKER, kernels.GROSS]] = *reached, gross
            if move.asset is None or self._meant(move.asset, self.assets) == CASH:
                noted = [self._note(account, move.reason) for account in (move.source, move.target)]
                entry[[kernels.PAID, kernels.GOT]] = noted
        moved = {self._meant(move.asset, self.assets) for move in moves if move.asset is not None}
        assets = sum(1 << self._numbers.setdefault(asset, len(self._numbers)) for asset in moved)
        return Entries(rows, assets, moves)

    def _reach(self, account: Name, asset: Name) -> int:
        """The row of a balance, made if there is none. Raises KeyError if account or asset is not known."""
        account, asset = self._meant(account, self.accounts), self._meant(asset, self.assets)
        if asset not in self._gross:
            self._gross[asset], self._holders[asset] = self._new_row(), np.empty(0, dtype=np.int64)
        if (account, asset) not in self._balances:
            self._balances[account, asset] = self._new_row()
            self._holders[asset] = np.append(self._holders[asset], self._balances[account, asset])
        return self._balances[account, asset]

    def _note(self, account: Name, reason: str) -> int:
        """The row of a flow, made if there is none."""
        flows = self._flows[self._meant(account, self.accounts)]
        if reason not in flows:
            flows[reason] = self._new_row()
        return flows[reason]

    # --- proof -----------------------------------------------------------------------------------------------------
    @property
    def proven(self) -> bool:
        """Whether nothing has moved since the last check."""
        return not self._changed

    def check(self, when: Callable[[], str]) -> None:
        """Prove that cash, and every asset moved since the last check, sums to zero over the accounts.

        Tolerance: 1e-9 of all that has moved of it. when: called for the place that an error names. Raises BugError.
        """
        proof = self._proofs.get(self._changed)
        if proof is None:
            moved = {asset for asset, number in self._numbers.items() if self._changed >> number & 1}
            proof = self._proofs[self._changed] = self._proof_of(moved)
        found = kernels.unbalanced(self.rows, proof.holders, proof.ends, proof.gross, ROUNDING)
        if found >= 0:
            number, path = divmod(found, self.paths)
            asset = proof.assets[number]
            with np.errstate(invalid="ignore"):  # inf and -inf: the line below says nan
                total = self.rows[self._holders[asset], path].sum()
            raise BugError(f"ledger out of balance at {when()}: {asset} sums to {total:g}, chunk path {path}")
        self._changed = 0

    def _proof_of(self, moved: set[Name]) -> Proof:
        """Rows of assets that have moved, and of cash."""
        assets = sorted(moved | {CASH} if self.moved(CASH) else moved, key=str)
        holders = [self._holders[asset] for asset in assets]
        ends = np.cumsum([rows.size for rows in holders], dtype=np.int64)
        gross = np.array([self._gross[asset] for asset in assets], dtype=np.int64)
        return Proof(assets, np.concatenate([*holders, np.empty(0, dtype=np.int64)]), ends, gross)


def _read_only(view: Vector) -> Vector:
    view.flags.writeable = False
    return view
