"""The movements in the ledger of fills of what is paid in cash: what a taker and the makers exchange.

Vectors are (paths,) unless said; loops that read rows twice take blocks of paths, which stay in the first-level cache.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from markets.kernels.trading import BLOCK, HALF_SPREAD, SKEW
from sim.jit import fma, kernel, kernel_inline
from sim.kernels.moves import GIVER, GOT, GROSS, NONE, PAID, TAKER, carry_out, carry_out_some, together

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FEW = 0.1  # share of the paths up to which those that trade are taken alone
ASSET_MOVES = 5  # a fill's movements: units, and cash for them, for calm spread, crisis spread and (if any) walk
NETTED = 1  # one more where orders may have crossed: the walk that the side against the net order gains


@kernel_inline
def sign(x: float) -> float:
    """-1, 0 or 1."""
    return 1.0 if x > 0.0 else (-1.0 if x < 0.0 else 0.0)


@kernel_inline
def worsened(quantity: float, half_spread: float, skew: float) -> float:
    """Excess of the price of a signed quantity over mid, for a buyer, before any walk."""
    return sign(quantity) * half_spread + skew


@kernel_inline
def split_walk(walk: Floats, gain: Floats) -> None:
    """Move negative walks (receipts of fills against the net order) from `walk` to `gain`."""
    for j in range(walk.shape[0]):
        gain[j] = walk[j] if walk[j] < 0.0 else 0.0
        walk[j] -= gain[j]


@kernel_inline
def fill_parts(
    quantity: float, share: float, half: float, skew: float, calm: float, price: float, unit: float
) -> tuple[float, float, float, float]:
    """A maker's part of a fill: units, cash for them at mid, and for calm and crisis spread."""
    own, worse = quantity * share, worsened(quantity, half, skew)
    notional = own * unit
    quiet = abs(notional) * (half if half < calm else calm)
    return own, own * price, quiet, fma(notional, worse, -quiet)


@kernel_inline
def in_cash(entries: Ints) -> bool:
    """Whether the first movements of a fill are units without a note, then cash thrice: for units and for spreads."""
    return entries[0, PAID] == NONE and entries[1, PAID] != NONE and together(entries, 1) == 3


@kernel_inline
def find_amounts(
    quantity: Floats,
    share: Floats,
    half: Floats,
    skew: Floats,
    calm: float,
    price: Floats,
    unit: Floats,
    amounts: Floats,
    worse: Floats,
) -> None:
    """Write the amounts of the first four movements of a maker's part of a fill, and `worse` as `fill_of_maker`."""
    for j in range(quantity.shape[0]):
        worse[j] = worsened(quantity[j], half[j], skew[j])
        own, cash, quiet, crisis = fill_parts(quantity[j], share[j], half[j], skew[j], calm, price[j], unit[j])
        amounts[0, j], amounts[1, j], amounts[2, j], amounts[3, j] = own, cash, quiet, crisis


@kernel_inline
def fill_of_maker(
    quantity: Floats,
    share: Floats,
    half: Floats,
    skew: Floats,
    calm: float,
    price: Floats,
    unit: Floats,
    entries: Ints,
    rows: Floats,
    start: int,
    stop: int,
    worse: Floats,
) -> None:
    """Carry out the first four movements of a maker's part of a fill. worse: written, as `spread` of `asset_fill`.

    No amount passes through memory. Balances and flows in one loop would be too many pointers to vectorise.
    """
    giver, taker = rows[entries[0, GIVER], start:stop], rows[entries[0, TAKER], start:stop]
    payer, payee = rows[entries[1, GIVER], start:stop], rows[entries[1, TAKER], start:stop]
    moved, paid = rows[entries[0, GROSS], start:stop], rows[entries[1, GROSS], start:stop]
    for j in range(stop - start):
        worse[j] = worsened(quantity[j], half[j], skew[j])
        own, cash, quiet, crisis = fill_parts(quantity[j], share[j], half[j], skew[j], calm, price[j], unit[j])
        giver[j] -= own
        taker[j] += own
        moved[j] += abs(own)
        payer[j] = payer[j] - cash - quiet - crisis
        payee[j] = payee[j] + cash + quiet + crisis
        paid[j] = paid[j] + abs(cash) + abs(quiet) + abs(crisis)
    unit_paid, unit_got = rows[entries[1, PAID], start:stop], rows[entries[1, GOT], start:stop]
    calm_paid, calm_got = rows[entries[2, PAID], start:stop], rows[entries[2, GOT], start:stop]
    crisis_paid, crisis_got = rows[entries[3, PAID], start:stop], rows[entries[3, GOT], start:stop]
    for j in range(stop - start):
        _, cash, quiet, crisis = fill_parts(quantity[j], share[j], half[j], skew[j], calm, price[j], unit[j])
        unit_paid[j] -= cash
        unit_got[j] += cash
        calm_paid[j] -= quiet
        calm_got[j] += quiet
        crisis_paid[j] -= crisis
        crisis_got[j] += crisis


