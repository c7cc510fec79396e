"""Value and sensitivities of options on a smile that moves: with spot, and with its own skew and slope in time.

    vol_i = m(z) * s_base * (s / s_base)^response * exp(loading * slope)
    z     = skew / sqrt(max(T, 1/12)) * (ln(K / origin) - slide * ln(reference / origin))

`reference` is spot, or where spot was when the smile is held. So sd depends on spot, and derivatives get the chain
rule: with sd' = d sd / d ln S, W the value by Black and Scholes,

    delta = W_S + W_sd sd' / S
    gamma = W_SS + 2 W_Ssd sd' / S + (W_sdsd sd'^2 + W_sd (sd'' - sd')) / S^2
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from markets.kernels.floors import FLOOR, TINY, at_least
from markets.kernels.normal import INV_SQRT_2PI, exp, log
from markets.kernels.options import (
    CARRY,
    DELTA,
    GAMMA,
    INNER,
    INNER_YEARS,
    LOG_STRIKE,
    NODE,
    OPTION_TERMS,
    OUTER,
    OUTER_YEARS,
    QUANTITY,
    RESPONSE,
    SD,
    SIGN,
    SLOPES,
    STRIKE,
    VALUE,
    VANNA,
    VEGA,
)
from markets.kernels.sides import sides
from markets.kernels.smiles import multiple
from sim.jit import kernel_inline, kernel_reading

Floats = NDArray[np.float64]

CLAIM = 0.0  # in place of a sign: a gamma claim
MONEYNESS = OPTION_TERMS  # ln(K / origin)
STEEPNESS = OPTION_TERMS + 1  # 1 / sqrt(max(T, 1/12))
LOADING = OPTION_TERMS + 2  # d ln(option vol) / d slope
SURFACE_TERMS = OPTION_TERMS + 3
BY_SLOPE, BY_SKEW = range(2)


@kernel_inline
def in_sd(
    sign: float, x: float, sd: float, spot: float, carry: float, strike: float, discount: float
) -> tuple[float, float, float, float, float, float, float]:
    """Of an option or a CLAIM: value, W_S, W_SS, W_sd, W_Ssd, W_sdsd, and minus the derivative by x at a fixed asset.

    x = ln(S / K) + z tau - q tau; SD as in `markets.kernels.options`, and 0 at an expiry.
    """
    asset = carry * spot
    price = at_least(spot, FLOOR)
    if sign == CLAIM:
        slope, cash = carry * (0.5 * sd * sd + x), strike * discount
        return slope * spot - asset + cash, slope, carry / price, asset * sd, carry * sd, asset, asset - cash
    per = 1.0 / at_least(sd, TINY)
    n1, rho, bell, d2 = sides(sign, x, sd, per, asset, strike, discount)
    density = 0.0 if sd < TINY else INV_SQRT_2PI * bell
    by_sd = asset * density
    return (
        asset * n1 - rho,
        carry * n1,
        carry * density * per / price,
        by_sd,
        -carry * density * d2 * per,
        by_sd * d2 * (d2 + sd) * per,
        rho,
    )


@kernel_reading(12)
def surface_greeks(
    spot: Floats,
    vol: Floats,
    nodes: Floats,
    stretch: Floats,
    reference: Floats,
    surface: Floats,
    base: Floats,
    form: int,
    slides: tuple[float, float],
    terms: Floats,
    strikes: Floats,
    origins: Floats,
    out: Floats,
    by: Floats,
    own: Floats,
) -> None:
    """Add value and sensitivities of options to `out`. A path's digits do not depend on the others: no blocks.

    Args:
        spot, vol, stretch: as of `option_greeks`, (paths,); nodes: (nodes, paths).
        reference: (paths,) $, the spot to which the smile has gone.
        surface: (2, paths) slope, and skew.
        base: (2,) spot0 and s_base.
        form: of the multiple, see `markets.kernels.smiles`.
        slides: 1 - stickiness, and the same for derivatives by spot: 0 where the smile is held.
        terms: (options, SURFACE_TERMS); `SD` at multiple 1, `SIGN` CLAIM of a gamma claim.
        strikes: (options, paths) $ of options whose strikes differ by path, else (0, 0): their `STRIKE`, `LOG_STRIKE`
            and `MONEYNESS` are those of a strike spot0.
        origins: (paths,) $ to which their smile refers; or (0,): spot0.
        out: (NODE + nodes or more, paths), rows of `option_greeks`; or (SLOPES, paths), the first three alone.
        by: (2, paths), added to: $ per 1.00 of slope and skew; or (0, 0).
        own: (paths,), added to: $ per unit of sd; or (0,).
    """
    full, per_spot0, per_vol0 = out.shape[0] > SLOPES, 1.0 / base[0], 1.0 / base[1]
    for i in range(terms.shape[0]):
        term = terms[i]
        sign, quantity, response, carry, loading = (
            term[SIGN],
            term[QUANTITY],
            term[RESPONSE],
            term[CARRY],
            term[LOADING],
        )
        outer, inner = int(term[OUTER]), int(term[INNER])
        for j in range(spot.shape[0]):
            price, level = at_least(spot[j], FLOOR), at_least(vol[j], FLOOR)
            zt = term[OUTER_YEARS] * nodes[outer, j] + term[INNER_YEARS] * nodes[inner, j]
            strike, log_strike, money, per_origin = term[STRIKE], term[LOG_STRIKE], term[MONEYNESS], per_spot0
            if strikes.shape[0] > 0:
                further, per_origin = log(strikes[i, j] * per_spot0), 1.0 / origins[j]
                strike, log_strike = strikes[i, j] * (strike * per_spot0), log_strike + further
                money = log(strikes[i, j] * per_origin)
            slope, skew = surface[0, j], surface[1, j]
            away = term[STEEPNESS] * (money - slides[0] * log(at_least(reference[j], FLOOR) * per_origin))
            m, m1, m2 = multiple(form, skew * away)
            flat = term[SD] * stretch[j] * exp(response * log(level * per_vol0) + loading * slope)
            sd, turn = m * flat, -slides[1] * skew * term[STEEPNESS]  # turn: dz / d ln S
            first, second = turn * m1 * flat, turn * turn * m2 * flat
            x = log(price * per_spot0) - log_strike + zt
            w, w_s, w_ss, w_v, w_sv, w_vv, rho = in_sd(sign, x, sd, spot[j], carry, strike, exp(-zt))
            per = 1.0 / price
            out[VALUE, j] += quantity * w
            out[DELTA, j] += quantity * (w_s + w_v * first * per)
            bend = 2.0 * w_sv * first + (w_vv * first * first + w_v * (second - first)) * per
            out[GAMMA, j] += quantity * (w_ss + bend * per)
            if not full:
                continue
            out[VEGA, j] += quantity * response * w_v * sd / level
            out[VANNA, j] += quantity * response * (w_sv * sd + (w_vv * sd + w_v) * first * per)
            out[NODE + outer, j] += quantity * term[OUTER_YEARS] * rho
            out[NODE + inner, j] += quantity * term[INNER_YEARS] * rho
            if by.shape[0] > 0:
                by[BY_SLOPE, j] += quantity * loading * w_v * sd
                by[BY_SKEW, j] += quantity * away * m1 * w_v * flat
            if own.shape[0] > 0:
                own[j] += quantity * w_v
