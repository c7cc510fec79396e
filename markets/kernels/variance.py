"""Variance swaps: the fair variance of a smile, and value and sensitivities of swaps on realised variance.

A log contract pays -2 ln(S_T / F) + 2 (S_T / F - 1), the integral of 2 / K^2 over options out of the money. Integrated
by parts on a smile of total standard deviation s(k), k = ln(K / F) (Gatheral 2006, chapter 11):

    W = int n(d2) (s - k s' + s^2 s' / 2) dk,  d2 = -k / s - s / 2

Its derivatives are those of the options, each with vega 2 n(d2) dk:

    W_p  = 2 int n(d2) s_p dk
    W_pq = 2 int n(d2) (s_pq + d1 d2 s_p s_q / s) dk

The smile is s = flat m(z), z = c (k + a); see `markets.kernels.smiles`. A line of vols is cut off at two kinks, beyond
which W is known. A Gauss rule over asinh k does the rest, from where to where n(d2) counts.
"""

from __future__ import annotations

from math import asinh, erfc, sqrt

import numpy as np
from numpy.typing import NDArray

from markets.kernels.floors import FLOOR, TINY, at_least
from markets.kernels.normal import INV_SQRT_2PI, exp, log
from markets.kernels.options import (
    DELTA,
    GAMMA,
    INNER,
    INNER_YEARS,
    LOG_STRIKE,
    NODE,
    OUTER,
    OUTER_YEARS,
    RESPONSE,
    SD,
    STRIKE,
    VALUE,
    VANNA,
    VEGA,
)
from markets.kernels.smiles import LEAST, LINEAR, MOST, SSVI, multiple
from markets.kernels.surface import BY_SKEW, BY_SLOPE
from sim.jit import kernel, kernel_inline, kernel_reading

Floats = NDArray[np.float64]

POINTS, WEIGHTS = np.polynomial.legendre.leggauss(48)
BEND = 2.0  # width of the sinh in standard deviations at the money
POLE = 0.25  # of SSVI's multiple: z = (1 +- i) / 4
FAR, STRIDE, MOST_STRIDES = 8.5, 1.5, 100  # |d2| at which the integral ends, and the steps in which that is found
SQRT_HALF = sqrt(0.5)
BLOCK = 256  # paths
INTEGRALS = 6
FAIR, BY_LEVEL, BY_SHIFT, BENT, CROSSED, BY_STEEP = range(INTEGRALS)


@kernel_inline
def d2_at(form: int, c: float, a: float, flat: float, k: float) -> float:
    """d2 of a strike, by ln of it over the forward."""
    total = at_least(flat * multiple(form, c * (k + a))[0], TINY)
    return -k / total - 0.5 * total


@kernel_inline
def reach(form: int, c: float, a: float, flat: float, middle: float, side: float) -> float:
    """The end of the integral on one side (+1: high strikes), where |d2| has passed `FAR`."""
    k, strides = side * FAR * middle, 0
    while -side * d2_at(form, c, a, flat, k) < FAR and strides < MOST_STRIDES:
        k *= STRIDE
        strides += 1
    return k


@kernel_inline
def beyond(total: float, d2: float, side: float) -> float:
    """W of the strikes on one side of that of `d2`, all of one vol: s^2 N(side d2)."""
    return total * total * 0.5 * erfc(-side * d2 * SQRT_HALF)


