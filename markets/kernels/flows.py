"""Sums of exponential-affine flows, amount * exp(-b . x), for every path: all that is linear is made of them.

x are levels of factors: zero rates at the nodes of curves and of hazard curves, logs of FX rates. b are weights that
time and interpolation decide. They are sparse: a flow on one curve has two, one on two curves four.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from markets.kernels.normal import exp
from sim.jit import fma, kernel, kernel_inline, kernel_reading

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BLOCK = 256  # paths

AMOUNT = 0  # $ on every path, or, where the flow has a fixing, $ per 1.00 of the fixing
OUTER, OUTER_YEARS, INNER, INNER_YEARS = range(1, 5)  # rows of two factors, each with its weight
FLOW_TERMS = 5  # of a flow on one curve; what follows are further pairs of a factor's row and its weight

NO_FIXING = -1


@kernel_inline
def exponent(term: Floats, factors: Floats, start: int, width: int, out: Floats) -> None:
    """b . x of one flow on `width` paths from `start` on, into `out`."""
    block = slice(start, start + width)
    outer, inner = factors[int(term[OUTER]), block], factors[int(term[INNER]), block]
    by_outer, by_inner = term[OUTER_YEARS], term[INNER_YEARS]
    for j in range(width):
        out[j] = fma(by_outer, outer[j], by_inner * inner[j])
    for k in range(FLOW_TERMS, term.shape[0], 2):
        more, by_more = factors[int(term[k]), block], term[k + 1]
        for j in range(width):
            out[j] = fma(by_more, more[j], out[j])


@kernel_inline
def flow_worth(
    term: Floats, factors: Floats, fixings: Floats, slot: int, start: int, width: int, worth: Floats
) -> None:
    """Value of one flow on `width` paths from `start` on, into `worth`."""
    exponent(term, factors, start, width, worth)
    amount = term[AMOUNT]
    for j in range(width):
        worth[j] = amount * exp(-worth[j])
    if slot != NO_FIXING:
        fixing = fixings[slot, start : start + width]
        for j in range(width):
            worth[j] *= fixing[j]


@kernel_reading(4)
def flow_values(factors: Floats, fixings: Floats, terms: Floats, slots: Ints, out: Floats) -> None:
    """Add the value of flows to `out`.

    Args:
        factors: (factors, paths) levels.
        fixings: (fixings, paths) decimal rates.
        terms: (flows, FLOW_TERMS or more).
        slots: (flows,) row of `fixings` that multiplies the amount, or NO_FIXING.
        out: (paths,) $, added to.
    """
    paths, z = factors.shape[1], np.empty(BLOCK)
    for start in range(0, paths, BLOCK):
        width = min(BLOCK, paths - start)
        o = out[start : start + width]
        for i in range(terms.shape[0]):
            exponent(terms[i], factors, start, width, z)
            amount = terms[i, AMOUNT]
            if slots[i] == NO_FIXING:
                for j in range(width):
                    o[j] = fma(amount, exp(-z[j]), o[j])
            else:
                fixing = fixings[slots[i], start : start + width]
                for j in range(width):
                    o[j] = fma(amount * fixing[j], exp(-z[j]), o[j])


@kernel_reading(4)
def flow_slopes(factors: Floats, fixings: Floats, terms: Floats, slots: Ints, out: Floats) -> None:
    """Add value and slopes of flows to `out`: dV/dx = -sum b v.

    Arguments as for `flow_values`, but out: (1 + factors, paths), $ and $ per 1.00 of each factor.
    """
    paths, worth = factors.shape[1], np.empty(BLOCK)
    for start in range(0, paths, BLOCK):
        width = min(BLOCK, paths - start)
        value = out[0, start : start + width]
        for i in range(terms.shape[0]):
            flow_worth(terms[i], factors, fixings, slots[i], start, width, worth)
            for j in range(width):
                value[j] += worth[j]
            for k in range(OUTER, terms.shape[1], 2):
                slope, weight = out[1 + int(terms[i, k]), start : start + width], terms[i, k + 1]
                for j in range(width):
                    slope[j] = fma(-weight, worth[j], slope[j])


@kernel
def flow_steps(
    old: Floats, factors: Floats, fixings: Floats, terms: Floats, slots: Ints, worth: Floats, values: Floats
) -> None:
    """Values of flows in two markets, written; those in the old one share its exponentials.

    Args:
        old, factors: (factors, paths) levels before and after. fixings, terms, slots: as for `flow_values`.
        worth: (paths,) $, to the digits of `flow_slopes`, in the old market.
        values: (2, paths) $, to the digits of `flow_values`, in the old market and in the new one.
    """
    paths, z = factors.shape[1], np.empty(BLOCK)
    for start in range(0, paths, BLOCK):
        width = min(BLOCK, paths - start)
        block = slice(start, start + width)
        first, before, after = worth[block], values[0, block], values[1, block]
        for j in range(width):
            first[j] = before[j] = after[j] = 0.0
        for i in range(terms.shape[0]):
            amount = terms[i, AMOUNT]
            exponent(terms[i], old, start, width, z)
            if slots[i] == NO_FIXING:
                for j in range(width):
                    discount = exp(-z[j])
                    first[j] += amount * discount
                    before[j] = fma(amount, discount, before[j])
                exponent(terms[i], factors, start, width, z)
                for j in range(width):
                    after[j] = fma(amount, exp(-z[j]), after[j])
            else:
                fixing = fixings[slots[i], block]
                for j in range(width):
                    discount = exp(-z[j])
                    first[j] += amount * discount * fixing[j]
                    before[j] = fma(amount * fixing[j], discount, before[j])
                exponent(terms[i], factors, start, width, z)
                for j in range(width):
                    after[j] = fma(amount * fixing[j], exp(-z[j]), after[j])


@kernel
def flow_bends(factors: Floats, fixings: Floats, terms: Floats, slots: Ints, out: Floats) -> None:
    """Add the second derivatives of flows to `out`: d2V/dx dx' = sum b b' v.

    Arguments as for `flow_values`, but out: (factors, factors, paths), $ per 1.00 of each of two factors.
    """
    paths, worth = factors.shape[1], np.empty(BLOCK)
    for start in range(0, paths, BLOCK):
        width = min(BLOCK, paths - start)
        for i in range(terms.shape[0]):
            flow_worth(terms[i], factors, fixings, slots[i], start, width, worth)
            for k in range(OUTER, terms.shape[1], 2):
                for m in range(OUTER, terms.shape[1], 2):
                    weight = terms[i, k + 1] * terms[i, m + 1]
                    bend = out[int(terms[i, k]), int(terms[i, m]), start : start + width]
                    for j in range(width):
                        bend[j] = fma(weight, worth[j], bend[j])


@kernel
def weighed(weights: Floats, slots: Ints, fixings: Floats) -> Floats:
    """Sums of fixings, (sums, paths): weights (sums, flows), slots (flows,) the row of each flow's fixing."""
    paths, out = fixings.shape[1], np.zeros((weights.shape[0], fixings.shape[1]))
    for start in range(0, paths, BLOCK):
        stop = min(start + BLOCK, paths)
        for k in range(weights.shape[0]):
            total = out[k, start:stop]
            for i in range(slots.shape[0]):
                weight, fixing = weights[k, i], fixings[slots[i], start:stop]
                for j in range(stop - start):
                    total[j] = fma(weight, fixing[j], total[j])
    return out
