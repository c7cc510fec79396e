"""Forecasts of a zero curve: level, slope and curvature that each revert to their mean (Diebold and Li 2006)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markets.curves.nelson_siegel import NelsonSiegel, fit
from sim.dataclass import dataclass
from sim.root import root

Floats = NDArray[np.float64]
SPEED = 0.0609 * 12  # 1/year: the curvature's loading has its top at 29 to 30 months
FEWEST = 24  # months of a history that factors are estimated on
SLOWEST = 0.9999  # of a month's persistence: a factor that does not revert has no mean


@dataclass(frozen=True)
class DieboldLi:
    """b(k) = mean + phi^k (now - mean) for each of the three factors, k months from now."""

    now: tuple[float, ...]  # level, slope, curvature, decimal
    mean: tuple[float, ...]
    phi: tuple[float, ...]  # persistence of a month
    speed: float = SPEED  # 1/year

    def curve(self, months: float) -> NelsonSiegel:
        """The mean curve so many months from now."""
        now, mean, phi = (np.array(values) for values in (self.now, self.mean, self.phi))
        return NelsonSiegel((self.speed,), tuple((mean + phi**months * (now - mean)).tolist()))

    @property
    def peak(self) -> float:
        """Months at which the loading of the curvature is highest: x with (1 + x + x^2) e^-x = 1, over the speed."""
        return 12 * float(root(lambda x: (1 + x + x * x) * np.exp(-x) - 1, 0.5, 5.0, xtol=1e-15)) / self.speed


def estimate(years: Floats, months: ArrayLike, speed: float = SPEED) -> DieboldLi:
    """From zero rates at ends of months, (months, points) decimal, at `years` (points,).

    Factors month by month by least squares, then a regression of each on itself a month before. A factor that hardly
    reverts has its mean within three times its range of its history.
    """
    history = np.asarray(months, dtype=np.float64)
    betas = np.array([fit(years, rates, (speed,)).beta for rates in history])
    before, after = betas[:-1] - betas[:-1].mean(axis=0), betas[1:] - betas[1:].mean(axis=0)
    phi = np.clip((before * after).sum(axis=0) / (before**2).sum(axis=0), 0.0, SLOWEST)
    mean = (betas[1:].mean(axis=0) - phi * betas[:-1].mean(axis=0)) / (1 - phi)
    spread = 3 * np.ptp(betas, axis=0)
    mean = np.clip(mean, betas.min(axis=0) - spread, betas.max(axis=0) + spread)
    return DieboldLi(tuple(betas[-1].tolist()), tuple(mean.tolist()), tuple(phi.tolist()), speed)
