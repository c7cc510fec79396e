"""Movements of the ledger, and whether its accounts balance: one pass over the paths for many movements."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.jit import kernel, kernel_inline
from sim.kernels.sums import READ, add_totals

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BLOCK = 1024  # paths: few enough that the rows of a trade stay in the L1 cache
GIVER, TAKER, GROSS, PAID, GOT = range(5)  # columns of an entry: rows of the ledger
ENTRY = 5
NONE = -1
HELD, PART, OUT_OF, INTO = range(4)  # columns of a share: row of a balance; which part of a gain it has; rows of flows
SHARE = 4


@kernel_inline
def together(entries: Ints, i: int) -> int:
    """How many entries from `i` on, three at most, move one asset between the same two accounts: costs of a fill."""
    number = 1
    while number < 3 and i + number < entries.shape[0]:
        for column in (GIVER, TAKER, GROSS):
            if entries[i + number, column] != entries[i, column] or entries[i, column] == NONE:
                return number
        number += 1
    return number


@kernel_inline
def carry_out(amounts: Floats, at: int | np.int64, entries: Ints, rows: Floats, start: int, stop: int) -> None:
    """Carry out movements on the paths from `start` to `stop`, as `post` does on all.

    A balance is read and written once for up to three movements. amounts: of the first of these paths in column `at`.
    """
    width, i = stop - start, 0
    while i < entries.shape[0]:
        number, first = together(entries, i), amounts[i, at : at + width]
        if entries[i, GIVER] != NONE:
            giver, taker = rows[entries[i, GIVER], start:stop], rows[entries[i, TAKER], start:stop]
            moved = rows[entries[i, GROSS], start:stop]
            if number == 1:
                for j in range(width):
                    giver[j] -= first[j]
                    taker[j] += first[j]
                    moved[j] += abs(first[j])
            elif number == 2:
                second = amounts[i + 1, at : at + width]
                for j in range(width):
                    giver[j] = giver[j] - first[j] - second[j]
                    taker[j] = taker[j] + first[j] + second[j]
                    moved[j] = moved[j] + abs(first[j]) + abs(second[j])
            else:
                second, third = amounts[i + 1, at : at + width], amounts[i + 2, at : at + width]
                for j in range(width):
                    giver[j] = giver[j] - first[j] - second[j] - third[j]
                    taker[j] = taker[j] + first[j] + second[j] + third[j]
                    moved[j] = moved[j] + abs(first[j]) + abs(second[j]) + abs(third[j])
        for k in range(i, i + number):
            if entries[k, PAID] != NONE:
                amount = amounts[k, at : at + width]
                paid, got = rows[entries[k, PAID], start:stop], rows[entries[k, GOT], start:stop]
                for j in range(width):
                    paid[j] -= amount[j]
                    got[j] += amount[j]
        i += number


@kernel_inline
def carry_out_some(amounts: Floats, entries: Ints, rows: Floats, among: Ints, start: int, width: int) -> None:
    """`carry_out` on the `width` paths `among` from `start` on, to its digits. amounts: of those paths."""
    for i in range(entries.shape[0]):
        amount = amounts[i]
        if entries[i, GIVER] != NONE:
            giver, taker, moved = rows[entries[i, GIVER]], rows[entries[i, TAKER]], rows[entries[i, GROSS]]
            for j in range(width):
                path = among[start + j]
                giver[path] -= amount[j]
                taker[path] += amount[j]
                moved[path] += abs(amount[j])
        if entries[i, PAID] != NONE:
            paid, got = rows[entries[i, PAID]], rows[entries[i, GOT]]
            for j in range(width):
                path = among[start + j]
                paid[path] -= amount[j]
                got[path] += amount[j]


@kernel
def post(amounts: Floats, entries: Ints, rows: Floats) -> None:
    """Carry out movements, in their order.

    Args:
        amounts: (entries, paths).
        entries: (entries, ENTRY) row numbers: balances of giver and taker, the asset's gross, flows paid and received.
        GIVER NONE: no balance moves; PAID NONE: no flow is noted.
        rows: (rows, paths) of the ledger, changed.
    """
    paths = amounts.shape[1]
    for start in range(0, paths, BLOCK):
        stop = min(start + BLOCK, paths)
        carry_out(amounts, start, entries, rows, start, stop)


@kernel_inline
def four_alike(shares: Ints, i: int) -> bool:
    """Whether four shares from `i` on are of one balance, out of one flow."""
    if i + 4 > shares.shape[0]:
        return False
    for k in range(i + 1, i + 4):
        if shares[k, HELD] != shares[i, HELD] or shares[k, OUT_OF] != shares[i, OUT_OF]:
            return False
    return True


@kernel_inline
def note_four(parts: Floats, shares: Ints, rows: Floats, i: int, start: int, stop: int) -> None:
    """Note four shares of one balance from `i` on: what all of them are out of is read and written once."""
    part, into = shares[i : i + 4, PART], shares[i : i + 4, INTO]
    a, b, c, d = parts[part[0]], parts[part[1]], parts[part[2]], parts[part[3]]
    balance, a, b, c, d = rows[shares[i, HELD], start:stop], a[start:stop], b[start:stop], c[start:stop], d[start:stop]
    whole = rows[shares[i, OUT_OF], start:stop]
    into_a, into_b = rows[into[0], start:stop], rows[into[1], start:stop]
    into_c, into_d = rows[into[2], start:stop], rows[into[3], start:stop]
    for j in range(stop - start):
        held = balance[j]
        of_a, of_b, of_c, of_d = held * a[j], held * b[j], held * c[j], held * d[j]
        whole[j] = whole[j] - of_a - of_b - of_c - of_d
        into_a[j] += of_a
        into_b[j] += of_b
        into_c[j] += of_c
        into_d[j] += of_d


@kernel
def note_shares(parts: Floats, shares: Ints, rows: Floats) -> None:
    """Note what holders of assets have of some parts of a gain, share after share.

    Args:
        parts: (parts, paths) $ a unit.
        shares: (shares, SHARE), of each the row number of a balance, the part that this has, and the row numbers of the
            flows out of and into which it is noted.
        rows: (rows, paths) of the ledger, changed.
    """
    paths, number = parts.shape[1], shares.shape[0]
    for start in range(0, paths, BLOCK):
        stop, i = min(start + BLOCK, paths), 0
        while i < number:
            if four_alike(shares, i):
                note_four(parts, shares, rows, i, start, stop)
                i += 4
                continue
            balance, part = rows[shares[i, HELD], start:stop], parts[shares[i, PART], start:stop]
            whole, into = rows[shares[i, OUT_OF], start:stop], rows[shares[i, INTO], start:stop]
            for j in range(stop - start):
                amount = balance[j] * part[j]
                whole[j] -= amount
                into[j] += amount
            i += 1


@kernel
def note_some(parts: Floats, among: Ints, shares: Ints, rows: Floats) -> None:
    """`note_shares` on some paths, to its digits. parts: (parts, those paths); among: (those paths,)."""
    for i in range(shares.shape[0]):
        balance, part = rows[shares[i, HELD]], parts[shares[i, PART]]
        whole, into = rows[shares[i, OUT_OF]], rows[shares[i, INTO]]
        for j in range(among.shape[0]):
            amount = balance[among[j]] * part[j]
            whole[among[j]] -= amount
            into[among[j]] += amount


@kernel_inline
def sum_of(rows: Floats, holders: Ints, start: int, stop: int, total: Floats) -> None:
    """Into `total` the sum of some rows, in their order, on the paths from `start` to `stop`."""
    width = stop - start
    if holders.shape[0] < 3:
        total[:width] = 0.0
        add_totals(rows, holders, start, stop, total)
        return
    a, b, c = rows[holders[0], start:stop], rows[holders[1], start:stop], rows[holders[2], start:stop]
    for j in range(width):
        total[j] = a[j] + b[j] + c[j]
    add_totals(rows, holders[3:], start, stop, total)


@kernel_inline
def first_unbalanced(rows: Floats, holders: Ints, gross: int, rounding: float, total: Floats) -> int:
    """The first path on which the balances `holders` of one asset do not sum to zero; -1 if none. total: (READ,)."""
    paths = rows.shape[1]
    for start in range(0, paths, READ):
        stop = min(start + READ, paths)
        width = stop - start
        sum_of(rows, holders, start, stop, total)
        moved, bad = rows[gross, start:stop], False
        for j in range(width):
            bad |= not (abs(total[j]) <= rounding * (1.0 + moved[j]))
        if bad:
            for j in range(width):
                if not (abs(total[j]) <= rounding * (1.0 + moved[j])):
                    return start + j
    return -1


@kernel
def unbalanced(rows: Floats, holders: Ints, ends: Ints, gross: Ints, rounding: float) -> int:
    """Where an asset's balances do not sum to zero, to `rounding` x (1 + gross moved). NaN counts as out of balance.

    Args:
        rows: (rows, paths) of the ledger.
        holders: row numbers of the balances, asset after asset.
        ends: (assets,), where in `holders` each asset's rows end.
        gross: (assets,) row numbers.

    Returns asset x paths + path of the first asset out of balance; -1 if there is none.
    """
    total, begin = np.empty(READ), 0
    for i in range(ends.shape[0]):
        path = first_unbalanced(rows, holders[begin : ends[i]], gross[i], rounding, total)
        if path >= 0:
            place: int = i * rows.shape[1] + path
            return place
        begin = ends[i]
    return -1
