"""Sums over the options of a book, for every path.

The kernels walk blocks of paths outside, options in the middle and the paths of a block inside: the block's rows stay
in the first-level cache, an option's terms in registers, and the inner loops vectorise. Nothing of shape
(paths, options) is ever made. Inner loops are short, one step each (an exponential, one tail): the processor then works
on many paths at once, where a long loop would wait for one path's chain of operations.

An option's row of terms (see `OPTION_TERMS`) holds what is common to all paths at one tick. Notation: S spot, s implied
vol of the market, r the zero rates at the nodes of the curve, x = ln(S/K) + z tau - q tau, sd = option vol *
sqrt(variance time). z tau is linear in the two nodes around tau; see `markets.kernels.terms.hat` for their order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from markets.kernels.floors import FLOOR, TINY, at_least
from markets.kernels.normal import INV_SQRT_2PI, bell, exp, log
from markets.kernels.sides import (
    BELL,
    D_1,
    D_2,
    LOWER_1,
    LOWER_2,
    SIDE_1,
    SIDE_2,
    WORK,
    both_tails,
    cash_side,
    find_distances,
    find_ratios,
    reach,
    side,
)
from sim.jit import fma, kernel_inline, kernel_reading

Floats = NDArray[np.float64]

BLOCK = 256  # paths: six rows of 2 KiB stay in a first-level cache

SIGN = 0  # +1 call, -1 put
QUANTITY = 1  # units of the asset, signed
STRIKE = 2  # $
LOG_STRIKE = 3  # ln(K / spot0) + q tau
SD = 4  # standard deviation of ln S_T at base vol: vol multiple * s_base * sqrt(variance time)
RESPONSE = 5  # d ln(option vol) / d ln s
CARRY = 6  # exp(-q tau)
OUTER, OUTER_YEARS, INNER, INNER_YEARS = 7, 8, 9, 10  # two nodes, and d(z tau) / d rate of each
OPTION_TERMS = 11

VALUE, DELTA, GAMMA, VEGA, VANNA, NODE = range(6)  # NODE and on: a row for each node of the curve
SLOPES = 3  # value and its first two derivatives by spot
OWN = 5  # rows of what of an option does not depend on spot


@kernel_inline
def different(vol: Floats, nodes: Floats, stretch: Floats, start: int) -> int:
    """How many paths of a block to look at for what depends on vol and curve alone: one where all are alike.

    vol, stretch: of the block, which begins at the path `start`.
    """
    alike, width = True, vol.shape[0]
    for j in range(width):
        alike &= (vol[j] == vol[0]) & (stretch[j] == stretch[0])
    for k in range(nodes.shape[0] if alike else 0):
        rate = nodes[k, start : start + width]
        for j in range(width):
            alike &= rate[j] == rate[0]
    return 1 if alike else width


@kernel_inline
def of_one_expiry(terms: Floats, i: int) -> bool:
    """Whether an option has the time, curve and response of the one before it."""
    alike = i > 0
    for column in (OUTER, OUTER_YEARS, INNER, INNER_YEARS, RESPONSE):
        alike &= terms[i, column] == terms[i - alike, column]
    return alike


@kernel_inline
def spread(
    terms: Floats,
    i: int,
    seen: int,
    width: int,
    start: int,
    nodes: Floats,
    stretch: Floats,
    log_vol: Floats,
    own: Floats,
) -> None:
    """What of an option does not depend on spot, into `own` (OWN, width): z tau, sd, sign / sd, exp(-z tau) and the
    factor by which vol has moved; the first, fourth and fifth are still there if the option before has the same expiry.

    Computed on the first `seen` paths of the block, which begins at `start`; the others are as the first.
    """
    zts, sds, pers, discounts, moves = own[0], own[1], own[2], own[3], own[4]
    sign, sd0, response = terms[i, SIGN], terms[i, SD], terms[i, RESPONSE]
    if of_one_expiry(terms, i):
        for j in range(seen):
            sds[j] = sd0 * stretch[j] * moves[j]
    else:
        block = slice(start, start + width)
        outer, inner = nodes[int(terms[i, OUTER]), block], nodes[int(terms[i, INNER]), block]
        outer_years, inner_years = terms[i, OUTER_YEARS], terms[i, INNER_YEARS]
        for j in range(seen):
            zts[j] = fma(outer_years, outer[j], inner_years * inner[j])
        for j in range(seen):
            discounts[j] = exp(-zts[j])
        for j in range(seen):
            moved = exp(response * log_vol[j])
            moves[j], sds[j] = moved, sd0 * stretch[j] * moved
        for j in range(seen, width):
            zts[j], discounts[j] = zts[0], discounts[0]
    for j in range(seen):
        pers[j] = sign / at_least(sds[j], TINY)
    for j in range(seen, width):
        sds[j], pers[j] = sds[0], pers[0]


@kernel_inline
def every_side(
    sign: float, strike: float, carry: float, spot: Floats, x: Floats, own: Floats, work: Floats, width: int
) -> None:
    """N(D_1), K' N(D_2), e^(-d1^2 / 2), D_1 and D_2 of one option on the `width` paths of a block, into rows of `work`.

    Args:
        spot: $; x: ln(S/K) + z tau - q tau; own: (OWN, BLOCK) of `spread`.
        work: (WORK, BLOCK), written. D_1, D_2: sign d1, sign d2; K' the strike as discounted.
    """
    discounts, side1, side2, bells = own[3], work[SIDE_1], work[SIDE_2], work[BELL]
    d1, d2, lower1, lower2 = work[D_1], work[D_2], work[LOWER_1], work[LOWER_2]
    find_distances(sign, x, own[1], own[2], work, width)
    for j in range(width):
        far1, far2 = both_tails(side1[j], lower1[j], side2[j], lower2[j], bells[j])
        side1[j] = side(d1[j], 1.0, far1)
        side2[j] = cash_side(d2[j], strike, discounts[j], carry * spot[j] * far2)


@kernel_inline
def add_first_order(
    term: Floats,
    spot: Floats,
    log_spot: Floats,
    own: Floats,
    x: Floats,
    work: Floats,
    value: Floats,
    delta: Floats,
    width: int,
) -> None:
    """Add $ and units of one option on the `width` paths of a block to `value` and `delta`.

    Args:
        term, own, work: as for `spread` and `every_side`; x: (BLOCK,), written.
    """
    sign, strike, log_strike, carry = term[SIGN], term[STRIKE], term[LOG_STRIKE], term[CARRY]
    units, zts, side1, side2 = sign * term[QUANTITY], own[0], work[SIDE_1], work[SIDE_2]
    for j in range(width):
        x[j] = log_spot[j] - log_strike + zts[j]
    every_side(sign, strike, carry, spot, x, own, work, width)
    for j in range(width):
        n1, rho = units * side1[j], units * side2[j]
        value[j] += fma(carry * spot[j], n1, -rho)
        delta[j] = fma(carry, n1, delta[j])


@kernel_inline
def add_value(
    term: Floats,
    spot: Floats,
    log_spot: Floats,
    zts: Floats,
    sds: Floats,
    discounts: Floats,
    work: Floats,
    value: Floats,
    width: int,
) -> None:
    """Add $ of one option on the `width` paths of a block to `value`, with one division for both tails.

    Args:
        zts, sds, discounts: z tau, sd and exp(-z tau) of the option; term, work: as for `add_first_order`.
    """
    sign, strike, log_strike, carry = term[SIGN], term[STRIKE], term[LOG_STRIKE], term[CARRY]
    side1, side2, bells, d1, d2 = work[SIDE_1], work[SIDE_2], work[BELL], work[D_1], work[D_2]
    lower1, lower2 = work[LOWER_1], work[LOWER_2]
    units, half = sign * term[QUANTITY], 0.5 * sign
    for j in range(width):
        d = (log_spot[j] - log_strike + zts[j]) * (sign / at_least(sds[j], TINY))
        d1[j] = d + half * sds[j]
        d2[j] = d - half * sds[j]
    for j in range(width):
        bells[j] = carry * spot[j] * bell(reach(d1[j]))
    find_ratios(work, width)
    for j in range(width):
        far1, far2 = both_tails(side1[j], lower1[j], side2[j], lower2[j], bells[j])
        one = side(d1[j], carry * spot[j], far1) - cash_side(d2[j], strike, discounts[j], far2)
        value[j] = fma(units, one, value[j])


@kernel_reading(5)
def option_values(spot: Floats, vol: Floats, nodes: Floats, base: Floats, terms: Floats, out: Floats) -> None:
    """Add the value of European options to `out`.

    Args:
        spot, vol: (paths,); nodes: (nodes, paths), zero rates.
        base: (2,) spot0 and s_base, to which `LOG_STRIKE` and `SD` refer.
        terms: (options, OPTION_TERMS).
        out: (paths,) $, added to.
    """
    paths = spot.shape[0]
    log_spot, log_vol, own = np.empty(BLOCK), np.empty(BLOCK), np.empty((OWN, BLOCK))
    whole, work = np.ones(BLOCK), np.empty((WORK, BLOCK))
    zts, sds, discounts = own[0], own[1], own[3]
    per_spot0, per_vol0 = 1.0 / base[0], 1.0 / base[1]
    for start in range(0, paths, BLOCK):
        width = min(BLOCK, paths - start)
        block = slice(start, start + width)
        s, v, o = spot[block], vol[block], out[block]
        seen = different(v, nodes, whole, start)
        for j in range(width):
            log_spot[j] = log(at_least(s[j], FLOOR) * per_spot0)
        for j in range(seen):
            log_vol[j] = log(at_least(v[j], FLOOR) * per_vol0)
        for i in range(terms.shape[0]):
            spread(terms, i, seen, width, start, nodes, whole, log_vol, own)
            add_value(terms[i], s, log_spot, zts, sds, discounts, work, o, width)


@kernel_reading(8)
def option_steps(
    old_spot: Floats,
    old_vol: Floats,
    old_nodes: Floats,
    spot: Floats,
    vol: Floats,
    nodes: Floats,
    base: Floats,
    terms: Floats,
    slopes: Floats,
    values: Floats,
) -> None:
    """Values of European options step by step from one market to another, to the digits of the kernels above.

    The steps share what they have in common: z tau, standard deviations, discount factors and logarithms.

    Args:
        old_spot, old_vol, old_nodes: the market at first; spot, vol, nodes: at last. base, terms: as for the others.
        slopes: written: (2 or more, paths): value and delta in the market at first.
        values: written: (3, paths) $: when spot has moved, when vol has moved too, when all has.
    """
    paths = spot.shape[0]
    log_old, log_new, log_old_vol, log_new_vol = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK)
    own, sds, x, work = np.empty((OWN, BLOCK)), np.empty(BLOCK), np.empty(BLOCK), np.empty((WORK, BLOCK))
    zts, old_sds, pers, discounts = own[0], own[1], own[2], own[3]
    per_spot0, per_vol0 = 1.0 / base[0], 1.0 / base[1]
    for start in range(0, paths, BLOCK):
        width = min(BLOCK, paths - start)
        block = slice(start, start + width)
        s0, s1, v0, v1 = old_spot[block], spot[block], old_vol[block], vol[block]
        value, delta = slopes[VALUE, block], slopes[DELTA, block]
        for j in range(width):
            value[j] = delta[j] = values[0, start + j] = values[1, start + j] = values[2, start + j] = 0.0
        for j in range(width):
            log_old[j] = log(at_least(s0[j], FLOOR) * per_spot0)
        for j in range(width):
            log_new[j] = log(at_least(s1[j], FLOOR) * per_spot0)
        for j in range(width):
            log_old_vol[j] = log(at_least(v0[j], FLOOR) * per_vol0)
        for j in range(width):
            log_new_vol[j] = log(at_least(v1[j], FLOOR) * per_vol0)
        for i in range(terms.shape[0]):
            sign, sd0, response = terms[i, SIGN], terms[i, SD], terms[i, RESPONSE]
            outer, inner = int(terms[i, OUTER]), int(terms[i, INNER])
            outer_years, inner_years = terms[i, OUTER_YEARS], terms[i, INNER_YEARS]
            outer0, inner0, outer1, inner1 = (
                old_nodes[outer, block],
                old_nodes[inner, block],
                nodes[outer, block],
                nodes[inner, block],
            )
            for j in range(width):
                old_sds[j] = sd0 * exp(response * log_old_vol[j])
                pers[j] = sign / at_least(old_sds[j], TINY)
            for j in range(width):
                sds[j] = sd0 * exp(response * log_new_vol[j])
            for j in range(width):
                zts[j] = fma(outer_years, outer0[j], inner_years * inner0[j])
                discounts[j] = exp(-zts[j])
            add_first_order(terms[i], s0, log_old, own, x, work, value, delta, width)
            for step in range(3):  # by spot, by vol, by all: one call, which is compiled once
                for j in range(width if step == 2 else 0):
                    zts[j] = fma(outer_years, outer1[j], inner_years * inner1[j])
                    discounts[j] = exp(-zts[j])
                spreads, found = old_sds if step == 0 else sds, values[step, block]
                add_value(terms[i], s1, log_new, zts, spreads, discounts, work, found, width)


@kernel_reading(7)
def option_greeks(
    spot: Floats,
    vol: Floats,
    nodes: Floats,
    stretch: Floats,
    base: Floats,
    terms: Floats,
    blank: bool,
    logs: Floats,
    out: Floats,
) -> None:
    """Add value and sensitivities of European options to `out`.

    Args:
        spot, vol: (paths,); nodes: (nodes, paths), zero rates.
        stretch: (paths,) factor on every option's vol (Leland 1985); 1 for the market's own. One of (1,) says that
            neither it nor vol nor the curve differs between paths, which else is looked for.
        base: (2,) spot0 and s_base, to which `LOG_STRIKE` and `SD` refer.
        terms: (options, OPTION_TERMS).
        blank: whether `out` is still empty memory, to be cleared first.
        logs: (paths,), written: ln(spot / spot0).
        out: (NODE + nodes or more, paths), added to: $, units, units/$, $ per 1.00 of s, units per unit of ln s, and
            $ per 1.00 of each node rate. Or (SLOPES, paths): the first three alone; or (GAMMA, paths): the first two.
    """
    paths, full, alike = spot.shape[0], out.shape[0] > SLOPES, stretch.shape[0] == 1
    bent = out.shape[0] > GAMMA
    per_spot = np.empty(BLOCK)
    log_vol, per_vol, own = np.empty(BLOCK), np.empty(BLOCK), np.empty((OWN, BLOCK))
    sds, pers = own[1], own[2]
    x, work, filled = np.empty(BLOCK), np.empty((WORK, BLOCK)), -1  # filled: the option whose numbers `own` has
    side2, bells, d2 = work[SIDE_2], work[BELL], work[D_2]
    spare = np.zeros(BLOCK)  # for a share of nothing: a loop that writes one row by two names does not vectorise
    per_spot0, per_vol0 = 1.0 / base[0], 1.0 / base[1]
    for start in range(0, paths, BLOCK):
        width = min(BLOCK, paths - start)
        block = slice(start, start + width)
        s, v, log_spot = spot[block], vol[block], logs[block]
        wide = stretch if alike else stretch[block]
        value, delta, gamma = out[VALUE, block], out[DELTA, block], out[GAMMA if bent else 0, block]
        vega, vanna = out[VEGA if full else 0, block], out[VANNA if full else 0, block]
        for k in range(out.shape[0] if blank else 0):
            out[k, block] = 0.0
        seen = 1 if alike else different(v, nodes, wide, start)
        for j in range(width):
            log_spot[j] = log(at_least(s[j], FLOOR) * per_spot0)
        for j in range(width if bent else 0):
            per_spot[j] = 1.0 / at_least(s[j], FLOOR)
        for j in range(seen):
            log_vol[j] = log(at_least(v[j], FLOOR) * per_vol0)
        for j in range(width if full else 0):
            per_vol[j] = 1.0 / at_least(v[j], FLOOR)
        for i in range(terms.shape[0]):
            sign, quantity = terms[i, SIGN], terms[i, QUANTITY]
            units = sign * quantity
            response, carry = terms[i, RESPONSE], terms[i, CARRY]
            outer_years, inner_years = terms[i, OUTER_YEARS], terms[i, INNER_YEARS]
            by_outer = out[NODE + int(terms[i, OUTER]) if full else 0, block]
            by_inner = out[NODE + int(terms[i, INNER]) if full else 0, block]
            if terms[i, INNER] == terms[i, OUTER]:  # a curve of one node
                by_inner = spare[:width]
            if not alike or filled != i:
                spread(terms, i, seen, width, start, nodes, wide, log_vol, own)
                filled = i if width == BLOCK else -1
            add_first_order(terms[i], s, log_spot, own, x, work, value, delta, width)
            density = units * carry * INV_SQRT_2PI  # of sign / sd
            for j in range(width if bent else 0):
                gamma[j] = fma(0.0 if sds[j] < TINY else density * bells[j] * pers[j], per_spot[j], gamma[j])
            if not full:
                continue
            bend = quantity * carry * INV_SQRT_2PI * response
            for j in range(width):
                vega[j] = fma(bend * bells[j] * s[j], sds[j] * per_vol[j], vega[j])
                vanna[j] = fma(-sign * bend * bells[j], d2[j], vanna[j])
            for j in range(width):
                rho = units * side2[j]
                by_outer[j] = fma(outer_years, rho, by_outer[j])
                by_inner[j] = fma(inner_years, rho, by_inner[j])
