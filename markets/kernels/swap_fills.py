"""The movements in the ledger of fills of par swaps: notional, coupon, and notes of what the coupon costs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from markets.kernels.fills import NETTED, split_walk, worsened
from markets.kernels.trading import BLOCK, HALF_SPREAD, SKEW
from sim.jit import kernel

Floats = NDArray[np.float64]

SWAP_MOVES = 6  # notional, coupon, and notes of calm spread, crisis spread, walk, and of the last three together


@kernel
def swap_moves(
    filled: Floats,
    book: Floats,
    shares: Floats,
    calm: float,
    walk: Floats,
    annuity: Floats,
    floating: Floats,
    amounts: Floats,
    spread: Floats,
) -> None:
    """Movements between a taker and each maker when a notional of `filled` is received fixed.

    Args:
        filled: signed $ notional.
        book, shares, calm, walk, spread: as for `asset_fill`, in decimal rate.
        annuity, floating: legs of the swap per unit of notional; their ratio is mid.
        amounts: (makers x SWAP_MOVES, paths), written: notional, and notional x coupon, from the maker; then noted from
            the taker calm spread, crisis spread and walk at present value, and their sum back from the maker. With
            NETTED more, the walk is split: the last row is what of it is received, below zero.
    """
    paths, moves = filled.shape[0], amounts.shape[0] // shares.shape[0]
    for start in range(0, paths, BLOCK):
        stop = min(start + BLOCK, paths)
        width = stop - start
        half, skew = book[HALF_SPREAD, start:stop], book[SKEW, start:stop]
        quantity, worse, walked = filled[start:stop], spread[start:stop], walk[start:stop]
        years, leg = annuity[start:stop], floating[start:stop]
        for j in range(width):
            worse[j] = worsened(quantity[j], half[j], skew[j])
        for m in range(shares.shape[0]):
            share, first = shares[m, start:stop], m * moves
            notional, coupon = amounts[first, start:stop], amounts[first + 1, start:stop]
            quiet, crisis = amounts[first + 2, start:stop], amounts[first + 3, start:stop]
            walking, back = amounts[first + 4, start:stop], amounts[first + 5, start:stop]
            for j in range(width):
                own = quantity[j] * share[j]
                notional[j] = own
                coupon[j] = own * (leg[j] / years[j] - worse[j] - walked[j])
                quiet[j] = abs(own) * (half[j] if half[j] < calm else calm) * years[j]
                spread_cost = own * worse[j] * years[j]
                walking[j] = own * walked[j] * years[j]
                crisis[j] = spread_cost - quiet[j]
                back[j] = spread_cost + walking[j]
            if moves == SWAP_MOVES + NETTED:
                split_walk(walking, amounts[first + 6, start:stop])
