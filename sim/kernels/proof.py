"""Whether parts add up to a whole. Vectors are (paths,)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.jit import kernel, kernel_inline

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


@kernel
def explain(
    rows: Floats,
    balances: Ints,
    flows: Ints,
    kinds: Ints,
    hedge: Floats,
    scale: Floats,
    book: Floats,
    claims: Floats,
    parts: Floats,
    gross: float,
    tolerance: float,
    out: Floats,
) -> int:
    """An account's equity and P&L, and the sum of the parts that explain it.

    Equity is its balances, hedge, book and claims; P&L that without capital brought in; it is explained by the flows
    that are parts of it, by `parts` and by the hedge. Returns the first path on which explanation and P&L differ by
    more than `tolerance` of what it began with, holds and has received or paid, without signs; -1 where all agree.
    What is not a number does not agree.

    Args:
        rows: (rows, paths) of the ledger.
        balances, flows: its rows; kinds: what each flow is.
        hedge: (paths,) $; claims: (paths,) $, or empty for none.
        scale, book: (paths,) number of books and $ of one, or empty for none.
        parts: (parts, paths) $, or (0, paths).
        gross: $ that it began with.
        out: (WORTH, paths), written up to the block of the first path that does not agree; or (WORTH, 0) for nothing.
    """
    paths, bad = hedge.shape[0], False
    equity, pnl, explained, size = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK)
    for start in range(0, paths, BLOCK):
        stop = min(start + BLOCK, paths)
        width = stop - start
        held = hedge[start:stop]
        for j in range(width):
            equity[j] = explained[j] = held[j]
            size[j] = gross + abs(held[j])
        for k in range(balances.shape[0]):
            add(rows[balances[k], start:stop], equity, size)
        if book.shape[0]:
            number, one = scale[start:stop], book[start:stop]
            for j in range(width):
                value = number[j] * one[j]
                equity[j] += value
                size[j] += abs(value)
        if claims.shape[0]:
            add(claims[start:stop], equity, size)
        for j in range(width):
            pnl[j] = equity[j]
        for k in range(flows.shape[0]):
            flow = rows[flows[k], start:stop]
            if kinds[k] == PART:
                add(flow, explained, size)
            elif kinds[k] == CAPITAL:
                for j in range(width):
                    pnl[j] -= flow[j]
                    size[j] += abs(flow[j])
            else:
                for j in range(width):
                    size[j] += abs(flow[j])
        for k in range(parts.shape[0]):
            part = parts[k, start:stop]
            for j in range(width):
                explained[j] += part[j]
        for j in range(width):
            bad |= not (abs(explained[j] - pnl[j]) <= tolerance * size[j])
        if out.shape[1]:
            for j in range(width):
                out[EQUITY, start + j], out[PNL, start + j], out[EXPLAINED, start + j] = equity[j], pnl[j], explained[j]
        if bad:
            for j in range(width):
                if not (abs(explained[j] - pnl[j]) <= tolerance * size[j]):
                    return start + j
    return -1
