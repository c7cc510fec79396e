"""Proof that the parts of a P&L add up to it. Vectors are (paths,)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.jit import kernel, kernel_inline
from sim.kernels.moves import NONE
from sim.kernels.sums import READ, add_sizes, add_totals

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

OTHER, CAPITAL, PART = range(3)  # kinds of flow: neither of the others, capital from outside, part of the P&L
KINDS = 3
EQUITY, PNL, EXPLAINED = range(3)
WORTH = 3


@kernel_inline
def hold(units: Floats, worth: Floats, balance: Floats, equity: Floats, explained: Floats) -> None:
    """Begin a block with the hedge, which is part of equity and of the explanation, and with a balance."""
    for j in range(worth.shape[0]):
        held = units[j] * worth[j]
        explained[j] = held
        equity[j] = held + balance[j]


@kernel_inline
def hold_books(
    units: Floats, worth: Floats, balance: Floats, number: Floats, one: Floats, equity: Floats, explained: Floats
) -> None:
    """`hold`, and `number` books worth `one` each."""
    for j in range(worth.shape[0]):
        held, value = units[j] * worth[j], number[j] * one[j]
        explained[j] = held
        equity[j] = held + balance[j] + value


@kernel_inline
def add_books(number: Floats, one: Floats, equity: Floats) -> None:
    """Add `number` books worth `one` each."""
    for j in range(number.shape[0]):
        equity[j] += number[j] * one[j]


@kernel_inline
def less_capital(flow: Floats, equity: Floats, pnl: Floats) -> None:
    """P&L from equity, or from what is left of it already, less capital brought in."""
    for j in range(flow.shape[0]):
        pnl[j] = equity[j] - flow[j]


@kernel_inline
def within(pnl: Floats, explained: Floats, most: float, width: int) -> bool:
    """Whether explanation and P&L are numbers that differ by at most `most` everywhere."""
    good = True
    for j in range(width):
        good &= abs(explained[j] - pnl[j]) <= most
    return good


@kernel_inline
def first_apart(pnl: Floats, explained: Floats, size: Floats, tolerance: float, width: int) -> int:
    """The first place at which explanation and P&L differ by more than `tolerance` x size, or size is no number; else
    -1.
    """
    for j in range(width):
        if not (abs(explained[j] - pnl[j]) <= tolerance * size[j] < np.inf):  # an infinite size would allow for all
            return j
    return -1


@kernel
def explain(
    rows: Floats,
    balances: Ints,
    flows: Ints,
    ends: Ints,
    held: int,
    worth: Floats,
    scale: Floats,
    book: Floats,
    claims: Floats,
    parts: Floats,
    gross: float,
    tolerance: float,
    out: Floats,
) -> int:
    """An account's equity and P&L, and the sum of the parts that explain it.

    Equity is balances + hedge + book + claims. P&L is equity less capital brought in. It is explained by the flows of
    kind PART, by `parts` and by the hedge. Returns the first path on which explanation and P&L differ by more than
    `tolerance` x (`gross` + absolute values of holdings and flows), or one of these is no finite number; -1 if there is
    none.

    Args:
        rows: (rows, paths) of the ledger.
        balances, flows: the account's rows, cash first; ends: (KINDS,) where in `flows` those of each kind end.
        held, worth: the row of the units that are its hedge, and $ of one; NONE: `worth` is that of the whole hedge.
        claims: (paths,) $, or empty for none.
        scale, book: (paths,) number of books and $ of one, or empty for none.
        parts: (parts, paths) $, or (0, paths).
        gross: $, size of the account at the start.
        out: (WORTH, paths), written up to the block of the first path that differs; or (WORTH, 0): not written.
    """
    equity, pnl, explained, size = np.empty(READ), np.empty(READ), np.empty(READ), np.empty(READ)
    whole, every = np.ones(READ), np.empty(parts.shape[0], np.int64)
    for k in range(parts.shape[0]):
        every[k] = k
    capital, own = flows[ends[OTHER] : ends[CAPITAL]], flows[ends[CAPITAL] : ends[PART]]
    for start in range(0, worth.shape[0], READ):
        stop = min(start + READ, worth.shape[0])
        width = stop - start
        units, one, cash = rows[held, start:stop], worth[start:stop], rows[balances[0], start:stop]
        if held == NONE:
            units = whole[:width]
        if balances.shape[0] == 1 and book.shape[0]:
            hold_books(units, one, cash, scale[start:stop], book[start:stop], equity, explained)
        else:
            hold(units, one, cash, equity, explained)
            add_totals(rows, balances[1:], start, stop, equity)
            if book.shape[0]:
                add_books(scale[start:stop], book[start:stop], equity)
        for j in range(width if claims.shape[0] else 0):
            equity[j] += claims[start + j]
        if capital.shape[0] == 0:
            for j in range(width):  # a slice would compile numba's words for shapes that differ
                pnl[j] = equity[j]
        for k in range(capital.shape[0]):
            less_capital(rows[capital[k], start:stop], equity if k == 0 else pnl, pnl)
        add_totals(rows, own, start, stop, explained)
        add_totals(parts, every, start, stop, explained)
        if out.shape[1]:
            for j in range(width):
                out[EQUITY, start + j], out[PNL, start + j], out[EXPLAINED, start + j] = equity[j], pnl[j], explained[j]
        if within(pnl, explained, tolerance * gross, width):  # sizes would only allow for more
            continue
        for j in range(width):
            size[j] = gross + abs(units[j] * one[j])
            size[j] += abs(scale[start + j] * book[start + j]) if book.shape[0] else 0.0
            size[j] += abs(claims[start + j]) if claims.shape[0] else 0.0
        add_sizes(rows, balances, start, stop, size)
        add_sizes(rows, flows, start, stop, size)
        apart = first_apart(pnl, explained, size, tolerance, width)
        if apart >= 0:
            return start + apart
    return -1
