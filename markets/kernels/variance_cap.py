"""The cap of a variance swap: what is realised counts up to so much.

What is still to come is taken as lognormal with the mean that the smile says and a standard deviation s of its log. So
the cap is a call on it, and the swap's derivatives follow from those without a cap by the chain rule.
"""

from __future__ import annotations

from math import erfc, sqrt

import numpy as np
from numpy.typing import NDArray

from markets.kernels.floors import FLOOR, TINY, at_least
from markets.kernels.normal import INV_SQRT_2PI, exp, log
from markets.kernels.options import (
    DELTA,
    GAMMA,
    INNER,
    INNER_YEARS,
    NODE,
    OUTER,
    OUTER_YEARS,
    STRIKE,
    VALUE,
    VANNA,
    VEGA,
)
from sim.jit import kernel_inline, kernel_reading

Floats = NDArray[np.float64]
SQRT_HALF = sqrt(0.5)


@kernel_inline
def counted(mean: float, room: float, spread: float) -> tuple[float, float, float, float, float, float]:
    """E[min(y, room)] of a lognormal y of this mean and standard deviation of ln y, with derivatives.

    mean N(-d1) + room N(d2), d1,2 = ln(mean / room) / spread +- spread / 2; by mean, by room, twice by mean, by both,
    twice by room.
    """
    if room <= 0.0:
        return room, 0.0, 1.0, 0.0, 0.0, 0.0
    if spread <= TINY or mean <= TINY:
        return (room, 0.0, 1.0, 0.0, 0.0, 0.0) if mean > room else (mean, 1.0, 0.0, 0.0, 0.0, 0.0)
    d1 = log(mean / room) / spread + 0.5 * spread
    d2 = d1 - spread
    below, above = 0.5 * erfc(d1 * SQRT_HALF), 0.5 * erfc(-d2 * SQRT_HALF)
    bell = INV_SQRT_2PI * exp(-0.5 * d1 * d1) / spread
    return mean * below + room * above, below, above, -bell / mean, bell / room, -bell * mean / (room * room)


@kernel_reading(10)
def cap_swaps(
    spot: Floats,
    vol: Floats,
    nodes: Floats,
    base: Floats,
    term: Floats,
    realised: Floats,
    fixed: Floats,
    strikes: Floats,
    caps: Floats,
    spreads: Floats,
    out: Floats,
    by: Floats,
    own: Floats,
) -> None:
    """Put the cap on swaps that `markets.kernels.variance.variance_swaps` has valued, in place; arguments as there.

    V = DF (R + E[min(y, cap - R)] - strike), R what is realised with what the day has made so far, y what is to come.

    Args:
        caps: (paths,) total variance that counts at most.
        spreads: (paths,) standard deviation of the log of y.
        out, by, own: as written there.
    """
    outer, inner = int(term[OUTER]), int(term[INNER])
    for j in range(vol.shape[0]):
        zt = term[OUTER_YEARS] * nodes[outer, j] + term[INNER_YEARS] * nodes[inner, j]
        discount = term[STRIKE] / base[0] * exp(-zt)
        price = at_least(spot[j], FLOOR)
        moved = log(spot[j] / fixed[j])
        known, known_s = realised[j] + moved * moved, 2.0 * moved / price  # and its derivatives by spot
        known_ss = (2.0 - 2.0 * moved) / (price * price)
        plain = out[VALUE, j]
        mean = at_least(plain / discount + strikes[j] - known, 0.0)
        mean_s, mean_ss = out[DELTA, j] / discount - known_s, out[GAMMA, j] / discount - known_ss
        mean_l, mean_sl = out[VEGA, j] * vol[j] / discount, out[VANNA, j] / discount
        value, a, room, aa, cross, rooms = counted(mean, caps[j] - known, spreads[j])
        b = 1.0 - room
        worth = discount * (known + value - strikes[j])
        bent = aa * mean_s * mean_s - 2.0 * cross * mean_s * known_s + rooms * known_s * known_s
        out[GAMMA, j] = discount * (a * mean_ss + b * known_ss + bent)
        out[VANNA, j] = discount * (a * mean_sl + aa * mean_s * mean_l - cross * known_s * mean_l)
        out[VALUE, j], out[DELTA, j] = worth, discount * (a * mean_s + b * known_s)
        out[VEGA, j] *= a
        for k in range(nodes.shape[0]):
            years = (term[OUTER_YEARS] if k == outer else 0.0) + (term[INNER_YEARS] if k == inner else 0.0)
            out[NODE + k, j] = a * (out[NODE + k, j] + years * plain) - years * worth
        own[j] *= a
        for i in range(by.shape[0]):
            by[i, j] *= a
