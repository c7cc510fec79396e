"""Philox4x32-10: 128 random bits from a counter and a key, and the uniforms and normals made of them.

Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011). A counter is (path, pair
of draws, two words of the stream's hash), the key two more words of it: so any number is found without those before it.
All loops are free of branches and vectorise; results do not depend on a path's place in them.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.jit import fma, kernel, kernel_inline

Floats = NDArray[np.float64]
Words = NDArray[np.uint64]

BLOCK = 512  # paths whose words are made before their normals
ROUNDS = 10
LOW = np.uint64(0xFFFFFFFF)  # a word is the low half of an uint64: its product with another one then fits
HALF = np.uint64(32)
MULTIPLIER_0, MULTIPLIER_1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
WEYL_0, WEYL_1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)  # golden ratio, sqrt(3) - 1: added to the key a round

ONE = np.uint64(0x3FF0000000000000)  # bits of 1.0
DROPPED = np.uint64(12)  # low bits that no fraction keeps
BELOW_ONE = 1.0 - 2.0**-53  # the largest double below 1
SIGN = np.uint64(1 << 63)
FIRST, SECOND, THIRD = np.uint64(1), np.uint64(62), np.uint64(61)  # places of the three low bits as flag and signs

FROM_SQRT_HALF = np.uint64(0x3FF0000000000000 - 0x3FE6A09E667F3BCD)  # bits of 1.0 less those of sqrt(1/2)
SQRT_HALF = np.uint64(0x3FE6A09E667F3BCD)
MANTISSA, EXPONENT = np.uint64(0x000FFFFFFFFFFFFF), np.uint64(52)
TWO_52 = np.uint64(0x4330000000000000)  # bits of 2**52: or'ed to a small integer they make the float 2**52 + integer
BIAS = 2.0**52 + 1023.0
LN2 = 0.6931471805599453


@kernel_inline
def philox(c0: Any, c1: Any, c2: Any, c3: Any, k0: Any, k1: Any) -> Any:
    """Four random words, in the low halves of uint64 (high halves are to be ignored), from counter and key."""
    for _ in range(ROUNDS):
        p0, p1 = (c0 & LOW) * MULTIPLIER_0, (c2 & LOW) * MULTIPLIER_1
        c0, c1, c2, c3 = (p1 >> HALF) ^ c1 ^ k0, p1, (p0 >> HALF) ^ c3 ^ k1, p0
        k0, k1 = (k0 + WEYL_0) & LOW, (k1 + WEYL_1) & LOW
    return c0, c1, c2, c3


@kernel_inline
def fraction(bits: Any) -> float:
    """(n + 1/2) / 2^52 with n the 52 high bits: uniform on (0, 1), exact, and as likely as its complement.

    They are the midpoints of 2^52 equal steps: never 0 or 1.
    """
    shifted: float = np.uint64((bits >> DROPPED) | ONE).view(np.float64)
    return shifted - BELOW_ONE


@kernel_inline
def minus_two_log(u: float) -> float:
    """-2 ln u of a normal number u in (0, 1), relative error < 3e-16: u = 2^k m, ln m = 2 artanh((m - 1) / (m + 1)).

    Coefficients of fdlibm's log (Sun 1993), times -2.
    """
    bits = np.float64(u).view(np.uint64) + FROM_SQRT_HALF
    k = np.uint64((bits >> EXPONENT) | TWO_52).view(np.float64) - BIAS
    f = np.uint64((bits & MANTISSA) + SQRT_HALF).view(np.float64) - 1.0
    s = f / (2.0 + f)
    z = s * s
    r = -2 * 0.1479819860511658591
    r = fma(r, z, -2 * 0.1531383769920937332)
    r = fma(r, z, -2 * 0.1818357216161805012)
    r = fma(r, z, -2 * 0.2222219843214978396)
    r = fma(r, z, -2 * 0.2857142874366239149)
    r = fma(r, z, -2 * 0.3999999999940941908)
    r = fma(r, z, -2 * 0.6666666666666735130)
    return fma(k, -2 * LN2, s * fma(r, z, -4.0))


@kernel_inline
def octant(r: float) -> tuple[float, float]:
    """Cosine and sine of r pi/4 for r in [0, 1], relative error < 2e-16; interpolated by mpmath at Chebyshev nodes."""
    t = r * r
    sine = 6.877360573166326e-12
    sine = fma(sine, t, -1.7571500746983935e-09)
    sine = fma(sine, t, 3.133616225433416e-07)
    sine = fma(sine, t, -3.657620415891387e-05)
    sine = fma(sine, t, 0.002490394570188844)
    sine = fma(sine, t, -0.08074551218828054)
    sine = fma(sine, t, 0.7853981633974483)
    cosine = 1.1365469207731353e-10
    cosine = fma(cosine, t, -2.4609507094028117e-08)
    cosine = fma(cosine, t, 3.590859179850238e-06)
    cosine = fma(cosine, t, -0.00032599188648354014)
    cosine = fma(cosine, t, 0.015854344243741547)
    cosine = fma(cosine, t, -0.30842513753403783)
    cosine = fma(cosine, t, 1.0)
    return cosine, r * sine


@kernel_inline
def normal_pair(first: Any, second: Any) -> tuple[float, float]:
    """Two independent standard normals of two 64-bit words (Box and Muller 1958): sqrt(-2 ln u) (cos a, sin a).

    The angle a is a fraction of the first octant; three bits reflect the point into the others.
    """
    radius = math.sqrt(minus_two_log(fraction(first)))
    cosine, sine = octant(fraction(second))
    swapped = (second & FIRST) != 0
    x = radius * (sine if swapped else cosine)
    y = radius * (cosine if swapped else sine)
    x = np.uint64(np.float64(x).view(np.uint64) ^ ((second << SECOND) & SIGN)).view(np.float64)
    y = np.uint64(np.float64(y).view(np.uint64) ^ ((second << THIRD) & SIGN)).view(np.float64)
    return x, y


@kernel
def fill_words(stream: Words, path: int, pair: int, out: Words) -> None:
    """Four words of each of the paths from `path` on: out is (4, paths). stream: key, then counter words 2 and 3."""
    k0, k1, s2, s3 = stream[0], stream[1], stream[2], stream[3]
    for i in range(out.shape[1]):
        c0, c1, c2, c3 = philox(np.uint64(path + i), np.uint64(pair), s2, s3, k0, k1)
        out[0, i], out[1, i], out[2, i], out[3, i] = c0 & LOW, c1 & LOW, c2 & LOW, c3 & LOW


@kernel
def fill_uniforms(stream: Words, path: int, pair: int, out: Floats) -> None:
    """Draws 2 pair, 2 pair + 1, ... of the paths from `path` on, uniform on (0, 1): out is (even number, paths)."""
    k0, k1, s2, s3 = stream[0], stream[1], stream[2], stream[3]
    for row in range(0, out.shape[0], 2):
        one, two, number = out[row], out[row + 1], np.uint64(pair + row // 2)
        for i in range(out.shape[1]):
            c0, c1, c2, c3 = philox(np.uint64(path + i), number, s2, s3, k0, k1)
            one[i] = fraction((c0 & LOW) | (c1 << HALF))
            two[i] = fraction((c2 & LOW) | (c3 << HALF))


@kernel
def fill_normals(stream: Words, path: int, pair: int, out: Floats) -> None:
    """Draws 2 pair, 2 pair + 1, ... of the paths from `path` on, standard normal: out is (even number, paths)."""
    k0, k1, s2, s3 = stream[0], stream[1], stream[2], stream[3]
    words = np.empty((2, BLOCK), dtype=np.uint64)  # two loops, so that the numbers of each stay in registers
    first, second = words[0], words[1]
    for row in range(0, out.shape[0], 2):
        number = np.uint64(pair + row // 2)
        for start in range(0, out.shape[1], BLOCK):
            width = min(BLOCK, out.shape[1] - start)
            one, two = out[row, start : start + width], out[row + 1, start : start + width]
            for j in range(width):
                c0, c1, c2, c3 = philox(np.uint64(path + start + j), number, s2, s3, k0, k1)
                first[j], second[j] = (c0 & LOW) | (c1 << HALF), (c2 & LOW) | (c3 << HALF)
            for j in range(width):
                one[j], two[j] = normal_pair(first[j], second[j])
