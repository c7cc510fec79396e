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
    side,
)
from markets.kernels.smiles import multiple
from sim.jit import kernel_inline, kernel_reading

Floats = NDArray[np.float64]

CLAIM = 0.0  # in place of a sign: a gamma claim
MONEYNESS = OPTION_TERMS  # ln(K / origin)
STEEPNESS = OPTION_TERMS + 1  # 1 / sqrt(max(T, 1/12))
LOADING = OPTION_TERMS + 2  # d ln(option vol) / d slope
SURFACE_TERMS = OPTION_TERMS + 3
BY_SLOPE, BY_SKEW = range(2)
BLOCK = 128  # paths: the rows of a block stay in a first-level cache
W, W_S, W_SS, W_V, W_SV, W_VV, RHO = range(7)  # rows of derivatives by spot and sd; RHO: minus that by x, asset fixed
SLOPE_ROWS = 7


@kernel_inline
def claim_in_sd(
    spot: Floats, carry: float, paid: Floats, x: Floats, sds: Floats, discounts: Floats, width: int, out: Floats
) -> None:
    """Of a CLAIM on a block's paths: value and derivatives into rows of `out` (SLOPE_ROWS, BLOCK).

    paid: $ of the strike. x = ln(S / K) + z tau - q tau; sds as in `markets.kernels.options`, and 0 at an expiry.
    """
    w, w_s, w_ss, w_v, w_sv, w_vv, rho = out[W], out[W_S], out[W_SS], out[W_V], out[W_SV], out[W_VV], out[RHO]
    for j in range(width):
        asset, sd, cash = carry * spot[j], sds[j], paid[j] * discounts[j]
        slope = carry * (0.5 * sd * sd + x[j])
        w[j], w_s[j], w_ss[j] = slope * spot[j] - asset + cash, slope, carry / at_least(spot[j], FLOOR)
        w_v[j], w_sv[j], w_vv[j], rho[j] = asset * sd, carry * sd, asset, asset - cash