@kernel_inline
def interval(form: int, c: float, a: float, flat: float) -> tuple[float, float, float, float, float]:
    """Shift and width of k = shift + width sinh(t), centre and half of the interval of t, and W beyond its ends.

    SSVI has no poles near that line of t, and a line of vols none within its kinks.
    """
    middle = at_least(flat * multiple(form, c * a)[0], TINY)
    low, high = reach(form, c, a, flat, middle, -1.0), reach(form, c, a, flat, middle, 1.0)
    shift, width, rest = 0.0, BEND * middle, 0.0
    if form == SSVI and abs(c) * width > POLE:
        shift, width = POLE / c - a, POLE / abs(c)
    if form == LINEAR and c != 0.0:
        for bound in (LEAST, MOST):
            k = (1.0 - bound) / c - a
            d2 = d2_at(form, c, a, flat, k)
            if (bound == LEAST) == (c > 0.0):
                rest += beyond(bound * flat, d2, 1.0) if k < high else 0.0
                high = max(min(high, k), low)
            else:
                rest += beyond(bound * flat, d2, -1.0) if k > low else 0.0
                low = min(max(low, k), high)
    first, last = asinh((low - shift) / width), asinh((high - shift) / width)
    return shift, width, 0.5 * (first + last), 0.5 * (last - first), rest


@kernel
def fair_variances(form: int, c: Floats, a: Floats, flat: Floats, out: Floats) -> None:
    """W of each smile (n,) into `out` (INTEGRALS, n), with derivatives by ln flat, a, twice a, a and ln flat, and c.

    Relative error of W below 1e-10. In blocks, whose rows stay in a first-level cache; digits do not depend on them.
    """
    shifts, widths, centres, halves = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK)
    found = np.empty((INTEGRALS, BLOCK))
    for start in range(0, c.shape[0], BLOCK):
        count = min(BLOCK, c.shape[0] - start)
        block = slice(start, start + count)
        steep, away, level = c[block], a[block], flat[block]
        found[:] = 0.0
        for j in range(count):
            shifts[j], widths[j], centres[j], halves[j], rest = interval(form, steep[j], away[j], level[j])
            found[FAIR, j], found[BY_LEVEL, j] = rest, 2.0 * rest
        integrate(form, steep, away, level, shifts, widths, centres, halves, found)
        for i in range(INTEGRALS):
            for j in range(count):
                out[i, start + j] = found[i, j]


@kernel
def integrate(
    form: int,
    c: Floats,
    a: Floats,
    flat: Floats,
    shifts: Floats,
    widths: Floats,
    centres: Floats,
    halves: Floats,
    out: Floats,
) -> None:
    """Add the integrals over t within `halves` of `centres` to `out` (INTEGRALS, n)."""
    fair, by_level, by_shift = out[FAIR], out[BY_LEVEL], out[BY_SHIFT]
    bent, crossed, by_steep = out[BENT], out[CROSSED], out[BY_STEEP]
    for i in range(POINTS.shape[0]):
        for j in range(c.shape[0]):
            grown = exp(centres[j] + halves[j] * POINTS[i])
            shrunk = 1.0 / grown
            k = shifts[j] + 0.5 * widths[j] * (grown - shrunk)
            m, m1, m2 = multiple(form, c[j] * (k + a[j]))
            s, by_a = at_least(m * flat[j], TINY), c[j] * m1 * flat[j]
            d2 = -k / s - 0.5 * s
            volga = (d2 + s) * d2
            density = INV_SQRT_2PI * exp(-0.5 * d2 * d2)
            twice = density * WEIGHTS[i] * halves[j] * widths[j] * (grown + shrunk)
            fair[j] += 0.5 * twice * (s - k * by_a + 0.5 * s * s * by_a)
            by_level[j] += twice * s
            by_shift[j] += twice * by_a
            bent[j] += twice * (c[j] * c[j] * m2 * flat[j] + volga * by_a * by_a / s)
            crossed[j] += twice * by_a * (1.0 + volga)
            by_steep[j] += twice * (k + a[j]) * m1 * flat[j]


