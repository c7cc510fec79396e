"""Kernels of market makers: capacity after losses, and the quoting rule proportional to vol. Vectors are (paths,)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from markets.kernels.passing_on import pass_on
from markets.kernels.trading import DEPTH, HALF_SPREAD, SKEW
from sim.jit import fma, kernel, kernel_reading

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@kernel_reading(5)
def limits_used(
    vega: Floats, gamma: Floats, spot: Floats, vega_limit: float, gamma_limit: float, size: Floats, signed: Floats
) -> None:
    """Share of a maker's limits that its options use, in [0, 1], written; `signed`: below zero for a short position.

    Args:
        vega: $ per vol point; gamma: units per $ and 1 %; spot: $. Limits: $ per vol point, $ per 1 % of spot.
    """
    for j in range(spot.shape[0]):
        of_vega, of_gamma = vega[j] / vega_limit, gamma[j] * (spot[j] * spot[j]) / gamma_limit
        used = of_vega if abs(of_vega) >= abs(of_gamma) else of_gamma
        used = -1.0 if used < -1.0 else used
        used = 1.0 if used > 1.0 else used
        signed[j] = used
        size[j] = abs(used)


@kernel
def option_quote(
    rule: Floats,
    depth: Floats,
    able: Floats,
    size: Floats,
    signed: Floats,
    wider: float,
    lean: float,
    share: float,
    less: float,
    quote: Floats,
) -> None:
    """Quote of an option maker from its use of its limits: `size`, in [0, 1], and with its sign.

    Args:
        rule: half-spread and depth of the venue; able: share of its full depth that the maker can show.
        wider: half-spreads added, lean: shift in half-spreads, less: share of depth gone, at a limit.
        share: the maker's, of the venue's depth.
        quote: (QUOTE_ROWS, paths), written.
    """
    half, skew, shown = quote[HALF_SPREAD], quote[SKEW], quote[DEPTH]
    for j in range(rule.shape[0]):
        half[j] = rule[j] * (1.0 + wider * size[j])
        skew[j] = lean * half[j] * signed[j]
        shown[j] = share * depth[j] * able[j] * (1.0 - less * size[j])


@kernel
def standing(
    entries: Ints,
    rows: Floats,
    share: float,
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
    worth: Floats,
) -> bool:
    """Paths on which a maker withdraws now, and the share of its full depth that it can show.

    Args:
        entries: (2, ENTRY) of the ledger, by which a share of the units is passed on before, if there are any; or none.
        rows: (rows, paths) of the ledger, changed by that; cash and units may be two of them.
        cash, units, price: equity is cash + units x price, $.
        capital: $ at which it shows its full depth.
        limit: $ of drawdown from its peak at which it withdraws.
        switch: power of equity / capital by which depth shrinks.
        peak: $ of equity, raised to that of now.
        away: paths on which it has withdrawn before; `leaving` is added by the caller.
        leaving: written: paths on which it withdraws now.
        able: written: 0 for those away, else the share of equity in capital, within [0, 1], to the power of `switch`.
        worth: written: units x price, $.

    Returns whether anybody leaves.
    """
    anybody, per_capital = False, 1.0 / capital
    for j in range(cash.shape[0] if entries.shape[0] > 0 else 0):
        if units[j] != 0.0:
            pass_on(units, share, price, entries, rows)
            break
    for j in range(cash.shape[0]):
        worth[j] = units[j] * price[j]
        own, most = cash[j] + worth[j], peak[j]
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


@kernel_reading(10)
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
