"""Expected payoff of a note at its next observation, for every path: Gaussian quadrature between its barriers.

What the note is worth after that observation, if it lives on, is read from tables on a grid of x = ln(S / S_0), with a
column for each node in vol and in a parallel shift of the curve. Sums over quadrature nodes are kept by column and
weighed by the path's own vol and shift at the end.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from markets.kernels.normal import INV_SQRT_2PI, exp
from sim.jit import fma, kernel, kernel_inline

Floats = NDArray[np.float64]

FARTHEST = 6.8  # standard deviations: 1e-11 lies beyond
REDEEMED, COUPON, MEMORY, COUPON_BARRIER, CALL_BARRIER, PROTECTION_BARRIER, LAST = range(7)
DATE_TERMS = 7  # of an observation, see `expected`
E0, E1, E2, E3, BY_VOL, BY_VOL_1, BY_SHIFT = range(7)
MOMENTS = 7


@kernel_inline
def certain(x: float, unpaid: float, date: Floats) -> float:
    """What is paid at an observation: its coupon with unpaid ones, and redemption where it is called or due."""
    paid: float = date[COUPON] + unpaid if x >= date[COUPON_BARRIER] else 0.0
    if date[LAST] > 0.0:
        paid += date[REDEEMED] * (1.0 if x >= date[PROTECTION_BARRIER] else exp(x))
    elif x >= date[CALL_BARRIER]:
        paid += date[REDEEMED]
    return paid


@kernel_inline
def look_up(x: float, lowest: float, step: float, table: Floats, scale: float, row: Floats) -> None:
    """Add scale times the columns of a table at x, by cubic interpolation, to `row`."""
    at = (x - lowest) / step
    at = min(max(at, 0.0), float(table.shape[0] - 1))
    i = min(max(int(at) - 1, 0), table.shape[0] - 4)
    t = at - float(i)
    c0 = -scale * (t - 1.0) * (t - 2.0) * (t - 3.0) / 6.0
    c1 = scale * t * (t - 2.0) * (t - 3.0) / 2.0
    c2 = -scale * t * (t - 1.0) * (t - 3.0) / 2.0
    c3 = scale * t * (t - 1.0) * (t - 2.0) / 6.0
    for k in range(table.shape[1]):
        row[k] += fma(c0, table[i, k], fma(c1, table[i + 1, k], fma(c2, table[i + 2, k], c3 * table[i + 3, k])))


@kernel
def expected(
    mean: Floats,
    sd: Floats,
    unpaid: Floats,
    date: Floats,
    lowest: float,
    step: float,
    living: Floats,
    owed: Floats,
    weights: Floats,
    by_vol: Floats,
    by_shift: Floats,
    legendre: Floats,
    out: Floats,
) -> None:
    """Moments of the payoff p at the next observation, where X = mean + sd Z: E[p], E[p Z], E[p Z^2], E[p Z^3].

    And derivatives of E[p] and of E[p Z] by ln vol, and of E[p] by the shift, through what it is worth afterwards.

    Args:
        mean, sd: (paths,) of x at the observation, and unpaid: (paths,) coupons owed, per 1 of notional.
        date: (DATE_TERMS,) what redemption pays, coupon, 1 with memory, ln of the barriers over S_0, 1 if it is the
            last.
        lowest, step: of the grid of x; living, owed: (grid, columns) worth of the note afterwards, and of 1 owed.
        weights, by_vol, by_shift: (paths, columns) of the columns, and their derivatives.
        legendre: (2, nodes) on (-1, 1).
        out: (MOMENTS, paths).
    """
    columns = living.shape[1]
    sums, row = np.zeros((4, columns)), np.zeros(columns)
    last = date[LAST] > 0.0
    first = min(date[COUPON_BARRIER], date[PROTECTION_BARRIER]) if last else date[COUPON_BARRIER]
    second = max(date[COUPON_BARRIER], date[PROTECTION_BARRIER]) if last else date[CALL_BARRIER]
    for j in range(mean.shape[0]):
        one, two = (first - mean[j]) / sd[j], (second - mean[j]) / sd[j]
        one, two = min(max(one, -FARTHEST), FARTHEST), min(max(two, -FARTHEST), FARTHEST)
        sums[:] = 0.0
        m0 = m1 = m2 = m3 = 0.0
        for piece in range(3):
            begin = -FARTHEST if piece == 0 else one if piece == 1 else two
            end = one if piece == 0 else two if piece == 1 else FARTHEST
            if end <= begin:
                continue
            half, middle = 0.5 * (end - begin), 0.5 * (end + begin)
            for n in range(legendre.shape[1]):
                z = fma(half, legendre[0, n], middle)
                x = fma(sd[j], z, mean[j])
                density = half * legendre[1, n] * INV_SQRT_2PI * exp(-0.5 * z * z)
                paid = density * certain(x, unpaid[j], date)
                m0, m1, m2, m3 = m0 + paid, m1 + paid * z, m2 + paid * z * z, m3 + paid * z * z * z
                if last or x >= date[CALL_BARRIER]:
                    continue
                row[:] = 0.0
                look_up(x, lowest, step, living, density, row)
                if x < date[COUPON_BARRIER] and date[MEMORY] > 0.0:
                    look_up(x, lowest, step, owed, density * (unpaid[j] + date[COUPON]), row)
                for k in range(columns):
                    sums[0, k] += row[k]
                    sums[1, k] += row[k] * z
                    sums[2, k] += row[k] * z * z
                    sums[3, k] += row[k] * z * z * z
        out[E0, j], out[E1, j], out[E2, j], out[E3, j] = m0, m1, m2, m3
        out[BY_VOL, j] = out[BY_VOL_1, j] = out[BY_SHIFT, j] = 0.0
        for k in range(columns):
            w = weights[j, k]
            out[E0, j] += w * sums[0, k]
            out[E1, j] += w * sums[1, k]
            out[E2, j] += w * sums[2, k]
            out[E3, j] += w * sums[3, k]
            out[BY_VOL, j] += by_vol[j, k] * sums[0, k]
            out[BY_VOL_1, j] += by_vol[j, k] * sums[1, k]
            out[BY_SHIFT, j] += by_shift[j, k] * sums[0, k]