@kernel_inline
def option_in_sd(
    sign: float,
    spot: Floats,
    carry: float,
    paid: Floats,
    x: Floats,
    sds: Floats,
    discounts: Floats,
    width: int,
    pers: Floats,
    work: Floats,
    out: Floats,
) -> None:
    """The same of an option. pers, work: (BLOCK,) and (WORK, BLOCK), written."""
    w, w_s, w_ss, w_v, w_sv, w_vv, rhos = out[W], out[W_S], out[W_SS], out[W_V], out[W_SV], out[W_VV], out[RHO]
    upper1, upper2, bells = work[SIDE_1], work[SIDE_2], work[BELL]
    d1, d2, lower1, lower2 = work[D_1], work[D_2], work[LOWER_1], work[LOWER_2]
    for j in range(width):
        pers[j] = sign / at_least(sds[j], TINY)
    find_distances(sign, x, sds, pers, work, width)
    for j in range(width):
        asset = carry * spot[j]
        far1, far2 = both_tails(upper1[j], lower1[j], upper2[j], lower2[j], bells[j])
        n1, rho = sign * side(d1[j], 1.0, far1), sign * cash_side(d2[j], paid[j], discounts[j], asset * far2)
        w[j], w_s[j], rhos[j] = asset * n1 - rho, carry * n1, rho
    for j in range(width):
        sd, per, far = sds[j], sign * pers[j], sign * d2[j]
        density = 0.0 if sd < TINY else INV_SQRT_2PI * bells[j]
        by_sd = carry * spot[j] * density
        w_ss[j] = carry * density * per / at_least(spot[j], FLOOR)
        w_v[j], w_sv[j], w_vv[j] = by_sd, -carry * density * far * per, by_sd * far * (far + sd) * per


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
    """Add value and sensitivities of options to `out`. A path's digits do not depend on the others.

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
    paths, full, per_spot0, per_vol0 = spot.shape[0], out.shape[0] > SLOPES, 1.0 / base[0], 1.0 / base[1]
    struck, sloped, owned = strikes.shape[0] > 0, by.shape[0] > 0, own.shape[0] > 0
    rows, found, work = np.empty((16, BLOCK)), np.empty((SLOPE_ROWS, BLOCK)), np.empty((WORK, BLOCK))
    # The second node of a curve of one has no weight; a loop that had its row twice would not vectorise.
    spare = np.zeros(BLOCK)
    log_spot, log_vol, per_origin, gone, zts, discounts = rows[0], rows[1], rows[2], rows[3], rows[4], rows[5]
    x, paid, away, flats, sds, pers = rows[6], rows[7], rows[8], rows[9], rows[10], rows[11]
    m0, m1, m2, turns = rows[12], rows[13], rows[14], rows[15]
    w, w_s, w_ss = found[W], found[W_S], found[W_SS]
    w_v, w_sv, w_vv, rho = found[W_V], found[W_SV], found[W_VV], found[RHO]
    for start in range(0, paths, BLOCK):
        width = min(BLOCK, paths - start)
        block = slice(start, start + width)
        s, v, wide, at = spot[block], vol[block], stretch[block], reference[block]
        slope, skew = surface[0, block], surface[1, block]
        value, delta, gamma = out[VALUE, block], out[DELTA, block], out[GAMMA, block]
        vega, vanna = out[VEGA if full else 0, block], out[VANNA if full else 0, block]
        for j in range(width):
            log_spot[j] = log(at_least(s[j], FLOOR) * per_spot0)
        for j in range(width):
            log_vol[j] = log(at_least(v[j], FLOOR) * per_vol0)
        for j in range(width):
            per_origin[j] = 1.0 / origins[start + j] if struck else per_spot0
        for j in range(width):
            gone[j] = slides[0] * log(at_least(at[j], FLOOR) * per_origin[j])
        for i in range(terms.shape[0]):
            term = terms[i]
            sign, quantity, carry = term[SIGN], term[QUANTITY], term[CARRY]
            response, loading = term[RESPONSE], term[LOADING]
            strike, log_strike, money = term[STRIKE], term[LOG_STRIKE], term[MONEYNESS]
            steep, sd0 = term[STEEPNESS], term[SD]
            outer, outer_years = int(term[OUTER]), term[OUTER_YEARS]
            inner, inner_years = int(term[INNER]), term[INNER_YEARS]
            by_outer = out[NODE + outer if full else 0, block]
            by_inner = spare[:width] if inner == outer else out[NODE + inner if full else 0, block]
            far, near = nodes[outer, block], nodes[inner, block]
            for j in range(width):
                zts[j] = outer_years * far[j] + inner_years * near[j]
            for j in range(width):
                discounts[j] = exp(-zts[j])
            if struck:
                own_strike = strikes[i, block]
                for j in range(width):
                    x[j] = log_spot[j] - (log_strike + log(own_strike[j] * per_spot0)) + zts[j]
                for j in range(width):
                    paid[j] = own_strike[j] * (strike * per_spot0)
                    away[j] = steep * (log(own_strike[j] * per_origin[j]) - gone[j])
            else:
                for j in range(width):
                    x[j], paid[j], away[j] = log_spot[j] - log_strike + zts[j], strike, steep * (money - gone[j])
            for j in range(width):
                m0[j], m1[j], m2[j] = multiple(form, skew[j] * away[j])
            for j in range(width):
                flats[j] = sd0 * wide[j] * exp(response * log_vol[j] + loading * slope[j])
            for j in range(width):
                sds[j], turns[j] = m0[j] * flats[j], -slides[1] * skew[j] * steep  # turn: dz / d ln S
            if sign == CLAIM:
                claim_in_sd(s, carry, paid, x, sds, discounts, width, found)
            else:
                option_in_sd(sign, s, carry, paid, x, sds, discounts, width, pers, work, found)
            for j in range(width):
                first, second = turns[j] * m1[j] * flats[j], turns[j] * turns[j] * m2[j] * flats[j]
                per = 1.0 / at_least(s[j], FLOOR)
                value[j] += quantity * w[j]
                delta[j] += quantity * (w_s[j] + w_v[j] * first * per)
                bend = 2.0 * w_sv[j] * first + (w_vv[j] * first * first + w_v[j] * (second - first)) * per
                gamma[j] += quantity * (w_ss[j] + bend * per)
            if not full:
                continue
            for j in range(width):
                first, per = turns[j] * m1[j] * flats[j], 1.0 / at_least(s[j], FLOOR)
                vega[j] += quantity * response * w_v[j] * sds[j] / at_least(v[j], FLOOR)
                vanna[j] += quantity * response * (w_sv[j] * sds[j] + (w_vv[j] * sds[j] + w_v[j]) * first * per)
            for j in range(width):
                by_outer[j] += quantity * outer_years * rho[j]
                by_inner[j] += quantity * inner_years * rho[j]
            if sloped:
                by_slope, by_skew = by[BY_SLOPE, block], by[BY_SKEW, block]
                for j in range(width):
                    by_slope[j] += quantity * loading * w_v[j] * sds[j]
                    by_skew[j] += quantity * away[j] * m1[j] * w_v[j] * flats[j]
            if owned:
                by_own = own[block]
                for j in range(width):
                    by_own[j] += quantity * w_v[j]
