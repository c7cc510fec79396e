"""European options under Heston's law, for every path, by one integral over nodes that all paths share.

With A = S e^(-q t), B = K e^(-z t) and k = ln(A / B), what the option that is out of the money falls short of min(A, B)
is told by

    I = sqrt(A B) f(k, v),    f = sum over nodes of w e^(m (C + D v)) cos / sin (u k + phase),

call = A - I, put = B - I (Lewis 2000). C and D are Heston's exponents at u - i/2 (see `markets.vols.heston`), v the
path's variance, m a factor on all variances. Derivatives by k and v are sums over the same nodes.

Away from the money the waves in k are shorter than the nodes lie apart. There the time value itself is summed along a
contour s = u (1 +- i TILT) - i z, on which it is no larger than a moment of F_T and waves die out (Andersen and Lake
2018):

    I = min(A, B) - sqrt(A B) g(k, v),    g = Re sum of w e^(m (C + D v) + i s k), w complex.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from markets.kernels.floors import FLOOR, at_least
from markets.kernels.normal import exp, log
from markets.kernels.options import (
    CARRY,
    DELTA,
    GAMMA,
    INNER,
    INNER_YEARS,
    LOG_STRIKE,
    NODE,
    OUTER,
    OUTER_YEARS,
    QUANTITY,
    SIGN,
    SLOPES,
    STRIKE,
    VALUE,
    VANNA,
    VEGA,
)
from markets.kernels.waves import wave
from sim.jit import fma, kernel, kernel_inline

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BLOCK = 256  # paths: the rows of a block stay in the first-level cache
U, WEIGHT, C_REAL, C_IMAG, D_REAL, D_IMAG = range(6)
GRID_TERMS = 6  # of a node
POWER, POWER_C, POWER_D, POWER_RATES = range(4)
TAILS, TAIL_TERMS = 4, 4  # of a moment: its power and Heston's exponents at it, and what moves of rates add
S_REAL, S_IMAG, W_REAL, W_IMAG, FAR_C_REAL, FAR_C_IMAG, FAR_D_REAL, FAR_D_IMAG = range(8)
FAR_TERMS = 8  # of a node of a contour
NEAR, NOTHING = TAILS, TAILS + 1  # kinds of path beside those that a tail's contour is for
AWAY = -1.0  # ln of the bound of a time value, over sqrt(A B), below which it is summed by itself
SOON = -0.1  # the same where that takes fewer nodes: there waves of the other sum may be as short close to the money
FAR = -34.0  # ln of a time value, over sqrt(A B), that is as good as none: 2e-15
SUMS = 6  # f, f_k, f_kk, f_v, f_kv, and k


@kernel_inline
def kind_of(k: float, v: float, m: float, tails: Floats, away: float) -> int:
    """NEAR, NOTHING, or the tail whose moment bounds the time value at k best: e^(p k + m (C + D v) + rates).

    away: ln of that bound from which it is not near.
    """
    first = 0 if k < 0.0 else 2
    found, least = NEAR, away
    for row in range(first, first + 2):
        moment = m * fma(tails[row, POWER_D], v, tails[row, POWER_C]) + tails[row, POWER_RATES]
        bound = fma(tails[row, POWER], k, moment)
        if bound < least and tails[row, POWER] != 0.0:
            found, least = row, bound
    return NOTHING if least < FAR else found


@kernel_inline
def add_up(grid: Floats, first: int, last: int, variance: Floats, factor: Floats, width: int, sums: Floats) -> None:
    """f and its derivatives, `sums` (SUMS, BLOCK), at the k in their last row; variance, factor: v and m, (BLOCK,)."""
    f0, f1, f2, fv, fkv, ks = sums[0], sums[1], sums[2], sums[3], sums[4], sums[5]
    for row in range(SUMS - 1):
        for j in range(width):
            sums[row, j] = 0.0
    for i in range(first, last):
        u, weight = grid[i, U], grid[i, WEIGHT]
        c_real, c_imag, d_real, d_imag = grid[i, C_REAL], grid[i, C_IMAG], grid[i, D_REAL], grid[i, D_IMAG]
        for j in range(width):
            v, m = variance[j], factor[j]
            size = weight * exp(m * fma(d_real, v, c_real))
            cosine, sine = wave(fma(u, ks[j], m * fma(d_imag, v, c_imag)))
            real, imag = size * cosine, size * sine
            f0[j] += real
            f1[j] = fma(-u, imag, f1[j])
            f2[j] = fma(-u * u, real, f2[j])
            fv[j] = fma(m, fma(d_real, real, -d_imag * imag), fv[j])
            fkv[j] = fma(-u * m, fma(d_real, imag, d_imag * real), fkv[j])


@kernel_inline
def nothing_left(k: float, sums: Floats, j: int) -> None:
    """f where there is no time value: e^(-|k| / 2)."""
    least = exp(-0.5 * abs(k))
    sums[0, j], sums[1, j], sums[2, j] = least, (0.5 if k < 0.0 else -0.5) * least, 0.25 * least
    sums[3, j] = sums[4, j] = 0.0


@kernel_inline
def add_up_far(contour: Floats, variance: Floats, factor: Floats, width: int, sums: Floats) -> None:
    """The same by a contour, (nodes, FAR_TERMS): f = e^(-|k| / 2) - g."""
    f0, f1, f2, fv, fkv, ks = sums[0], sums[1], sums[2], sums[3], sums[4], sums[5]
    for j in range(width):
        nothing_left(ks[j], sums, j)
    for i in range(contour.shape[0]):
        s_real, s_imag, w_real, w_imag = contour[i, S_REAL], contour[i, S_IMAG], contour[i, W_REAL], contour[i, W_IMAG]
        c_real, c_imag = contour[i, FAR_C_REAL], contour[i, FAR_C_IMAG]
        d_real, d_imag = contour[i, FAR_D_REAL], contour[i, FAR_D_IMAG]
        across = s_imag * s_imag - s_real * s_real
        for j in range(width):
            v, m, k = variance[j], factor[j], ks[j]
            size = exp(fma(-s_imag, k, m * fma(d_real, v, c_real)))
            cosine, sine = wave(fma(s_real, k, m * fma(d_imag, v, c_imag)))
            real = size * fma(w_real, cosine, -w_imag * sine)
            imag = size * fma(w_real, sine, w_imag * cosine)
            by_v, by_v_imag = fma(d_real, real, -d_imag * imag), fma(d_real, imag, d_imag * real)
            f0[j] -= real
            f1[j] += fma(s_imag, real, s_real * imag)
            f2[j] -= fma(across, real, 2.0 * s_real * s_imag * imag)
            fv[j] = fma(-m, by_v, fv[j])
            fkv[j] = fma(m, fma(s_imag, by_v, s_real * by_v_imag), fkv[j])


@kernel_inline
def add_up_all(
    grid: Floats,
    first: int,
    last: int,
    tails: Floats,
    contours: Floats,
    variance: Floats,
    factor: Floats,
    kinds: Ints,
    width: int,
    sums: Floats,
    among: Ints,
    part: Floats,
) -> None:
    """`sums` of a block, kind by kind: paths of one kind are taken together, so that each has one sum alone.

    kinds: (BLOCK,), written. among: (BLOCK,) and part: (SUMS + 2, BLOCK), for work.
    """
    away = SOON if last - first > contours.shape[1] else AWAY
    for j in range(width):
        kinds[j] = NOTHING if first == last else kind_of(sums[SUMS - 1, j], variance[j], factor[j], tails, away)
    for kind in range(NOTHING + 1):
        number = 0
        for j in range(width):
            if kinds[j] == kind:
                among[number] = j
                number += 1
        if number == 0:
            continue
        for n in range(number):
            part[SUMS - 1, n] = sums[SUMS - 1, among[n]]
            part[SUMS, n], part[SUMS + 1, n] = variance[among[n]], factor[among[n]]
        if kind == NEAR:
            add_up(grid, first, last, part[SUMS], part[SUMS + 1], number, part)
        elif kind == NOTHING:
            for n in range(number):
                nothing_left(part[SUMS - 1, n], part, n)
        else:
            add_up_far(contours[kind], part[SUMS], part[SUMS + 1], number, part)
        for row in range(SUMS - 1):
            for n in range(number):
                sums[row, among[n]] = part[row, n]


@kernel
def heston_options(
    spot: Floats,
    vol: Floats,
    nodes: Floats,
    stretch: Floats,
    base: Floats,
    terms: Floats,
    grid: Floats,
    bounds: Ints,
    tails: Floats,
    contours: Floats,
    out: Floats,
) -> None:
    """Add value and sensitivities of options to `out`.

    Args:
        spot, vol: (paths,); nodes: (nodes, paths), zero rates.
        stretch: (paths,) factor on every option's vol: variances, present and long-run, are multiplied by its square.
        base: (2,) spot0, to which `LOG_STRIKE` refers, and variance per squared vol of the market.
        terms: (options, OPTION_TERMS), of which `SD` and `RESPONSE` are not read.
        grid: (nodes of all options, GRID_TERMS); bounds: (options + 1,) where each option's begin. An option without
            nodes has no time left.
        tails: (options, TAILS, TAIL_TERMS) of moments, for calls and for puts out of the money, two each; contours:
            (options, TAILS, nodes, FAR_TERMS), one for each.
        out: (NODE + nodes or more, paths), added to: $, units, units/$, $ per 1.00 of vol, units per unit of ln vol,
            $ per 1.00 of each node rate. Or (SLOPES, paths): the first three alone. Or (1, paths): the value.
    """
    paths, full, slopes = spot.shape[0], out.shape[0] > SLOPES, out.shape[0] >= SLOPES
    sums, variance, factor = np.empty((SUMS, BLOCK)), np.empty(BLOCK), np.empty(BLOCK)
    zts, kinds, among = np.empty(BLOCK), np.empty(BLOCK, np.int64), np.empty(BLOCK, np.int64)
    part = np.empty((SUMS + 2, BLOCK))
    for start in range(0, paths, BLOCK):
        width = min(BLOCK, paths - start)
        for j in range(width):
            v = vol[start + j]
            variance[j], factor[j] = base[1] * v * v, stretch[start + j] * stretch[start + j]
        for i in range(terms.shape[0]):
            outer, inner = int(terms[i, OUTER]), int(terms[i, INNER])
            for j in range(width):
                zts[j] = fma(
                    terms[i, OUTER_YEARS], nodes[outer, start + j], terms[i, INNER_YEARS] * nodes[inner, start + j]
                )
                price = at_least(spot[start + j], FLOOR)
                sums[SUMS - 1, j] = log(price / base[0]) - terms[i, LOG_STRIKE] + zts[j]
            nodes_of = bounds[i], bounds[i + 1], tails[i], contours[i]
            add_up_all(grid, *nodes_of, variance, factor, kinds, width, sums, among, part)
            sign, quantity = terms[i, SIGN], terms[i, QUANTITY]
            for j in range(width):
                k, at = sums[SUMS - 1, j], start + j
                asset, cash = terms[i, CARRY] * spot[at], terms[i, STRIKE] * exp(-zts[j])
                root = exp(0.5 * k) * cash  # sqrt(A B)
                short_of = min(asset, cash) if kinds[j] == NOTHING else root * sums[0, j]
                half = 0.5 * sums[0, j]
                by_asset, by_cash = root * (half + sums[1, j]), root * (half - sums[1, j])
                own, other = (asset, 0.0) if sign > 0.0 else (0.0, cash)
                out[VALUE, at] += quantity * (own + other - short_of)
                if slopes:
                    per_spot = 1.0 / at_least(spot[at], FLOOR)
                    out[DELTA, at] += quantity * (own - by_asset) * per_spot
                    bend = by_asset - root * (0.5 * half + sums[1, j] + sums[2, j])
                    out[GAMMA, at] += quantity * bend * per_spot * per_spot
                if full:
                    twice = 2.0 * variance[j]  # dv / d ln vol
                    out[VEGA, at] -= quantity * root * sums[3, j] * twice / at_least(vol[at], FLOOR)
                    out[VANNA, at] -= quantity * root * (0.5 * sums[3, j] + sums[4, j]) * twice * per_spot
                    rho = quantity * (by_cash - other)
                    out[NODE + outer, at] += terms[i, OUTER_YEARS] * rho
                    out[NODE + inner, at] += terms[i, INNER_YEARS] * rho
