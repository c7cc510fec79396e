"""Cosine and sine of one number, without branch or call, so that loops over them vectorise."""

from __future__ import annotations

import numpy as np

from markets.kernels.normal import ROUND
from sim.jit import fma, kernel_inline

TWO_OVER_PI = 0.6366197723675814
QUARTER_HIGH = 1.5707963267948966  # pi / 2 in three parts (Cody and Waite 1980)
QUARTER_MID = 6.123233995736766e-17
QUARTER_LOW = -1.4973849048591833e-33


@kernel_inline
def wave(x: float) -> tuple[float, float]:
    """cos x and sin x for |x| < 1e9, error below 3e-16: x = n pi/2 + r, Taylor's polynomials in |r| < 0.79."""
    shifted = fma(x, TWO_OVER_PI, ROUND)
    n = shifted - ROUND
    r = fma(-n, QUARTER_LOW, fma(-n, QUARTER_MID, fma(-n, QUARTER_HIGH, x)))
    z = r * r
    odd = fma(z, fma(z, 1.58969099521155010221e-10, -2.50507602534068634195e-08), 2.75573137070700676789e-06)
    odd = fma(z, fma(z, odd, -1.98412698298579493134e-04), 8.33333333332248946124e-03)
    sine = fma(z * r, fma(z, odd, -1.66666666666666324348e-01), r)
    even = fma(z, fma(z, -1.13596475577881948265e-11, 2.08757232129817482790e-09), -2.75573143513906633035e-07)
    even = fma(z, fma(z, even, 2.48015872894767294178e-05), -1.38888888888741095749e-03)
    cosine = fma(z * z, fma(z, even, 4.16666666666666019037e-02), fma(-0.5, z, 1.0))
    quarter = np.float64(shifted).view(np.int64) & np.int64(3)
    swapped = (quarter & np.int64(1)) == np.int64(1)
    c, s = (sine, cosine) if swapped else (cosine, sine)
    c = -c if (quarter == np.int64(1)) | (quarter == np.int64(2)) else c
    s = -s if quarter >= np.int64(2) else s
    return c, s
