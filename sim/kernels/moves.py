"""Movements of the ledger, and whether its accounts balance: one pass over the paths for many movements."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.jit import kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BLOCK = 1024  # paths: few enough that the rows of a trade stay in the L1 cache
SMALL = 256  # paths: the same for many rows
GIVER, TAKER, GROSS, PAID, GOT = range(5)  # columns of an entry: rows of the ledger
ENTRY = 5
NONE = -1


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
        for i in range(entries.shape[0]):
            amount = amounts[i, start:stop]
            if entries[i, GIVER] != NONE:
                giver, taker = rows[entries[i, GIVER], start:stop], rows[entries[i, TAKER], start:stop]
                moved = rows[entries[i, GROSS], start:stop]
                for j in range(stop - start):
                    giver[j] -= amount[j]
                    taker[j] += amount[j]
                    moved[j] += abs(amount[j])
            if entries[i, PAID] != NONE:
                paid, got = rows[entries[i, PAID], start:stop], rows[entries[i, GOT], start:stop]
                for j in range(stop - start):
                    paid[j] -= amount[j]
                    got[j] += amount[j]


@kernel
def note_shares(parts: Floats, held: Ints, entries: Ints, rows: Floats) -> None:
    """Note what holders of an asset have of some parts of a gain, in the order of holders, parts and entries.

    Args:
        parts: (parts, paths) $ a unit.
        held: (holders,) row numbers of their balances.
        entries: (holders x parts x some, ENTRY) as of `post`: notes alone, each of a holder's balance times a part.
        rows: (rows, paths) of the ledger, changed.
    """
    paths, number = parts.shape[1], held.shape[0] * parts.shape[0]
    each, amount = entries.shape[0] // number, np.empty(SMALL)
    for start in range(0, paths, SMALL):
        stop = min(start + SMALL, paths)
        for i in range(number):
            balance, part = rows[held[i // parts.shape[0]], start:stop], parts[i % parts.shape[0], start:stop]
            for j in range(stop - start):
                amount[j] = balance[j] * part[j]
            for k in range(i * each, (i + 1) * each):
                paid, got = rows[entries[k, PAID], start:stop], rows[entries[k, GOT], start:stop]
                for j in range(stop - start):
                    paid[j] -= amount[j]
                    got[j] += amount[j]


@kernel
def unbalanced(rows: Floats, holders: Ints, gross: int, rounding: float) -> int:
    """The first path on which an asset's balances do not sum to zero, to `rounding` x (1 + gross moved); -1 if none.

    Reads the rows `holders` and the row `gross` of the ledger's (rows, paths). NaN counts as out of balance.
    """
    paths = rows.shape[1]
    total = np.empty(BLOCK)
    for start in range(0, paths, BLOCK):
        width = min(BLOCK, paths - start)
        total[:width] = 0.0
        for row in holders:
            balance = rows[row, start : start + width]
            for j in range(width):
                total[j] += balance[j]
        moved, bad = rows[gross, start : start + width], False
        for j in range(width):
            bad |= not (abs(total[j]) <= rounding * (1.0 + moved[j]))
        if bad:
            for j in range(width):
                if not (abs(total[j]) <= rounding * (1.0 + moved[j])):
                    return start + j
    return -1
