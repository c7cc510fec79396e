"""Forms of the smile: vol of a strike over the vol at the money, as a function of z = skew x log-moneyness / sqrt(T).

Both have multiple 1, slope -1 and curvature 0 at the money.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.jit import kernel, kernel_inline

Floats = NDArray[np.float64]

LINEAR, SSVI = range(2)
LEAST, MOST = 0.25, 4.0  # bounds of the linear multiple


@kernel_inline
def ssvi(z: float) -> tuple[float, float, float]:
    """The multiple of SSVI and its first two derivatives by z (Gatheral and Jacquier 2014).

    Its rho is such that it does not bend at the money, rho^2 = 1/2: m^2 = (1 - 2 z + R) / 2 with
    R = sqrt(1 - 4 z + 8 z^2). Then (m^2)' = (4 z - 1) / R - 1 and (m^2)'' = 2 / R^3.
    """
    root = np.sqrt(1.0 - 4.0 * z + 8.0 * z * z)
    m = np.sqrt(0.5 * (1.0 - 2.0 * z + root))
    slope = ((4.0 * z - 1.0) / root - 1.0) / (2.0 * m)
    return m, slope, (1.0 / (root * root * root) - slope * slope) / m


@kernel_inline
def multiple(form: int, z: float) -> tuple[float, float, float]:
    """The multiple and its first two derivatives by z.

    LINEAR: 1 - z within [LEAST, MOST]; no slope where it is bounded. SSVI: see `ssvi`.
    """
    if form == SSVI:
        return ssvi(z)
    m = 1.0 - z
    if m <= LEAST or m >= MOST:
        return (LEAST if m <= LEAST else MOST), 0.0, 0.0
    return m, -1.0, 0.0


@kernel
def multiples(form: int, z: Floats, out: Floats) -> None:
    """Multiples and their two derivatives at `z` (n,) into `out` (3, n)."""
    for i in range(z.shape[0]):
        out[0, i], out[1, i], out[2, i] = multiple(form, z[i])
