"""exp, log and the normal distribution for one number, without branch or call, so that loops over them vectorise."""

from __future__ import annotations

import numpy as np

from sim.jit import fma, kernel_inline, kernel_remembered

LOG2_E = 1.4426950408889634
LN2 = 0.6931471805599453
LN2_HIGH = 6.93147180369123816490e-01  # its last 21 bits are zero: k * LN2_HIGH is exact (Cody and Waite 1980)
LN2_LOW = 1.90821492927058770002e-10
ROUND = 6755399441055744.0  # 1.5 * 2**52: adding it rounds to an integer and leaves that integer in the low bits
POWER = ROUND + 1023.0  # the same, and the bias of an exponent: the low bits are those of 2**k
EXP_MIN, EXP_MAX = -708.0, 709.0  # outside, exp is 0 and infinity here (denormal numbers are flushed)
BELL_MAX = 37.62  # beyond, e^(-x^2 / 2) is 0 here
SQRT_HALF_BITS = 0x3FE6A09E667F3BCD  # bits of sqrt(1/2)
MANTISSA = 0x000FFFFFFFFFFFFF
TAIL = 40.0  # N(-40) < 1e-300: beyond it the limit
INV_SQRT_2PI = 0.3989422804014327


@kernel_remembered  # a book's flows are discounted from the same dates again and again
def power(x: float) -> float:
    """e^x for x from -708 to 709: x = k ln 2 + r, a polynomial in |r| < 0.35, times 2^k. NaN stays NaN.

    Relative error < 5e-16 + 4e-17 |x|, of which rounding x makes more.
    """
    shifted = fma(x, LOG2_E, POWER)
    r = fma(POWER - shifted, LN2, x)
    value = fma(r, 2.7478061464184094e-07, 2.7634958246331313e-06)
    value = fma(value, r, 2.4801927434291442e-05)
    value = fma(value, r, 0.00019841185305322648)
    value = fma(value, r, 0.0013888888520881767)
    value = fma(value, r, 0.008333333370829192)
    value = fma(value, r, 0.0416666666681192)
    value = fma(value, r, 0.16666666666611601)
    value = fma(value, r, 0.4999999999999834)
    value = fma(fma(value, r, 1.0), r, 1.0)
    return value * float(np.int64(np.float64(shifted).view(np.int64) << np.int64(52)).view(np.float64))


@kernel_inline
def exp(x: float) -> float:
    """e^x, to the accuracy of `power`; 0 below -708 and infinite above 709; NaN stays NaN."""
    value = power(x)
    value = 0.0 if x < EXP_MIN else value
    return np.inf if x > EXP_MAX else value


@kernel_inline
def bell(x: float) -> float:
    """e^(-x^2 / 2) for x in [0, 40]; NaN stays NaN."""
    return 0.0 if x > BELL_MAX else power(-0.5 * x * x)


@kernel_inline
def log(x: float) -> float:
    """ln x for x > 0, relative error < 3e-16: x = 2^k m, m in (0.7, 1.41), ln m = 2 artanh((m - 1) / (m + 1)).

    Denormal numbers and 0 give the log of the least normal number (-708.4); negative x and NaN give NaN.
    """
    safe = 2.2250738585072014e-308 if x < 2.2250738585072014e-308 else x
    bits = np.float64(safe).view(np.int64) - np.int64(SQRT_HALF_BITS)
    k = float(bits >> np.int64(52))
    m = np.int64((bits & np.int64(MANTISSA)) + np.int64(SQRT_HALF_BITS)).view(np.float64)
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    odd = fma(w, fma(w, 0.1531383769920937332, 0.2222219843214978396), 0.3999999999940941908)
    even = fma(w, fma(w, 0.1479819860511658591, 0.1818357216161805012), 0.2857142874366239149)
    even = fma(w, even, 0.6666666666666735130)
    half = 0.5 * f * f
    small = fma(k, LN2_LOW, s * fma(z, even, fma(w, odd, half)))
    value = fma(k, LN2_HIGH, f - (half - small))
    return value if x >= 0.0 else np.nan


@kernel_inline
def mills_ratio(x: float) -> tuple[float, float]:
    """Numerator and denominator of N(-x) / exp(-x^2 / 2) for x in [0, 40], relative error 3.1e-15.

    A rational function of degrees 8 and 9, fitted to mpmath at 40 digits (`python -m tests.fit_normal`).
    All coefficients are positive: nothing cancels.
    """
    upper = 8.142282778924574e-06
    upper = fma(upper, x, 0.00018621811676336312)
    upper = fma(upper, x, 0.002077724843669854)
    upper = fma(upper, x, 0.014520633672035016)
    upper = fma(upper, x, 0.06897535276115875)
    upper = fma(upper, x, 0.22751683534450273)
    upper = fma(upper, x, 0.5104452173257108)
    upper = fma(upper, x, 0.7193705177982703)
    upper = fma(upper, x, 0.5)
    lower = 2.0409676232940152e-05
    lower = fma(lower, x, 0.00046677959686644273)
    lower = fma(lower, x, 0.005228493504929318)
    lower = fma(lower, x, 0.03686461107343771)
    lower = fma(lower, x, 0.17806281627053813)
    lower = fma(lower, x, 0.6057648117601607)
    lower = fma(lower, x, 1.4421729065965478)
    lower = fma(lower, x, 2.30545946630478)
    lower = fma(lower, x, 2.2366255963997275)
    lower = fma(lower, x, 1.0)
    return upper, lower
