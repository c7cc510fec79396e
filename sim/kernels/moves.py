"""Movements of the ledger, and whether its accounts balance: one pass over the paths for many movements."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.jit import kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BLOCK = 512  # paths: the rows that a trade touches stay in a first-level cache
SOURCE, TARGET, ASSET, REASON = range(4)  # columns of an entry
NONE = -1


@kernel
def post(amounts: Floats, entries: Ints, balances: Floats, gross: Floats, flows: Floats) -> None:
    """Carry out movements, in their order.

    Args:
        amounts: (entries, paths).
        entries: (entries, 4) rows of accounts, asset and reason; asset NONE: nothing moves, reason NONE: not noted.
        balances: (assets, accounts, paths), changed.
        gross: (assets, paths), changed.
        flows: (reasons, accounts, paths), changed.
    """
    paths = amounts.shape[1]
    for start in range(0, paths, BLOCK):
        stop = min(start + BLOCK, paths)
        for i in range(entries.shape[0]):
            source, target, asset, reason = entries[i, SOURCE], entries[i, TARGET], entries[i, ASSET], entries[i, REASON]
            amount = amounts[i, start:stop]
            if asset != NONE:
                giver, taker, moved = balances[asset, source], balances[asset, target], gross[asset]
                giver, taker, moved = giver[start:stop], taker[start:stop], moved[start:stop]
                for j in range(stop - start):
                    giver[j] -= amount[j]
                    taker[j] += amount[j]
                    moved[j] += abs(amount[j])
            if reason != NONE:
                paid, got = flows[reason, source, start:stop], flows[reason, target, start:stop]
                for j in range(stop - start):
                    paid[j] -= amount[j]
                    got[j] += amount[j]


@kernel
def unbalanced(balances: Floats, accounts: Ints, gross: Floats, rounding: float) -> int:
    """The first path on which an asset's balances (accounts, paths) do not sum to zero, to `rounding` of 1 + gross.

    Looks at the rows `accounts`; returns -1 where all paths balance. What is not a number does not balance.
    """
    paths = gross.shape[0]
    total = np.empty(BLOCK)
    for start in range(0, paths, BLOCK):
        width = min(BLOCK, paths - start)
        total[:width] = 0.0
        for row in accounts:
            balance = balances[row, start : start + width]
            for j in range(width):
                total[j] += balance[j]
        moved, bad = gross[start : start + width], False
        for j in range(width):
            bad |= not (abs(total[j]) <= rounding * (1.0 + moved[j]))
        if bad:
            for j in range(width):
                if not (abs(total[j]) <= rounding * (1.0 + moved[j])):
                    return start + j
    return -1
