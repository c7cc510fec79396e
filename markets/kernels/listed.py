"""Value and sensitivities of listed options, whose strikes differ by path."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from markets.kernels.normal import INV_SQRT_2PI, exp, log
from markets.kernels.options import (
    CARRY,
    DELTA,
    FLOOR,
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
    TINY,
    VALUE,
    VANNA,
    VEGA,
    at_least,
    sides,
)
from sim.jit import fma, kernel

Floats = NDArray[np.float64]


@kernel
def listed_greeks(
    spot: Floats,
    vol: Floats,
    nodes: Floats,
    base: Floats,
    term: Floats,
    signs: Floats,
    strikes: Floats,
    multiples: Floats,
    root: float,
    out: Floats,
    own: Floats,
) -> None:
    """Value and sensitivities of one unit: of one option of each sign, all of one expiry.

    A path's digits do not depend on the others: no blocks.

    Args:
        spot, vol: (paths,); nodes: (nodes, paths), zero rates.
        base: (2,) spot0 and s_base.
        term: (OPTION_TERMS,) of an option with strike spot0 and multiple 1; see `markets.kernels.options`.
        signs: (legs,) +1 call, -1 put; strikes, multiples: (legs, paths) $ and vol over the vol at the money.
        root: square root of the variance time left, trading years.
        out: (NODE + nodes, paths), written: as rows of `option_greeks`.
        own: (paths,), written: vega by the options' own vols, $ per 1.00.
    """
    out[:] = 0.0
    own[:] = 0.0
    value, delta, gamma, vega, vanna = out[VALUE], out[DELTA], out[GAMMA], out[VEGA], out[VANNA]
    outer, inner = nodes[int(term[OUTER])], nodes[int(term[INNER])]
    by_outer, by_inner = out[NODE + int(term[OUTER])], out[NODE + int(term[INNER])]
    outer_years, inner_years = term[OUTER_YEARS], term[INNER_YEARS]
    response, carry, per_spot0, per_vol0 = term[RESPONSE], term[CARRY], 1.0 / base[0], 1.0 / base[1]
    for i in range(signs.shape[0]):
        sign = signs[i]
        for j in range(spot.shape[0]):
            price, level = at_least(spot[j], FLOOR), at_least(vol[j], FLOOR)
            zt = fma(outer_years, outer[j], inner_years * inner[j])
            sd = multiples[i, j] * term[SD] * exp(response * log(level * per_vol0))
            per, asset = 1.0 / at_least(sd, TINY), carry * spot[j]
            strike = strikes[i, j] * (term[STRIKE] * per_spot0)
            x = log(price * per_spot0) - log(strikes[i, j] * per_spot0) - term[LOG_STRIKE] + zt
            n1, rho, bell, d2 = sides(sign, x, sd, per, asset, strike, exp(-zt))
            density = carry * INV_SQRT_2PI * bell
            value[j] += fma(asset, n1, -rho)
            delta[j] = fma(carry, n1, delta[j])
            gamma[j] += 0.0 if sd < TINY else density * per / price
            vega[j] = fma(density * spot[j] * response, sd / level, vega[j])
            vanna[j] = fma(-density * response, d2, vanna[j])
            by_outer[j] = fma(outer_years, rho, by_outer[j])
            by_inner[j] = fma(inner_years, rho, by_inner[j])
            own[j] = fma(density * spot[j], root, own[j])
