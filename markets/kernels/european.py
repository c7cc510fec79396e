"""European options, each with its own spot, strike, vol, time, rate and yield."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from markets.kernels.floors import TINY, at_least
from markets.kernels.normal import INV_SQRT_2PI, bell, exp, log, mills_ratio
from markets.kernels.sides import cash_side, reach, side
from sim.jit import fma, kernel_inline, kernel_reading

Floats = NDArray[np.float64]

BLOCK = 256  # options: common inputs are repeated over a block, which stays in the L1 cache


@kernel_inline
def part(column: Floats, common: Floats, start: int, stop: int) -> Floats:
    """A block of a column; a column of one number is repeated."""
    return common[: stop - start] if column.shape[0] == 1 else column[start:stop]


@kernel_reading(7)
def european_options(
    sign: Floats, spot: Floats, strike: Floats, vol: Floats, years: Floats, rate: Floats, carry: Floats, out: Floats
) -> None:
    """Value, delta, gamma and vega of each option (Black and Scholes 1973, Merton 1973), in one pass.

    Short loops, as in `markets.kernels.options`. The rows of `out` are first written by loops that compute much: beyond
    the caches there is then less waiting for memory.

    Args:
        sign: +1 call, -1 put. This and the other columns: (options,), or (1,) where it is the same for all.
        spot, strike: $.
        vol: decimal, a year.
        years: to expiry.
        rate, carry: continuous, a year: of the discounting and of the yield that the asset pays.
        out: (4, options) $, units, units/$, $ per 1.00 of vol; NaN if spot, vol or years is negative, or strike not
            positive.
    """
    signs, spots, strikes = np.full(BLOCK, sign[0]), np.full(BLOCK, spot[0]), np.full(BLOCK, strike[0])
    vols, times, rates, carries = (
        np.full(BLOCK, vol[0]),
        np.full(BLOCK, years[0]),
        np.full(BLOCK, rate[0]),
        np.full(BLOCK, carry[0]),
    )
    options = out.shape[1]
    roots, shares = np.empty(BLOCK), np.empty(BLOCK)  # of time; what is left of an asset whose yield is paid out
    sds, boths, xs, discounts = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK)
    d1, d2, bells, lower1, lower2 = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK)
    alike = (years.shape[0] == 1) & (carry.shape[0] == 1)
    for start in range(0, options, BLOCK):
        stop = min(start + BLOCK, options)
        width = stop - start
        h, s, k = part(sign, signs, start, stop), part(spot, spots, start, stop), part(strike, strikes, start, stop)
        v, t = part(vol, vols, start, stop), part(years, times, start, stop)
        r, q = part(rate, rates, start, stop), part(carry, carries, start, stop)
        value, delta, gamma, vega = out[0, start:stop], out[1, start:stop], out[2, start:stop], out[3, start:stop]
        for j in range(0 if alike and start else width):
            roots[j], shares[j] = math.sqrt(t[j]), exp(-q[j] * t[j])
        upper1, upper2 = delta, value  # their rows until these are known
        for j in range(width):
            xs[j] = fma(r[j] - q[j], t[j], log(at_least(s[j], TINY) / k[j]))
        for j in range(width):
            discounts[j] = exp(-r[j] * t[j])
        for j in range(width):
            price = at_least(s[j], TINY)
            sound = (s[j] >= 0.0) & (k[j] > 0.0) & (v[j] >= 0.0)
            sd = v[j] * roots[j] if sound else np.nan
            both = 1.0 / (at_least(sd, TINY) * price)
            x = xs[j] * (price * both)
            sds[j], boths[j] = sd, both
            d1[j], d2[j] = x + 0.5 * sd, x - 0.5 * sd
        for j in range(width):
            high = bell(reach(d1[j]))
            density = shares[j] * INV_SQRT_2PI * high
            bells[j] = high
            gamma[j] = 0.0 if sds[j] < TINY else density * boths[j]
            vega[j] = density * s[j] * roots[j]
        for j in range(width):
            upper1[j], lower1[j] = mills_ratio(reach(d1[j]))
        for j in range(width):
            upper2[j], lower2[j] = mills_ratio(reach(d2[j]))
        for j in range(width):
            asset, shared = shares[j] * s[j], bells[j] / (lower1[j] * lower2[j])
            far1, far2 = upper1[j] * lower2[j] * shared, upper2[j] * lower1[j] * shared
            n1 = h[j] * side(h[j] * d1[j], 1.0, far1)
            cash = h[j] * cash_side(h[j] * d2[j], k[j], discounts[j], asset * far2)
            value[j] = fma(asset, n1, -cash)
            delta[j] = shares[j] * n1