@kernel_inline
def fill_some(
    filled: Floats,
    among: Ints,
    book: Floats,
    shares: Floats,
    calm: float,
    walk: Floats,
    mid: Floats,
    reference: Floats,
    amounts: Floats,
    entries: Ints,
    rows: Floats,
) -> None:
    """What `asset_fill` does on the paths `among`, to its digits. amounts: room for BLOCK."""
    moves = entries.shape[0] // shares.shape[0]
    for start in range(0, among.shape[0], BLOCK):
        width = min(BLOCK, among.shape[0] - start)
        for m in range(shares.shape[0]):
            first = m * moves
            for j in range(width):
                path = among[start + j]
                half, skew = book[HALF_SPREAD, path], book[SKEW, path]
                own, cash, quiet, crisis = fill_parts(
                    filled[path], shares[m, path], half, skew, calm, mid[path], reference[path]
                )
                amounts[first, j], amounts[first + 1, j] = own, cash
                amounts[first + 2, j], amounts[first + 3, j] = quiet, crisis
                if moves >= ASSET_MOVES:
                    amounts[first + 4, j] = own * reference[path] * walk[path]
            if moves == ASSET_MOVES + NETTED:
                split_walk(amounts[first + 4, :width], amounts[first + 5, :width])
        carry_out_some(amounts, entries, rows, among, start, width)


@kernel
def asset_fill(
    filled: Floats,
    book: Floats,
    shares: Floats,
    calm: float,
    walk: Floats,
    mid: Floats,
    reference: Floats,
    entries: Ints,
    rows: Floats,
    spread: Floats,
) -> None:
    """Movements between a taker and each maker when `filled` units are bought, carried out in the ledger.

    Block by block, so that amounts are never written to memory; where few paths trade, on those alone.

    Args:
        filled: signed units.
        book: (QUOTE_ROWS, paths) with all its quotes.
        shares: (makers, paths) of the fill that each maker takes.
        calm: half-spread of a calm market; the excess counts as crisis spread.
        walk: by which the price is worse than mid and spread.
        mid, reference: $/unit.
        entries: (makers x ASSET_MOVES, ENTRY) of the ledger: units from the maker; then from the taker cash for the
            units at mid, calm spread, crisis spread and walk. Where the price does not walk, the last may be left out
            for all makers. With NETTED more, the walk is split: what is paid, then what is received, below zero.
        rows: (rows, paths) of the ledger, changed.
        spread: written: by which the price is worse than mid before the walk, for a buyer.
    """
    paths, moves = filled.shape[0], entries.shape[0] // shares.shape[0]
    amounts, trading = np.empty((entries.shape[0], BLOCK)), 0
    for start in range(0, paths, BLOCK):
        for j in range(start, min(start + BLOCK, paths)):
            trading += 1 if filled[j] != 0.0 else 0
        if trading >= FEW * paths:
            break
    if trading < FEW * paths:
        among, found = np.empty(trading, np.int64), 0
        half, skew = book[HALF_SPREAD], book[SKEW]
        for j in range(paths):  # apart from the search below, which does not vectorise
            spread[j] = worsened(filled[j], half[j], skew[j])
        for j in range(paths):
            if filled[j] != 0.0:
                among[found] = j
                found += 1
        fill_some(filled, among, book, shares, calm, walk, mid, reference, amounts, entries, rows)
        return
    for start in range(0, paths, BLOCK):
        stop = min(start + BLOCK, paths)
        width = stop - start
        half, skew = book[HALF_SPREAD, start:stop], book[SKEW, start:stop]
        quantity, worse, walked = filled[start:stop], spread[start:stop], walk[start:stop]
        price, unit = mid[start:stop], reference[start:stop]
        for m in range(shares.shape[0]):
            share, own = shares[m, start:stop], entries[m * moves : (m + 1) * moves]
            done = ASSET_MOVES - 1 if in_cash(own) else 0
            if done:
                fill_of_maker(quantity, share, half, skew, calm, price, unit, own, rows, start, stop, worse)
            else:
                find_amounts(quantity, share, half, skew, calm, price, unit, amounts, worse)
            if moves >= ASSET_MOVES:
                walking = amounts[ASSET_MOVES - 1, :width]
                for j in range(width):
                    walking[j] = quantity[j] * share[j] * unit[j] * walked[j]
            if moves == ASSET_MOVES + NETTED:
                split_walk(amounts[ASSET_MOVES - 1, :width], amounts[ASSET_MOVES, :width])
            carry_out(amounts[done:], np.int64(0), own[done:], rows, start, stop)  # a plain 0 is a type of its own
