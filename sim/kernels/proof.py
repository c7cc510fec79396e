"""Proof that the parts of a P&L add up to it. Vectors are (paths,)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.jit import kernel, kernel_inline
from sim.kernels.moves import NONE

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BLOCK = 1024  # paths
CAPITAL, OTHER, PART = -1, 0, 1  # kinds of flow: capital from outside, neither, part of the P&L
EQUITY, PNL, EXPLAINED = range(3)
WORTH = 3


@kernel_inline
def add(amount: Floats, total: Floats, size: Floats) -> None:
    """Add an amount to a total, and its absolute value to a size."""
    for j in range(amount.shape[0]):
        total[j] += amount[j]
        size[j] += abs(amount[j])


@kernel_inline
def value_held(units: Floats, worth: Floats, gross: float, equity: Floats, explained: Floats, size: Floats) -> None:
    """Begin a block with the hedge: it is part of equity and of the explanation."""
    for j in range(worth.shape[0]):
        held = units[j] * worth[j]
        equity[j] = explained[j] = held
        size[j] = gross + abs(held)


@kernel_inline
def add_books(number: Floats, one: Floats, equity: Floats, size: Floats) -> None:
    """Add `number` books worth `one` each."""
    for j in range(number.shape[0]):
        value = number[j] * one[j]
        equity[j] += value
        size[j] += abs(value)


@kernel_inline
def take_flow(kind: int, flow: Floats, pnl: Floats, explained: Floats, size: Floats) -> None:
    """Count a flow by its kind: a part explains P&L, capital is no P&L."""
    if kind == PART:
        add(flow, explained, size)
    elif kind == CAPITAL:
        for j in range(flow.shape[0]):
            pnl[j] -= flow[j]
            size[j] += abs(flow[j])
    else:
        for j in range(flow.shape[0]):
            size[j] += abs(flow[j])


@kernel_inline
def first_apart(pnl: Floats, explained: Floats, size: Floats, tolerance: float, width: int) -> int:
    """The first place at which explanation and P&L differ by more than `tolerance` x size, or are NaN; else -1."""
    bad = False
    for j in range(width):
        bad |= not (abs(explained[j] - pnl[j]) <= tolerance * size[j])
    if bad:
        for j in range(width):
            if not (abs(explained[j] - pnl[j]) <= tolerance * size[j]):
                return j
    return -1


@kernel
def explain(
    rows: Floats,
    balances: Ints,
    flows: Ints,
    kinds: Ints,
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
    `tolerance` x (`gross` + absolute values of holdings and flows), or are NaN; -1 if there is none.

    Args:
        rows: (rows, paths) of the ledger.
        balances, flows: the account's rows; kinds: kind of each flow.
        held, worth: the row of the units that are its hedge, and $ of one; NONE: `worth` is that of the whole hedge.
        claims: (paths,) $, or empty for none.
        scale, book: (paths,) number of books and $ of one, or empty for none.
        parts: (parts, paths) $, or (0, paths).
        gross: $, size of the account at the start.
        out: (WORTH, paths), written up to the block of the first path that differs; or (WORTH, 0): not written.
    """
    equity, pnl, explained, size = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK)
    whole = np.ones(BLOCK)
    for start in range(0, worth.shape[0], BLOCK):
        stop = min(start + BLOCK, worth.shape[0])
        width = stop - start
        units = whole[:width] if held == NONE else rows[held, start:stop]
        value_held(units, worth[start:stop], gross, equity, explained, size)
        for k in range(balances.shape[0]):
            add(rows[balances[k], start:stop], equity, size)
        if book.shape[0]:
            add_books(scale[start:stop], book[start:stop], equity, size)
        if claims.shape[0]:
            add(claims[start:stop], equity, size)
        for j in range(width):
            pnl[j] = equity[j]
        for k in range(flows.shape[0]):
            take_flow(kinds[k], rows[flows[k], start:stop], pnl, explained, size)
        for k in range(parts.shape[0]):
            part = parts[k, start:stop]
            for j in range(width):
                explained[j] += part[j]
        apart = first_apart(pnl, explained, size, tolerance, width)
        if out.shape[1]:
            for j in range(width):
                out[EQUITY, start + j], out[PNL, start + j], out[EXPLAINED, start + j] = equity[j], pnl[j], explained[j]
        if apart >= 0:
            return start + apart
    return -1
