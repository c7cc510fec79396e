"""A figure measured on a sample: its value, its standard error, and how far each independent unit pulls it.

The standard error is sd(pull) / sqrt(n) over the n units (for example paths). `pull` is a unit's influence on the
figure (Hampel 1974, J. American Statistical Association 69), or (n - 1)(figure - figure without the unit), the
jackknife's (Tukey 1958). Figures of the same units, with common random numbers, are subtracted unit by unit.

For shares and quantiles the influence is poorly estimated on a small sample. Their errors therefore use formulas that
need no density and stay above zero; their pulls are scaled to these errors.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.blockwise import Terms, deviation, total
from sim.dataclass import dataclass
from sim.errors import BugError, UserError
from sim.ranks import quantiles

FloatArray = NDArray[np.float64]
_light: ContextVar[bool] = ContextVar("light", default=False)
ALL = slice(None)  # units
GROUPS = 64  # of a jackknife
REACH = 2.0  # the slope at a quantile is taken between this many standard deviations of its rank below and above


@contextmanager
def without_pulls() -> Iterator[None]:
    """A block whose figures keep no pulls, so that they take no memory for each unit; they cannot be subtracted."""
    before = _light.set(True)
    try:
        yield
    finally:
        _light.reset(before)


def pulls_kept() -> bool:
    """Whether figures that are made now have pulls."""
    return not _light.get()


@dataclass(frozen=True)
class Estimate:
    """error: standard error, None if there is none (one unit, or nothing random).

    pull: (units,), empty if not known. counted: the figure is a share, to which each unit adds 0 or 1.
    """

    value: float
    error: float | None = None
    pull: FloatArray = field(default_factory=lambda: np.empty(0), compare=False, repr=False)
    counted: bool = field(default=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if _light.get():
            object.__setattr__(self, "pull", np.empty(0))

    @property
    def standard_errors(self) -> float:
        """How many standard errors from zero; 0 where the value is exactly zero, NaN if there is no error."""
        if self.value == 0:
            return 0.0
        if self.error is None or math.isnan(self.error):
            return math.nan
        return self.value / self.error if self.error > 0 else math.copysign(math.inf, self.value)

    def __add__(self, constant: float) -> Estimate:
        """The figure plus a known number; the error stays."""
        return replace(self, value=self.value + constant)

    def __sub__(self, other: Estimate) -> Estimate:
        """The difference; its error is that of the unit-by-unit difference.

        For two shares: the error of Agresti and Min (2005, Statistics in Medicine 24), which adds half a unit to each
        cell of the 2 x 2 table of hits. It stays above zero even if both shares have the same hits. Raises UserError
        if the two do not come from the same number of units.
        """
        if _light.get():
            raise BugError("figures without pulls are not subtracted")
        gap, n = self.value - other.value, self.pull.size
        if n != other.pull.size:
            rule = "figures are compared path by path, over the same paths"
            raise UserError(rule, value=f"{n} and {other.pull.size}", remedy="run both with the same paths")
        found = Estimate.of(gap, self.pull - other.pull)
        if n < 2 or not (self.counted and other.counted):
            return found
        apart = np.rint(found.pull + gap)  # -1, 0 or 1
        discordant, net = float(np.abs(apart).sum()) + 1, float(apart.sum())
        return replace(found, error=math.sqrt(max(discordant - net**2 / (n + 2), 0.0)) / (n + 2))

    def less(self, other: Estimate) -> Estimate:
        """Difference to a figure of an independent sample: the variances add."""
        return Estimate(self.value - other.value, math.hypot(self.error or 0.0, other.error or 0.0))

    @classmethod
    def of(cls, value: float, pull: FloatArray) -> Estimate:
        """A figure from its value and the pull of each unit."""
        n = pull.size
        return cls(value, float(pull.std(ddof=1)) / math.sqrt(n) if n > 1 else None, pull)

    @classmethod
    def of_terms(cls, value: float, n: int, pull: Terms) -> Estimate:
        """The same from the pulls of any of the n units: they are all held at once only where they are kept."""
        if pulls_kept():
            return cls.of(value, pull(ALL))
        return cls(value, deviation(n, pull, ddof=1) / math.sqrt(n) if n > 1 else None)

    @classmethod
    def mean(cls, samples: ArrayLike) -> Estimate:
        """Mean of independent samples; error s / sqrt(n)."""
        x = np.asarray(samples, dtype=float).reshape(-1)
        value = float(x.mean()) if x.size else math.nan
        return cls.of_terms(value, x.size, lambda part: x[part] - value)

    @classmethod
    def variance(cls, samples: ArrayLike) -> Estimate:
        """Variance (ddof 1) of two or more independent samples; error that of the mean squared deviation."""
        return cls.of_terms(*_variance(samples))

    @classmethod
    def sd(cls, samples: ArrayLike) -> Estimate:
        """Standard deviation of independent samples; error(variance) / (2 sd), the delta method."""
        square, n, pull = _variance(samples)
        root = math.sqrt(square)
        return cls.of_terms(root, n, (lambda part: pull(part) / (2 * root)) if root != 0 else pull)

    @classmethod
    def ratio(cls, top: FloatArray, bottom: FloatArray) -> Estimate:
        """mean(top) / mean(bottom) over the same units; error sd(top - ratio x bottom) / sqrt(n) / mean(bottom)."""
        below = float(bottom.mean())
        value = float(top.mean()) / below
        return cls.of_terms(value, top.size, lambda part: (top[part] - value * bottom[part]) / below)

    @classmethod
    def share(cls, hits: ArrayLike) -> Estimate:
        """Share of independent units for which `hits` is true; error as in `share_of`."""
        x = np.asarray(hits, dtype=bool)
        found = cls.share_of(int(x.sum()), x.size)
        return cls(found.value, found.error, x - found.value, counted=True)

    @classmethod
    def share_of(cls, hits: int, n: int) -> Estimate:
        """hits / n. Error of Agresti and Coull, which stays above zero when no unit or every unit hits:
        sqrt(p (1 - p) / (n + 4)) with p = (hits + 2) / (n + 4) (Agresti and Coull 1998, The American Statistician 52).
        """
        if n == 0:
            return cls(math.nan)
        p = (hits + 2) / (n + 4)
        return cls(hits / n, math.sqrt(p * (1 - p) / (n + 4)) if n > 1 else None)

    @classmethod
    def quantile(cls, samples: ArrayLike, level: float) -> Estimate:
        """Quantile at `level` in (0, 1), linearly interpolated.

        Error: standard deviation of its rank, sqrt(level (1 - level) / n), times the slope of the quantile function
        between two such deviations below and two above.

        Distribution-free. Two deviations and not one: over one the slope is half as noisy again, and bands of two
        errors come out too narrow. The influence of a unit is (1{x > quantile} - (1 - level)) x slope.
        """
        x = np.asarray(samples, dtype=float).reshape(-1)
        if x.size == 0:
            return cls(math.nan)
        rank = math.sqrt(level * (1 - level) / x.size)
        below, above = max(level - REACH * rank, 0.0), min(level + REACH * rank, 1.0)
        low, value, high = quantiles(x, [below, level, above])
        slope = (high - low) / (above - below)
        error = slope * rank if x.size > 1 else None
        if not pulls_kept():
            return cls(value, error)
        beyond = (x > value).astype(np.float64)
        return cls(value, error, (beyond - beyond.mean()) * slope)

    @classmethod
    def jackknife(cls, statistic: Callable[..., float], *samples: ArrayLike, groups: int = GROUPS) -> Estimate:
        """Any statistic of samples independent along the first axis; error by leaving out one of `groups` at a time.

        `statistic` is called with the arrays of `samples`, the same rows left out of each.
        """
        arrays = [np.asarray(s, dtype=float) for s in samples]
        n = len(arrays[0])
        groups = min(groups, n)
        group = np.arange(n) * groups // n
        value = float(statistic(*arrays))
        left = np.array([statistic(*(a[group != g] for a in arrays)) for g in range(groups)], dtype=float)
        return cls.of(value, (groups - 1) * (value - left))

    @classmethod
    def weighted(cls, estimates: Sequence[Estimate], weights: Sequence[float]) -> Estimate:
        """The weighted sum of figures of the same units."""
        pulls = [weight * one.pull for weight, one in zip(weights, estimates, strict=True)]
        value = float(sum(weight * one.value for weight, one in zip(weights, estimates, strict=True)))
        return cls.of(value, np.sum(pulls, axis=0))


def _variance(samples: ArrayLike) -> tuple[float, int, Terms]:
    """Variance (ddof 1), number of units, and their pulls; NaN of fewer than two samples."""
    x = np.asarray(samples, dtype=float).reshape(-1)
    n = x.size
    if n < 2:
        return math.nan, n, np.full(n, math.nan).__getitem__
    mean = x.mean()

    def squares(part: slice) -> FloatArray:
        return np.asarray((x[part] - mean) ** 2)

    found = total(n, squares)
    return found / (n - 1), n, lambda part: squares(part) - found / n
