"""A market that moves by the realised vol of its own path alone, and how volatile it is over decades."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.jit import kernel

Vector = NDArray[np.float64]
WARM = 500  # days before the first that counts
MOST = 2.0  # decimal a year: no day's vol is above
LEAST = 0.01  # nor below
REVERSION = 250.0  # a trading year, of the noise of ln vol: it is forgotten within two days


@dataclass(frozen=True)
class FreeMarket:
    """Kernels of returns and squares (fast, slow, slow_share), realised vol (base, trend, activity), noise of ln vol."""

    returns: tuple[float, float, float]
    squares: tuple[float, float, float]
    vol: tuple[float, float, float]
    noise: float
    day: float  # trading years


@dataclass(frozen=True, eq=False)
class Noise:
    """Standard normal shocks of the returns and of ln vol, (markets, WARM + days): the same in every comparison."""

    returns: Vector
    vol: Vector

    @classmethod
    def draw(cls, markets: int, days: int, seed: int) -> Noise:
        """Antithetic in the returns' sign, so that half of the markets mirror the others."""
        rng = np.random.default_rng(seed)
        half = (markets + 1) // 2
        shocks, vol = rng.standard_normal((2, half, WARM + days))
        return cls(np.concatenate([shocks, -shocks]), np.concatenate([vol, vol]))


def median_vol(market: FreeMarket, noise: Noise) -> float:
    """Of the returns, a trading year: the median over the markets that `noise` makes."""
    returns = free_returns(market, noise)
    return float(np.median(returns.std(axis=1))) / math.sqrt(market.day)


def free_returns(market: FreeMarket, noise: Noise) -> Vector:
    """Log returns of each market by day, (markets, days)."""
    parts = [np.array(part) for part in (market.returns, market.squares, market.vol)]
    made: Vector = _returns(*parts, market.noise, market.day, noise.returns, noise.vol)
    return made[:, WARM:]


@kernel
def _returns(
    k1: Vector, k2: Vector, law: Vector, noise: float, day: float, shocks: Vector, vol_shocks: Vector
) -> Vector:
    """The daily recursion, (markets, days): sigma exp(w - noise^2) has the mean square of sigma."""
    out = np.empty_like(shocks)
    kept = np.exp(-REVERSION * day)
    fresh = noise * np.sqrt(1 - kept * kept)
    e1a, e1b, e2a, e2b = np.exp(-k1[0] * day), np.exp(-k1[1] * day), np.exp(-k2[0] * day), np.exp(-k2[1] * day)
    for i in range(shocks.shape[0]):
        r1a, r1b, r2a, r2b, w = 0.0, 0.0, 0.025, 0.025, noise * vol_shocks[i, 0]
        for t in range(shocks.shape[1]):
            trend = (1 - k1[2]) * r1a + k1[2] * r1b
            activity = np.sqrt((1 - k2[2]) * r2a + k2[2] * r2b)
            sigma = max(law[0] + law[1] * trend + law[2] * activity, max(law[0], LEAST))
            x = min(sigma * np.exp(w - noise * noise), MOST) * np.sqrt(day) * shocks[i, t]
            r1a, r1b = e1a * r1a + k1[0] * x, e1b * r1b + k1[1] * x
            r2a, r2b = e2a * r2a + k2[0] * x * x, e2b * r2b + k2[1] * x * x
            w = kept * w + fresh * vol_shocks[i, t]
            out[i, t] = x
    return out
