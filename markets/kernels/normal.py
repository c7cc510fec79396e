"""exp, log and the normal distribution for one number, without branch or call, so that loops over them vectorise."""

from __future__ import annotations

import numpy as np

from sim.jit import fma, kernel_inline

LOG2_E = 1.4426950408889634
LN2_HIGH = 6.93147180369123816490e-01  # its last 21 bits are zero: k * LN2_HIGH is exact (Cody and Waite 1980)
LN2_LOW = 1.90821492927058770002e-10
ROUND = 6755399441055744.0  # 1.5 * 2**52: adding it rounds to an integer and leaves that integer in the low bits
EXP_MIN, EXP_MAX = -708.0, 709.0  # outside, exp is 0 and infinity here (denormal numbers are flushed)
SQRT_HALF_BITS = 0x3FE6A09E667F3BCD  # bits of sqrt(1/2)
MANTISSA = 0x000FFFFFFFFFFFFF
TAIL = 40.0  # N(-40) < 1e-300: beyond it the limit
INV_SQRT_2PI = 0.3989422804014327


@kernel_inline
def exp(x: float) -> float:
    """e^x, relative error < 3e-16: x = k ln 2 + r, Taylor in |r| < 0.35, 2^k written into the exponent bits.

    0 below -708 and infinite above 709; NaN stays NaN.
    """
    shifted = fma(x, LOG2_E, ROUND)
    k = shifted - ROUND
    r = fma(-k, LN2_LOW, fma(-k, LN2_HIGH, x))
    r2 = r * r
    r4 = r2 * r2
    low = fma(r2, fma(r, 1 / 120, 1 / 24), fma(r, 1 / 6, 1 / 2))
    mid = fma(r2, fma(r, 1 / 362880, 1 / 40320), fma(r, 1 / 5040, 1 / 720))
    high = fma(r2, fma(r, 1 / 6227020800, 1 / 479001600), fma(r, 1 / 39916800, 1 / 3628800))
    fraction = 1.0 + fma(r2, fma(r4, fma(r4, high, mid), low), r)
    bits = np.float64(fraction).view(np.int64) + (np.float64(shifted).view(np.int64) << np.int64(52))
    value = float(np.int64(bits).view(np.float64))
    value = 0.0 if x < EXP_MIN else value
    value = np.inf if x > EXP_MAX else value
    return fraction if x != x else value  # r is NaN, and so is the fraction


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
    """Numerator and denominator of N(-x) / exp(-x^2 / 2) for x in [0, 40], relative error 6e-17 before rounding.

    A rational function of degrees 9 and 10, fitted to mpmath at 40 digits (iterated least squares, near minimax).
    All coefficients are positive: nothing cancels.
    """
    upper = 1.3969122514490136e-06
    upper = fma(upper, x, 3.750586569257936e-05)
    upper = fma(upper, x, 0.0004931880892724456)
    upper = fma(upper, x, 0.004108467664456831)
    upper = fma(upper, x, 0.023712576822882456)
    upper = fma(upper, x, 0.0979943255820938)
    upper = fma(upper, x, 0.28998958301934324)
    upper = fma(upper, x, 0.5949656321084317)
    upper = fma(upper, x, 0.7755081626030775)
    upper = fma(upper, x, 0.5)
    lower = 3.501539746669944e-06
    lower = fma(lower, x, 9.401326340756081e-05)
    lower = fma(lower, x, 0.001239740749214453)
    lower = fma(lower, x, 0.010392414465978396)
    lower = fma(lower, x, 0.06066785206392413)
    lower = fma(lower, x, 0.25574571068458357)
    lower = fma(lower, x, 0.7838974768268892)
    lower = fma(lower, x, 1.7173324943967783)
    lower = fma(lower, x, 2.5640830160199606)
    lower = fma(lower, x, 2.34890088600901)
    lower = fma(lower, x, 1.0)
    return upper, lower
