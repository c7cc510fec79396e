"""A named number: an estimate with a unit and a label, and its display as text."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.columns import Unit
from sim.estimate import Estimate
from sim.figure_text import MINUS as MINUS
from sim.figure_text import bare_text_of, brief_text_of, percent, text_of
from sim.figure_text import money as money
from sim.figure_text import money_scale as money_scale
from sim.figure_text import scale_of as scale_of

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Number(Estimate):
    """An estimate with its unit and the label that tables call it by.

    `value` is in `unit`: $ (scenario currency), share / vol / rate (decimals), multiple (of the base level), price,
    gain, count, or a number without a unit. A value that the run does not have is NaN and is written "n/a".
    """

    unit: Unit
    label: str

    def __float__(self) -> float:
        return self.value

    @property
    def known(self) -> bool:
        """Whether the run has it."""
        return math.isfinite(self.value)

    def text(self, *, error: bool = True) -> str:
        """The figure with its unit, and its standard error unless told otherwise."""
        return text_of(self.value, self.unit, self.error if error else None)

    def bare(self) -> str:
        """The figure with its unit and the decimals that its standard error leaves, without the error itself."""
        return bare_text_of(self.value, self.unit, self.error)

    def brief(self) -> str:
        """The figure as sentences have it: three significant figures, fewer where its error leaves fewer."""
        return brief_text_of(self.value, self.unit, self.error)

    def __str__(self) -> str:
        return self.text()


def known(values: FloatArray) -> FloatArray:
    """The values that are numbers."""
    missing = np.isnan(values)
    return values[~missing] if missing.any() else values


def quantile_name(share: float) -> str:
    """What labels call a quantile."""
    return "median" if share == 0.5 else f"{percent(share, 0)} quantile"


def named(found: Estimate, unit: Unit, label: str) -> Number:
    """An estimate as tables take it."""
    return Number(value=found.value, error=found.error, pull=found.pull, counted=found.counted, unit=unit, label=label)


def mean(values: FloatArray, unit: Unit, label: str) -> Number:
    """The average over paths."""
    return named(Estimate.mean(values), unit, label)


def deviation(values: FloatArray, unit: Unit, label: str) -> Number:
    """The standard deviation over paths."""
    return named(Estimate.sd(values), unit, label)


def quantile(values: FloatArray, share: float, unit: Unit, label: str) -> Number:
    """The `share` quantile over paths (linear interpolation)."""
    return named(Estimate.quantile(values, share), unit, label)


def share(hits: int, n: int, label: str) -> Number:
    """hits / n."""
    return named(Estimate.share_of(hits, n), "share", label)


def ratio(top: FloatArray, bottom: FloatArray, label: str) -> Number:
    """mean(top) / mean(bottom) over the same paths; NaN if mean(bottom) is not two standard errors above zero."""
    below = Estimate.mean(bottom)
    clear = below.value > 2 * (below.error or 0.0)
    return named(Estimate.ratio(top, bottom) if clear else Estimate(math.nan), "share", label)
