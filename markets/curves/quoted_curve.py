"""A curve at the start, solved from quotes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markets.curves.dates import DAYS_A_YEAR, years_between
from markets.curves.interpolation import CurveShape, Interpolation
from sim.dataclass import dataclass

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class QuotedCurve:
    """Discount factors of one curve from its valuation day on. Times are days over 365, rates continuous.

    y: -ln DF at the nodes, (nodes,).
    """

    name: str
    currency: str
    day: date
    shape: CurveShape
    y: Floats

    @property
    def years(self) -> Floats:
        """Times of the nodes, (nodes,)."""
        return self.shape.nodes

    @property
    def interpolation(self) -> Interpolation:
        """What runs between the nodes."""
        return self.shape.interpolation

    def log_discount(self, years: ArrayLike) -> Floats:
        """ln DF at times of any shape."""
        t = np.asarray(years, dtype=np.float64)
        return -(self.shape.weights(t) @ self.y + self.shape.constant(t)).reshape(t.shape)

    def discount(self, day: date) -> float:
        """Value on the valuation day of 1 paid on `day`."""
        return float(np.exp(self.log_discount(years_between(self.day, day))))

    def zero(self, years: ArrayLike) -> Floats:
        """Continuous zero rate, at times above 0."""
        return -self.log_discount(years) / np.asarray(years, dtype=np.float64)

    def forward(self, start: ArrayLike, end: ArrayLike) -> Floats:
        """Continuous forward rate between two times."""
        span = np.asarray(end, dtype=np.float64) - np.asarray(start, dtype=np.float64)
        return (self.log_discount(start) - self.log_discount(end)) / span

    def shifted(self, by: ArrayLike) -> QuotedCurve:
        """The curve with the zero rates of its nodes moved by `by` (decimal), one number or (nodes,)."""
        return replace(self, y=self.y + np.asarray(by, dtype=np.float64) * self.years)

    @property
    def dates(self) -> tuple[date, ...]:
        """Days of the nodes, the nearest where a node was given in years."""
        return tuple(self.day + timedelta(days=round(t * DAYS_A_YEAR)) for t in self.years)


@dataclass(frozen=True, eq=False)
class QuotedGap:
    """What one quoted curve of a currency lies above another: -ln DF of the upper less that of the lower."""

    upper: QuotedCurve
    lower: QuotedCurve

    def log_discount(self, years: ArrayLike) -> Floats:
        """ln DF of the gap at times of any shape."""
        return self.upper.log_discount(years) - self.lower.log_discount(years)
