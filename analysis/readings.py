"""A figure read off a sample of series, with its standard error by the jackknife, so that two of them can be compared.

Moments are summed per *unit*: a path where there are several, else a block of the one path. A figure is a function of
the sums of the moments; leaving out one unit at a time gives its standard error (Tukey 1958; blocks: Kuensch 1989,
Annals of Statistics 17), and the pull of every unit, so that worlds with common random numbers are compared unit by
unit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.numbers import Number
from sim.columns import Unit
from sim.errors import UserError

FloatArray = NDArray[np.float64]
BLOCKS = 25  # of a single path; each should be long against the memory of the series


@dataclass(frozen=True, eq=False)
class Reading:
    """A figure and how far each independent unit pulls it: pull_i = (n - 1)(figure - figure without unit i), (n,)."""

    value: float
    pull: FloatArray

    @property
    def error(self) -> float | None:
        """Standard error sd(pull) / sqrt(n); None for fewer than two units."""
        n = self.pull.size
        return float(self.pull.std(ddof=1)) / math.sqrt(n) if n > 1 else None

    @property
    def standard_errors(self) -> float:
        """How many standard errors from zero; 0 where the figure is exactly zero, NaN where there is no error."""
        if self.value == 0:
            return 0.0
        error = self.error
        if error is None or math.isnan(error):
            return math.nan
        return self.value / error if error > 0 else math.copysign(math.inf, self.value)

    def number(self, label: str, unit: Unit = "number") -> Number:
        """The figure as tables take it."""
        return Number(value=self.value, unit=unit, label=label, error=self.error)

    def __sub__(self, other: Reading) -> Reading:
        """The difference; its error is that of the unit-by-unit difference.

        Raises UserError where the two do not come from the same number of paths.
        """
        if self.pull.size != other.pull.size:
            rule = "figures are compared path by path, over the same paths"
            raise UserError(
                rule, value=f"{self.pull.size} and {other.pull.size}", remedy="run both with the same paths"
            )
        return Reading(self.value - other.value, self.pull - other.pull)


def read(figure: Callable[..., FloatArray], *moments: FloatArray) -> Reading:
    """The reading of `figure(*sums)` from each moment's sums per unit, (units,) each; `figure` works elementwise."""
    totals = [np.asarray(m.sum()) for m in moments]
    with np.errstate(invalid="ignore", divide="ignore"):  # one unit alone leaves nothing: its reading has no error
        value = float(figure(*totals))
        left = figure(*(total - m for total, m in zip(totals, moments, strict=True)))
    n = moments[0].size
    return Reading(value, (n - 1) * (value - left))


def mean_of(readings: Sequence[Reading], weights: Sequence[float] | None = None) -> Reading:
    """Their weighted sum; without weights their mean."""
    shares = [1 / len(readings)] * len(readings) if weights is None else weights
    value = sum(w * r.value for w, r in zip(shares, readings, strict=True))
    pull = np.sum([w * r.pull for w, r in zip(shares, readings, strict=True)], axis=0)
    return Reading(float(value), pull)


def per_unit(values: FloatArray) -> FloatArray:
    """Sums of (paths, steps) values over each path; of a single path over each of `BLOCKS` blocks."""
    if values.shape[0] > 1:
        return np.asarray(values.sum(axis=1))
    steps = values.shape[1]
    edges = np.linspace(0, steps, min(BLOCKS, steps) + 1).astype(int)[:-1]
    return np.asarray(np.add.reduceat(values[0], edges))


def count(values: FloatArray) -> FloatArray:
    """Number of values in each unit."""
    return per_unit(np.ones(values.shape))
