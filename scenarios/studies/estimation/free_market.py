"""A market that moves by the realised vol of its own path alone, and how volatile it is over decades."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from markets.factors.memory.path_line import LEAST_REALISED
from scenarios.studies.estimation.estimators import OVERNIGHT
from sim.jit import kernel

Vector = NDArray[np.float64]
WARM = 500  # days before the first that counts
CLOCKS = ("closes", "sessions", "ticks")


@dataclass(frozen=True)
class FreeMarket:
    """Kernels of returns and squares (fast, slow, slow_share), realised vol (base, trend, activity), noise of ln vol.

    reversion: of that noise, 1/trading year. most: no day's vol is above. clock: which returns are squared.
    """

    returns: tuple[float, float, float]
    squares: tuple[float, float, float]
    vol: tuple[float, float, float]
    noise: float
    day: float  # trading years
    reversion: float
    most: float
    clock: str = "closes"


@dataclass(frozen=True, eq=False)
class Noise:
    """Standard normal shocks, (markets, WARM + days): of nights, of days, of ln vol. The same in every comparison."""

    nights: Vector
    days: Vector
    vol: Vector

    @classmethod
    def draw(cls, markets: int, days: int, seed: int) -> Noise:
        """Antithetic in the returns' sign, so that half of the markets mirror the others."""
        rng = np.random.default_rng(seed)
        half = (markets + 1) // 2
        night, day, vol = rng.standard_normal((3, half, WARM + days))
        return cls(np.concatenate([night, -night]), np.concatenate([day, -day]), np.concatenate([vol, vol]))


def median_vol(market: FreeMarket, noise: Noise) -> float:
    """Of the returns, a trading year: the median over the markets that `noise` makes."""
    returns = free_returns(market, noise)
    return float(np.median(returns.std(axis=1))) / math.sqrt(market.day)


def free_returns(market: FreeMarket, noise: Noise) -> Vector:
    """Log returns of each market by day, (markets, days)."""
    k1, k2, law = (np.array(part) for part in (market.returns, market.squares, market.vol))
    vols = np.array([market.noise, market.reversion, market.most, market.day])
    clock = CLOCKS.index(market.clock)
    return _returns(k1, k2, law, vols, clock, noise.nights, noise.days, noise.vol)[:, WARM:]


@kernel
def _returns(
    k1: Vector, k2: Vector, law: Vector, vols: Vector, clock: int, nights: Vector, days: Vector, vol_shocks: Vector
) -> Vector:
    """The daily recursion, (markets, days): sigma exp(w - noise^2) has the mean square of sigma."""
    out = np.empty_like(days)
    noise, reversion, most, day = vols
    kept = np.exp(-reversion * day)
    fresh = noise * np.sqrt(1 - kept * kept)
    e1a, e1b, e2a, e2b = np.exp(-k1[0] * day), np.exp(-k1[1] * day), np.exp(-k2[0] * day), np.exp(-k2[1] * day)
    for i in range(days.shape[0]):
        r1a, r1b, r2a, r2b, w = 0.0, 0.0, 0.025, 0.025, noise * vol_shocks[i, 0]
        for t in range(days.shape[1]):
            trend = (1 - k1[2]) * r1a + k1[2] * r1b
            activity = np.sqrt((1 - k2[2]) * r2a + k2[2] * r2b)
            level = max(law[0] + law[1] * trend + law[2] * activity, LEAST_REALISED)
            sd = min(level * np.exp(w - noise * noise), most) * np.sqrt(day)
            night, session = sd * np.sqrt(OVERNIGHT) * nights[i, t], sd * np.sqrt(1 - OVERNIGHT) * days[i, t]
            x = night + session
            square = x * x if clock == 0 else (night * night + session * session if clock == 1 else sd * sd)
            r1a, r1b = e1a * r1a + k1[0] * x, e1b * r1b + k1[1] * x
            r2a, r2b = e2a * r2a + k2[0] * square, e2b * r2b + k2[1] * square
            w = kept * w + fresh * vol_shocks[i, t]
            out[i, t] = x
    return out
