"""Inventory passed on at mid, off a venue: its movements in the ledger. Vectors are (paths,)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from markets.kernels.trading import BLOCK
from sim.jit import kernel_inline, kernel_reading
from sim.kernels.moves import GIVER, GOT, GROSS, NONE, PAID, TAKER

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@kernel_inline
def pass_on(quantity: Floats, share: float, worth: Floats, entries: Ints, rows: Floats) -> None:
    """`passed_on` from within a kernel."""
    units = np.empty(BLOCK)  # apart from the ledger's rows: a loop that writes what it reads does not vectorise
    for start in range(0, quantity.shape[0], BLOCK):
        stop = min(start + BLOCK, quantity.shape[0])
        whole, price = quantity[start:stop], worth[start:stop]
        for j in range(stop - start):
            units[j] = whole[j] * share
        giver, taker = rows[entries[0, GIVER], start:stop], rows[entries[0, TAKER], start:stop]
        payer, payee = rows[entries[1, GIVER], start:stop], rows[entries[1, TAKER], start:stop]
        moved, handed = rows[entries[0, GROSS], start:stop], rows[entries[1, GROSS], start:stop]
        for j in range(stop - start):
            own = units[j]
            cash = own * price[j]
            giver[j] -= own
            taker[j] += own
            moved[j] += abs(own)
            payer[j] -= cash
            payee[j] += cash
            handed[j] += abs(cash)
        if entries[1, PAID] != NONE:
            paid, got = rows[entries[1, PAID], start:stop], rows[entries[1, GOT], start:stop]
            for j in range(stop - start):
                cash = units[j] * price[j]
                paid[j] -= cash
                got[j] += cash


@kernel_reading(4)
def passed_on(quantity: Floats, share: float, worth: Floats, entries: Ints, rows: Floats) -> None:
    """Pass a share of a quantity on at `worth` $ a unit, carried out in the ledger.

    quantity: may be a row of the ledger itself. entries: (2, ENTRY): of the units, and of $ for them.
    """
    pass_on(quantity, share, worth, entries, rows)
