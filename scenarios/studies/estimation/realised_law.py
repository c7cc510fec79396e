"""Realised vol's law from the returns that followed: Student likelihood, held near the vol of the record.

The law is sigma = base + trend R1 + activity sqrt(R2) of the implied law's R1 and R2; sigma is the standard deviation,
a trading year, of the next day's return, times a noise of mean square one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from markets.factors.memory.path_line import LEAST_REALISED
from markets.factors.memory.path_memory import own_gain
from markets.specs.memory import KernelSpec, MemorySpec
from scenarios.studies.estimation.free_market import FreeMarket, Noise, median_vol
from scenarios.studies.estimation.path_feed import Feed, Vector
from scenarios.studies.estimation.path_law import PathLaw

LEAST_FREEDOM = 4.05  # of the Student law: below 4 it has no kurtosis that a noise could match
ACTIVITY = (0.2, 0.98)  # the law's range; at one a market without noise has no end
STABLE = 0.99  # mean square of realised vol that a mean square of 1 makes: at 1 a scenario is refused
WORSE = 1e9  # than any log-likelihood
CLOSE = 0.004  # of activity: nearer the search does not look


@dataclass(frozen=True, eq=False)
class Days:
    """What a day's law needs: trend R1 and activity sqrt(R2) at a close, and the return after it, (days,) each.

    clock: whose squares are in R2.
    """

    trend: Vector
    activity: Vector
    after: Vector
    day: float
    clock: str = "closes"

    @classmethod
    def of(cls, feed: Feed, law: PathLaw, first: int) -> Days:
        """The days of a feed from row `first` on, under the kernels of the implied law."""
        trend, activity = feed.trend(law.returns), np.sqrt(feed.activity(law.squares))
        return cls(trend[first:-1], activity[first:-1], feed.returns[first:], feed.day, feed.clock)

    def take(self, rows: NDArray[np.int64]) -> Days:
        """These rows, in this order."""
        return replace(self, trend=self.trend[rows], activity=self.activity[rows], after=self.after[rows])

    @property
    def vol(self) -> float:
        """Of the returns, a trading year."""
        return float(self.after.std()) / math.sqrt(self.day)


@dataclass(frozen=True)
class RealisedLaw:
    """base, trend, activity as `MemorySpec` has them; freedom: of the Student law of a day; fit: its log-likelihood."""

    base: float
    trend: float
    activity: float
    freedom: float
    fit: float

    @property
    def noise(self) -> float:
        """Standard deviation of ln vol whose normal mixture has the Student kurtosis.

        3 exp(4 v) = 3 (n - 2) / (n - 4).
        """
        return math.sqrt(0.25 * math.log((self.freedom - 2) / (self.freedom - 4)))


def likeliest(days: Days, activity: float | None = None) -> RealisedLaw:
    """Maximum likelihood, with the activity given or free."""
    from scipy.optimize import minimize

    free = activity is None

    def read(q: Vector) -> RealisedLaw:
        found = float(np.exp(q[3])) if activity is None else activity
        return RealisedLaw(float(np.exp(q[0])), -float(np.exp(q[1])), found, LEAST_FREEDOM + float(np.exp(q[2])), 0.0)

    def miss(q: Vector) -> float:
        return -log_likelihood(days, read(q))

    start = np.array([math.log(0.025), math.log(0.045), 1.0, math.log(0.85)][: 4 if free else 3])
    found = minimize(miss, start, method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-3, "maxiter": 2000})
    return replace(read(np.asarray(found.x)), fit=-float(found.fun))


def log_likelihood(days: Days, law: RealisedLaw) -> float:
    """Of the returns, each Student with the law's standard deviation and degrees of freedom."""
    from scipy.special import gammaln

    level = law.base + law.trend * days.trend + law.activity * days.activity
    vol = np.maximum(level, LEAST_REALISED) * math.sqrt(days.day)
    n = law.freedom
    constant = gammaln((n + 1) / 2) - gammaln(n / 2) - 0.5 * math.log(math.pi * (n - 2))
    tails = 0.5 * (n + 1) * np.log1p((days.after / vol) ** 2 / (n - 2))
    return float(len(vol) * constant - np.log(vol).sum() - tails.sum())


def targeted(days: Days, law: PathLaw, noise: Noise, error: float) -> RealisedLaw:
    """The likeliest law, where the vol of the record counts as one more observation, with a standard error.

    Maximises log-likelihood - ((vol of its free market - vol of the record) / error)^2 / 2: the vol is the median
    over markets of the record's length, made with one `noise`. Without it, the likeliest law describes each day best
    and still makes a market that is too wild. A law that feeds on itself, which no scenario may have, is not looked at.
    """
    from scipy.optimize import minimize_scalar

    def miss(activity: float) -> float:
        found = likeliest(days, float(activity))
        if (gain := own_gain(spec_of(found, law), days.day)) >= STABLE:
            return WORSE * gain
        off = (median_vol(market_of(found, law, days), noise) - days.vol) / error
        return off * off / 2 - found.fit

    best = minimize_scalar(miss, bounds=ACTIVITY, method="bounded", options={"xatol": CLOSE})
    return likeliest(days, float(best.x))


def spec_of(found: RealisedLaw, law: PathLaw) -> MemorySpec:
    """The two laws as a scenario has them."""
    return MemorySpec(
        returns=law.returns,
        squares=law.squares,
        realised_base=found.base,
        realised_trend=found.trend,
        realised_activity=found.activity,
    )


def market_of(found: RealisedLaw, law: PathLaw, days: Days) -> FreeMarket:
    """The market that moves by these laws alone."""

    def numbers(kernel: KernelSpec) -> tuple[float, float, float]:
        return kernel.fast, kernel.slow, kernel.slow_share

    vols, stated = (found.base, found.trend, found.activity), MemorySpec()
    kernels = numbers(law.returns), numbers(law.squares)
    return FreeMarket(*kernels, vols, found.noise, days.day, stated.realised_reversion, stated.most, days.clock)
