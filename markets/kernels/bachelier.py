"""Options on a rate that moves by normal steps (Bachelier 1900), one by one and on swaps whose legs are flows."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from markets.kernels.floors import TINY, at_least
from markets.kernels.flows import AMOUNT, BLOCK, OUTER, exponent
from markets.kernels.normal import INV_SQRT_2PI, bell, exp, mills_ratio
from markets.kernels.sides import reach
from sim.jit import fma, kernel, kernel_inline, kernel_reading

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SIGN, NOTIONAL, STRIKE, SD, RESPONSE = range(5)
TERMS = 5  # +1 payer, -1 receiver; signed $; decimal; normal vol x sqrt(years), decimal; power of the stretch
ANNUITY, FLOATING = range(2)  # what a flow adds to each leg, per unit of its discount factor


@kernel_inline
def positive_part(gap: float, sd: float) -> tuple[float, float, float]:
    """E max(gap + sd Z, 0), N(d) and its density e^(-d^2 / 2) / (sd sqrt(2 pi)), d = gap / sd, Z standard normal.

    At no sd the payoff, 1, 1/2 or 0, and no density.
    """
    per = 1.0 / at_least(sd, TINY)
    d = gap * per
    far = reach(d)
    high = bell(far)
    upper, lower = mills_ratio(far)
    tail = upper / lower * high
    chance = tail if d < 0.0 else 1.0 - tail
    value = at_least(fma(gap, chance, sd * INV_SQRT_2PI * high), 0.0)
    return value, chance, 0.0 if sd < TINY else INV_SQRT_2PI * high * per


@kernel
def normal_options(sign: Floats, forward: Floats, strike: Floats, vol: Floats, years: Floats, out: Floats) -> None:
    """Value, delta, gamma and vega of each option per unit of annuity.

    Args:
        sign: +1 payer, -1 receiver. This and the other columns: (options,).
        forward, strike: decimal.
        vol: normal, decimal a year.
        years: to expiry.
        out: (4, options) decimal, 1, 1/decimal, per 1.00 of vol; NaN where vol or years is negative.
    """
    for j in range(out.shape[1]):
        root = math.sqrt(years[j])
        sd = vol[j] * root if vol[j] >= 0.0 else np.nan
        value, chance, density = positive_part(sign[j] * (forward[j] - strike[j]), sd)
        out[0, j], out[1, j], out[2, j] = value, sign[j] * chance, density
        out[3, j] = density * sd * root


@kernel_inline
def legs(
    factors: Floats, terms: Floats, amounts: Floats, first: int, last: int, start: int, width: int, worth: Floats,
    annuity: Floats, floating: Floats,
) -> None:  # fmt: skip
    """Both legs of one swap on `width` paths from `start` on, with the discount factors of its flows in `worth`."""
    for j in range(width):
        annuity[j] = 0.0
        floating[j] = 0.0
    for i in range(first, last):
        discount = worth[i - first]
        exponent(terms[i], factors, start, width, discount)
        fixed, float_, unit = amounts[i, ANNUITY], amounts[i, FLOATING], terms[i, AMOUNT]
        for j in range(width):
            discount[j] = unit * exp(-discount[j])
            annuity[j] = fma(fixed, discount[j], annuity[j])
            floating[j] = fma(float_, discount[j], floating[j])


@kernel
def longest(first: Ints) -> int:
    """Flows of the swap that has most."""
    most = 0
    for i in range(first.shape[0] - 1):
        most = max(most, first[i + 1] - first[i])
    return most


@kernel_reading(6)
def swaption_values(
    factors: Floats, stretch: Floats, options: Floats, first: Ints, terms: Floats, amounts: Floats, out: Floats
) -> None:
    """Add the value of options on swaps to `out`: notional A E max(sign (F - K) + sd Z, 0), F = L / A.

    Args:
        factors: (factors, paths) levels.
        stretch: (paths,) log of what multiplies every vol, to the power of RESPONSE.
        options: (swaptions, TERMS).
        first: (swaptions + 1,) where the flows of each begin; the last is their number.
        terms: (flows, FLOW_TERMS) of `markets.kernels.flows`, of one unit each.
        amounts: (flows, 2) what each adds to the annuity A, years, and to the floating leg L.
        out: (paths,) $, added to.
    """
    paths, worth = factors.shape[1], np.empty((longest(first), BLOCK))
    annuity, floating = np.empty(BLOCK), np.empty(BLOCK)
    for start in range(0, paths, BLOCK):
        width = min(BLOCK, paths - start)
        o, s = out[start : start + width], stretch[start : start + width]
        for k in range(options.shape[0]):
            legs(factors, terms, amounts, first[k], first[k + 1], start, width, worth, annuity, floating)
            sign, notional, strike = options[k, SIGN], options[k, NOTIONAL], options[k, STRIKE]
            sd, response = options[k, SD], options[k, RESPONSE]
            for j in range(width):
                gap = sign * (floating[j] / annuity[j] - strike)
                value, _, _ = positive_part(gap, sd * exp(response * s[j]))
                o[j] = fma(notional * annuity[j], value, o[j])


@kernel_reading(6)
def swaption_slopes(
    factors: Floats, stretch: Floats, options: Floats, first: Ints, terms: Floats, amounts: Floats, out: Floats
) -> None:
    """Add value and slopes of options on swaps to `out`.

    With B the value per unit of annuity: dV/dA = B - F B', dV/dL = B', and dV/dx = -sum_k (dV/dA a_k + dV/dL l_k) b_k
    DF_k over the flows.
    Arguments as for `swaption_values`, but out: (1 + factors, paths), $ and $ per 1.00 of each factor.
    """
    paths, worth = factors.shape[1], np.empty((longest(first), BLOCK))
    annuity, floating = np.empty(BLOCK), np.empty(BLOCK)
    for start in range(0, paths, BLOCK):
        width = min(BLOCK, paths - start)
        o, s = out[0, start : start + width], stretch[start : start + width]
        for k in range(options.shape[0]):
            legs(factors, terms, amounts, first[k], first[k + 1], start, width, worth, annuity, floating)
            sign, notional, strike = options[k, SIGN], options[k, NOTIONAL], options[k, STRIKE]
            sd, response = options[k, SD], options[k, RESPONSE]
            for j in range(width):
                forward = floating[j] / annuity[j]
                value, chance, _ = positive_part(sign * (forward - strike), sd * exp(response * s[j]))
                o[j] = fma(notional * annuity[j], value, o[j])
                by_floating = sign * chance
                floating[j] = notional * by_floating
                annuity[j] = notional * fma(-forward, by_floating, value)
            for i in range(first[k], first[k + 1]):
                discount, fixed, float_ = worth[i - first[k]], amounts[i, ANNUITY], amounts[i, FLOATING]
                for j in range(width):
                    discount[j] *= fma(fixed, annuity[j], float_ * floating[j])
                for node in range(OUTER, terms.shape[1], 2):
                    slope, weight = out[1 + int(terms[i, node]), start : start + width], terms[i, node + 1]
                    for j in range(width):
                        slope[j] = fma(-weight, discount[j], slope[j])


@kernel
def swaption_bends(
    factors: Floats, stretch: Floats, options: Floats, first: Ints, terms: Floats, amounts: Floats, out: Floats
) -> None:
    """Add the second derivatives of options on swaps to `out`.

    d2V/dx dx' = sum_k (dV/dA a_k + dV/dL l_k) b_k b_k' DF_k + B'' / A G G', G = sum_k (l_k - F a_k) b_k DF_k.
    Arguments as for `swaption_values`, but out: (factors, factors, paths), $ per 1.00 of each of two factors.
    """
    nodes, paths, worth = factors.shape[0], factors.shape[1], np.empty((longest(first), BLOCK))
    annuity, floating, bent = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK)
    forward, moved = np.empty(BLOCK), np.empty((factors.shape[0], BLOCK))
    for start in range(0, paths, BLOCK):
        width = min(BLOCK, paths - start)
        s = stretch[start : start + width]
        for k in range(options.shape[0]):
            legs(factors, terms, amounts, first[k], first[k + 1], start, width, worth, annuity, floating)
            sign, notional, strike = options[k, SIGN], options[k, NOTIONAL], options[k, STRIKE]
            sd, response = options[k, SD], options[k, RESPONSE]
            moved[:] = 0.0
            for j in range(width):
                forward[j] = floating[j] / annuity[j]
                value, chance, density = positive_part(sign * (forward[j] - strike), sd * exp(response * s[j]))
                bent[j] = notional * density / annuity[j]
                by_floating = sign * chance
                floating[j] = notional * by_floating
                annuity[j] = notional * fma(-forward[j], by_floating, value)
            for i in range(first[k], first[k + 1]):
                discount, fixed, float_ = worth[i - first[k]], amounts[i, ANNUITY], amounts[i, FLOATING]
                for one in range(OUTER, terms.shape[1], 2):
                    b, row = terms[i, one + 1], int(terms[i, one])
                    for j in range(width):
                        moved[row, j] += b * discount[j] * (float_ - forward[j] * fixed)
                    for other in range(OUTER, terms.shape[1], 2):
                        weight, bend = b * terms[i, other + 1], out[row, int(terms[i, other])]
                        for j in range(width):
                            bend[start + j] += weight * discount[j] * (fixed * annuity[j] + float_ * floating[j])
            for one in range(nodes):
                for other in range(nodes):
                    for j in range(width):
                        out[one, other, start + j] += bent[j] * moved[one, j] * moved[other, j]


@kernel_reading(8)
def swaption_vegas(
    factors: Floats, stretch: Floats, options: Floats, roots: Floats, shares: Floats, first: Ints, terms: Floats,
    amounts: Floats, out: Floats,
) -> None:  # fmt: skip
    """Add the vega of options on swaps to `out`, by bucket: notional A sqrt(tau) n(d), $ per 1.00 of their normal vol.

    Arguments as for `swaption_values`, and:
        roots: (swaptions,) square roots of the years left.
        shares: (swaptions, buckets) of each option in each bucket.
        out: (buckets, paths), added to.
    """
    paths, worth = factors.shape[1], np.empty((longest(first), BLOCK))
    annuity, floating = np.empty(BLOCK), np.empty(BLOCK)
    for start in range(0, paths, BLOCK):
        width = min(BLOCK, paths - start)
        s = stretch[start : start + width]
        for k in range(options.shape[0]):
            legs(factors, terms, amounts, first[k], first[k + 1], start, width, worth, annuity, floating)
            sign, notional, strike = options[k, SIGN], options[k, NOTIONAL], options[k, STRIKE]
            for j in range(width):
                sd = options[k, SD] * exp(options[k, RESPONSE] * s[j])
                _, _, density = positive_part(sign * (floating[j] / annuity[j] - strike), sd)
                annuity[j] *= notional * density * sd * roots[k]
            for bucket in range(shares.shape[1]):
                share, o = shares[k, bucket], out[bucket, start : start + width]
                if share != 0.0:
                    for j in range(width):
                        o[j] = fma(share, annuity[j], o[j])


STRADDLE_WORTH, BY_ANNUITY, BY_FLOATING, BY_SD = range(4)


@kernel
def straddles(annuity: Floats, floating: Floats, strike: Floats, sd: Floats, out: Floats) -> None:
    """Payer and receiver together on one swap, A E|F - K + sd Z| with F = L / A, and its derivatives by A, L and sd.

    Arguments (paths,): A in years, L per unit, K and sd decimal. out: (4, paths) per unit of notional.
    """
    for j in range(annuity.shape[0]):
        forward = floating[j] / annuity[j]
        value, chance, density = positive_part(forward - strike[j], sd[j])
        both, slope = 2.0 * value - (forward - strike[j]), 2.0 * chance - 1.0
        out[STRADDLE_WORTH, j] = annuity[j] * both
        out[BY_ANNUITY, j] = fma(-forward, slope, both)
        out[BY_FLOATING, j] = slope
        out[BY_SD, j] = 2.0 * annuity[j] * density * sd[j]