@kernel_reading(15)
def variance_swaps(
    spot: Floats,
    vol: Floats,
    nodes: Floats,
    reference: Floats,
    surface: Floats,
    base: Floats,
    form: int,
    slides: tuple[float, float],
    term: Floats,
    steepness: float,
    loading: float,
    origins: Floats,
    realised: Floats,
    fixed: Floats,
    strikes: Floats,
    out: Floats,
    by: Floats,
    own: Floats,
    fair: Floats,
) -> None:
    """Value and sensitivities of a swap that pays what is realised less `strikes`; both are total variances, $ per 1.

    V = DF (realised + ln(S / fixed)^2 + W - strike): what has been realised, what the day has made so far, and what the
    smile says of the rest. A path's digits do not depend on the others: no blocks.

    Args:
        spot, vol: (paths,); nodes: (nodes, paths), zero rates.
        reference, surface, base, form, slides: as of `markets.kernels.surface.surface_greeks`.
        term: (OPTION_TERMS,) of an option with strike spot0 and multiple 1; see `markets.kernels.options`.
        steepness, loading: 1 / sqrt(max(T, 1/12)), and d ln(vol) / d slope.
        origins: (paths,) $ to which the smile refers.
        realised, fixed, strikes: (paths,) sum of squares through the last close, spot then $, total variance.
        out: (NODE + nodes, paths), written: as rows of `option_greeks`.
        by: (2, paths), written: $ per 1.00 of slope and skew; or (0, 0).
        own: (paths,), written: $ per 1.00 of the vol of the rest.
        fair: (paths,), written: that vol, decimal a year; at the end that at the money.
    """
    out[:] = 0.0
    paths = spot.shape[0]
    outer, inner = int(term[OUTER]), int(term[INNER])
    outer_years, inner_years = term[OUTER_YEARS], term[INNER_YEARS]
    response, root = term[RESPONSE], term[SD] / base[1]
    per_spot0, per_vol0 = 1.0 / base[0], 1.0 / base[1]
    follows = 1.0 - slides[1]  # da / d ln S
    steep, away, level, discounts = np.empty(paths), np.empty(paths), np.empty(paths), np.empty(paths)
    for j in range(paths):
        zt = outer_years * nodes[outer, j] + inner_years * nodes[inner, j]
        origin = log(origins[j] * per_spot0)
        slid = slides[0] * (log(at_least(reference[j], FLOOR) * per_spot0) - origin)
        steep[j] = surface[1, j] * steepness
        away[j] = log(at_least(spot[j], FLOOR) * per_spot0) - term[LOG_STRIKE] + zt - origin - slid
        level[j] = base[1] * exp(response * log(at_least(vol[j], FLOOR) * per_vol0) + loading * surface[0, j])
        discounts[j] = term[STRIKE] * per_spot0 * exp(-zt)
    found = np.zeros((INTEGRALS, paths))
    if root > 0.0:
        fair_variances(form, steep, away, level * root, found)
    for j in range(paths):
        price, discount, moved = at_least(spot[j], FLOOR), discounts[j], log(spot[j] / fixed[j])
        fair[j] = sqrt(found[FAIR, j]) / root if root > 0.0 else level[j] * multiple(form, steep[j] * away[j])[0]
        worth = discount * (realised[j] + moved * moved + found[FAIR, j] - strikes[j])
        by_log = discount * (2.0 * moved + follows * found[BY_SHIFT, j])
        out[VALUE, j] = worth
        out[DELTA, j] = by_log / price
        out[GAMMA, j] = (discount * (2.0 + follows * follows * found[BENT, j]) - by_log) / (price * price)
        out[VEGA, j] = discount * response * found[BY_LEVEL, j] / at_least(vol[j], FLOOR)
        out[VANNA, j] = discount * response * follows * found[CROSSED, j] / price
        by_rate = discount * found[BY_SHIFT, j] - worth
        out[NODE + outer, j] += outer_years * by_rate
        out[NODE + inner, j] += inner_years * by_rate
        own[j] = 2.0 * discount * fair[j] * root * root
        if by.shape[0] > 0:
            by[BY_SLOPE, j] = discount * loading * found[BY_LEVEL, j]
            by[BY_SKEW, j] = discount * steepness * found[BY_STEEP, j]
