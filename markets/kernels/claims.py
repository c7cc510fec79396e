"""Value and sensitivities of gamma claims, summed over a book for every path."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from markets.kernels.floors import FLOOR, at_least
from markets.kernels.normal import exp, log
from markets.kernels.options import (
    BLOCK,
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
    RESPONSE,
    SD,
    STRIKE,
    VALUE,
    VANNA,
    VEGA,
)
from sim.jit import fma, kernel

Floats = NDArray[np.float64]


@kernel
def claim_greeks(
    spot: Floats,
    vol: Floats,
    nodes: Floats,
    stretch: Floats,
    base: Floats,
    terms: Floats,
    out: Floats,
) -> None:
    """Add value and sensitivities of gamma claims, which pay S ln(S/K) - S + K, to `out`.

    V = S e^(-q tau) (x + sd^2 / 2 - 1) + K e^(-z tau): its delta is e^(-q tau) (x + sd^2 / 2),
    S times its gamma and its vanna, e^(-q tau) sd^2 times the response, do not depend on S. Arguments as for
    `option_greeks`, `SIGN` unused; `out` is added to.
    """
    paths = spot.shape[0]
    per_spot0, per_vol0 = 1.0 / base[0], 1.0 / base[1]
    for start in range(0, paths, BLOCK):
        width = min(BLOCK, paths - start)
        block = slice(start, start + width)
        s, v, wide = spot[block], vol[block], stretch[block]
        value, delta, gamma = out[VALUE, block], out[DELTA, block], out[GAMMA, block]
        vega, vanna = out[VEGA, block], out[VANNA, block]
        for i in range(terms.shape[0]):
            quantity, strike, log_strike = terms[i, QUANTITY], terms[i, STRIKE], terms[i, LOG_STRIKE]
            sd0, response, carry = terms[i, SD], terms[i, RESPONSE], terms[i, CARRY]
            outer_years, inner_years = terms[i, OUTER_YEARS], terms[i, INNER_YEARS]
            outer, inner = nodes[int(terms[i, OUTER]), block], nodes[int(terms[i, INNER]), block]
            by_outer, by_inner = out[NODE + int(terms[i, OUTER]), block], out[NODE + int(terms[i, INNER]), block]
            for j in range(width):
                zt = fma(outer_years, outer[j], inner_years * inner[j])
                price, level = at_least(s[j], FLOOR), at_least(v[j], FLOOR)
                sd = sd0 * wide[j] * exp(response * log(level * per_vol0))
                slope = carry * fma(0.5 * sd, sd, log(price * per_spot0) - log_strike + zt)
                asset = quantity * carry * s[j]
                cash = quantity * strike * exp(-zt)
                value[j] += fma(quantity * slope, s[j], -asset) + cash
                delta[j] += quantity * slope
                gamma[j] += quantity * carry / price
                vega[j] = fma(asset * response * (sd / level), sd, vega[j])
                by_outer[j] = fma(outer_years, asset - cash, by_outer[j])
                by_inner[j] = fma(inner_years, asset - cash, by_inner[j])
                vanna[j] = fma(quantity * carry * response * sd, sd, vanna[j])
