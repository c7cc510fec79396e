"""Kernels of market makers: capacity after losses, and the quoting rule proportional to vol. Vectors are (paths,)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from markets.kernels.trading import DEPTH, HALF_SPREAD, SKEW
from sim.jit import fma, kernel

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@kernel
def standing(
    cash: Floats,
    units: Floats,
    price: Floats,
    capital: float,
    limit: float,
    switch: float,
    peak: Floats,
    away: Bools,
    leaving: Bools,
    able: Floats,
) -> bool:
    """Paths on which a maker withdraws now, and the share of its full depth that it can show.

    Args:
        cash, units, price: equity is cash + units x price, $.
        capital: $ at which it shows its full depth.
        limit: $ of drawdown from its peak at which it withdraws.
        switch: power of equity / capital by which depth shrinks.
        peak: $ of equity, raised to that of now.
        away: paths on which it has withdrawn before; `leaving` is added by the caller.
        leaving: written: paths on which it withdraws now.
        able: written: 0 for those away, else the share of equity in capital, within [0, 1], to the power of `switch`.

    Returns whether anybody leaves.
    """
    anybody, per_capital = False, 1.0 / capital
    for j in range(cash.shape[0]):
        own, most = cash[j] + units[j] * price[j], peak[j]
        most = own if own > most else most
        peak[j] = most
        leaves = (not away[j]) & (most - own > limit)
        leaving[j] = leaves
        anybody |= leaves
        share = own * per_capital
        share = 0.0 if share < 0.0 else share
        share = 1.0 if share > 1.0 else share
        able[j] = 0.0 if away[j] | leaves else share
    if switch != 1.0:
        for j in range(cash.shape[0]):
            able[j] = 0.0 if away[j] | leaving[j] else able[j] ** switch
    return anybody


@kernel
def vol_proportional(
    rule: Floats,
    depth: Floats,
    able: Floats,
    credit: Floats,
    held: Floats,
    share: float,
    calm_credit: float,
    per_credit: float,
    lean: float,
    limit: float,
    quote: Floats,
) -> None:
    """The venue's own half-spread plus funding cost, both sides shifted against inventory.

    Args:
        rule, depth: half-spread and depth of the venue as a whole.
        able: share of its full depth that the maker can show.
        credit: credit spread, decimal; calm_credit: at the start.
        held: inventory, $ notional; limit: at which the shift is `lean` half-spreads.
        share: the maker's, of the venue's depth.
        per_credit: half-spread per unit of credit spread beyond the calm one.
        quote: (QUOTE_ROWS, paths), written.
    """
    half, skew, shown = quote[HALF_SPREAD], quote[SKEW], quote[DEPTH]
    per_limit = 1.0 / limit
    for j in range(rule.shape[0]):
        dearer = credit[j] - calm_credit
        wide = fma(per_credit, 0.0 if dearer < 0.0 else dearer, rule[j])
        fullness = held[j] * per_limit
        fullness = -1.0 if fullness < -1.0 else fullness
        fullness = 1.0 if fullness > 1.0 else fullness
        half[j] = wide
        skew[j] = -lean * wide * fullness
        shown[j] = share * depth[j] * able[j]
