"""Return processes whose stylised facts are known, on which the measuring tools are tried."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BURN = 500  # steps until the start is forgotten: (alpha + beta + gamma / 2)^500 < 1e-8 for all that are used here


def garch(
    rng: np.random.Generator, *, omega: float, alpha: float, beta: float, gamma: float = 0.0, paths: int, steps: int
) -> FloatArray:
    """Returns (paths, steps) of r_t = sigma_t z_t, sigma_{t+1}^2 = omega + (alpha + gamma 1[r_t < 0]) r_t^2 +
    beta sigma_t^2, z normal (Bollerslev 1986; with gamma Glosten, Jagannathan and Runkle 1993), in their long run."""
    variance = np.full(paths, omega / (1 - alpha - beta - gamma / 2))
    returns = np.empty((steps, paths))
    for step in range(-BURN, steps):
        r = np.sqrt(variance) * rng.standard_normal(paths)
        variance = omega + (alpha + gamma * (r < 0)) * r * r + beta * variance
        if step >= 0:
            returns[step] = r
    return np.ascontiguousarray(returns.T)
