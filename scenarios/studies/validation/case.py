"""A known answer: what is expected, how it is measured through the engine, and when the two agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import altair as alt

    from scenarios.studies.validation.lab import Lab

Chapter = Literal[
    "Hedging",
    "Costs",
    "Feedback",
    "Several assets",
    "Spirals",
    "Leverage",
    "Market making",
    "Impact",
    "Stylised facts",
    "Pricing",
    "Mechanics",
]
CHAPTERS: tuple[str, ...] = get_args(Chapter)
GROUPS = 64  # of a jackknife
Samples = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Expected:
    """One known number.

    what: what it is, 'variance, N = 52'; its key within the case.
    se: standard error of the expected value, where the source simulated it.
    rounding: absolute; half a unit of the last digit given, or a discretisation that is known and stated.
    exact: in words, 'exact', 'simulated, 4e5 paths', 'published, 3 digits', 'ordering only'.
    relation: '<' where what is measured must lie below `value`; an ordering is a difference against 0.
    """

    what: str
    value: float
    unit: str = ""
    se: float = 0.0
    rounding: float = 0.0
    exact: str = "exact"
    relation: Literal["=", "<", ">"] = "="


@dataclass(frozen=True)
class Estimate:
    """A measured number and its standard error; 0 where the measurement is deterministic."""

    value: float
    se: float = 0.0

    @classmethod
    def mean(cls, samples: npt.ArrayLike) -> Estimate:
        """Mean of independent samples; se = sd / sqrt(n)."""
        x = np.asarray(samples, dtype=float)
        return cls(float(x.mean()), float(x.std(ddof=1) / np.sqrt(x.size)))

    @classmethod
    def variance(cls, samples: npt.ArrayLike) -> Estimate:
        """Variance of independent samples (ddof 1); se that of the mean squared deviation."""
        x = np.asarray(samples, dtype=float)
        return cls(float(x.var(ddof=1)), cls.mean((x - x.mean()) ** 2).se)

    @classmethod
    def sd(cls, samples: npt.ArrayLike) -> Estimate:
        """Standard deviation of independent samples; se(variance) / (2 sd), the delta method."""
        square = cls.variance(samples)
        root = float(np.sqrt(square.value))
        return cls(root, square.se / (2 * root) if root > 0 else 0.0)

    @classmethod
    def proportion(cls, mask: npt.ArrayLike) -> Estimate:
        """Share of independent samples where `mask` holds; se = sqrt(p (1 - p) / n), with p no nearer 0 or 1 than 1/n.

        The floor keeps an event that never came up from having no error at all.
        """
        x = np.asarray(mask, dtype=bool)
        p = float(x.mean())
        inside = min(max(p, 1 / x.size), 1 - 1 / x.size)
        return cls(p, float(np.sqrt(inside * (1 - inside) / x.size)))

    @classmethod
    def quantile(cls, samples: npt.ArrayLike, level: float) -> Estimate:
        """Quantile at `level` in (0, 1); se a quarter of the distance of the order statistics two sd to either side.

        Distribution-free: the rank of the quantile is binomial, sd sqrt(n p (1 - p)). Of two sd, as the distance of
        fewer order statistics is itself too noisy.
        """
        x = np.asarray(samples, dtype=float)
        width = 2 * np.sqrt(level * (1 - level) / x.size)
        low, mid, high = np.quantile(x, [max(level - width, 0.0), level, min(level + width, 1.0)])
        return cls(float(mid), float(high - low) / 4)

    @classmethod
    def jackknife(cls, statistic: Callable[..., float], *samples: npt.ArrayLike, groups: int = GROUPS) -> Estimate:
        """Any statistic of independent samples along the first axis; se by leaving out one of `groups` at a time.

        `statistic` is called with the arrays of `samples`, cut alike (same rows left out of each).
        """
        arrays = [np.asarray(s, dtype=float) for s in samples]
        n = len(arrays[0])
        groups = min(groups, n)
        group = np.arange(n) * groups // n
        left = np.array([statistic(*(a[group != g] for a in arrays)) for g in range(groups)], dtype=float)
        se = np.sqrt((groups - 1) / groups * np.sum((left - left.mean()) ** 2))
        return cls(float(statistic(*arrays)), float(se))


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a case found: an estimate for every `Expected.what`, and a picture where the case has one of its own.

    picture: any Altair chart (analysis.charts.validation), or several; without it, expected against got is drawn.
    """

    estimates: dict[str, Estimate]
    picture: alt.Chart | Any | None = None

    @property
    def pictures(self) -> tuple[Any, ...]:
        """None, one or several."""
        if self.picture is None:
            return ()
        return tuple(self.picture) if isinstance(self.picture, list | tuple) else (self.picture,)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A known answer and how the engine is asked for it. `measure` is a module's function, so that it can be pickled.

    standard_errors: how far apart expected and got may lie.
    needs: optional packages; where one is missing the case is skipped.
    """

    name: str
    title: str
    chapter: Chapter
    source: str
    inputs: str
    statistic: str
    expected: tuple[Expected, ...]
    measure: Callable[[Lab], Measured]
    fast: bool = False
    standard_errors: float = 3.5
    needs: tuple[str, ...] = ()
    seconds: float = 5.0  # about how long it takes on one core; the longest start first
