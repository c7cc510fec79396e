"""The kernels of flows on three nodes that `markets.kernels.flows` replaced."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from markets.kernels.normal import exp
from sim.jit import fma, kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BLOCK = 256  # paths

AMOUNT = 0  # $ on every path, or, where the flow has a fixing, $ per 1.00 of the fixing
OVERNIGHT, US2Y, US10Y = 1, 2, 3  # d(z tau) / d node rate, years
FLOW_TERMS = 4

NO_FIXING = -1


@kernel
def flow_values(
    overnight: Floats, us2y: Floats, us10y: Floats, fixings: Floats, terms: Floats, slots: Ints, out: Floats
) -> None:
    """Add the value of flows, amount * exp(-(b0 r0 + b1 r1 + b2 r2)), to `out`.

    Args:
        overnight, us2y, us10y: (paths,) node rates.
        fixings: (fixings, paths) decimal rates.
        terms: (flows, FLOW_TERMS).
        slots: (flows,) row of `fixings` that multiplies the amount, or NO_FIXING.
        out: (paths,) $, added to.
    """
    paths = overnight.shape[0]
    for start in range(0, paths, BLOCK):
        width = min(BLOCK, paths - start)
        block = slice(start, start + width)
        r0, r1, r2, o = overnight[block], us2y[block], us10y[block], out[block]
        for i in range(terms.shape[0]):
            amount, b0, b1, b2 = terms[i, AMOUNT], terms[i, OVERNIGHT], terms[i, US2Y], terms[i, US10Y]
            if slots[i] == NO_FIXING:
                for j in range(width):
                    o[j] = fma(amount, exp(-fma(b2, r2[j], fma(b0, r0[j], b1 * r1[j]))), o[j])
            else:
                fixing = fixings[slots[i], block]
                for j in range(width):
                    o[j] = fma(amount * fixing[j], exp(-fma(b2, r2[j], fma(b0, r0[j], b1 * r1[j]))), o[j])


@kernel
def flow_greeks(
    overnight: Floats, us2y: Floats, us10y: Floats, fixings: Floats, terms: Floats, slots: Ints, out: Floats
) -> None:
    """Add value and node sensitivities of flows to `out`.

    Arguments as for `flow_values`, but out: (4, paths), $ and $ per 1.00 of each node rate.
    """
    paths = overnight.shape[0]
    worth = np.empty(BLOCK)
    for start in range(0, paths, BLOCK):
        width = min(BLOCK, paths - start)
        block = slice(start, start + width)
        r0, r1, r2 = overnight[block], us2y[block], us10y[block]
        value, dv0, dv1, dv2 = out[0, block], out[1, block], out[2, block], out[3, block]
        for i in range(terms.shape[0]):
            amount, b0, b1, b2 = terms[i, AMOUNT], terms[i, OVERNIGHT], terms[i, US2Y], terms[i, US10Y]
            for j in range(width):
                worth[j] = amount * exp(-fma(b2, r2[j], fma(b0, r0[j], b1 * r1[j])))
            if slots[i] != NO_FIXING:
                fixing = fixings[slots[i], block]
                for j in range(width):
                    worth[j] *= fixing[j]
            for j in range(width):
                value[j] += worth[j]
                dv0[j] = fma(-b0, worth[j], dv0[j])
                dv1[j] = fma(-b1, worth[j], dv1[j])
                dv2[j] = fma(-b2, worth[j], dv2[j])
