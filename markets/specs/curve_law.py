"""Laws of the curve's noise besides correlated nodes: drivers with a residual, and one-factor Hull-White."""

from __future__ import annotations

from itertools import pairwise
from math import exp, expm1, sqrt
from typing import Literal

from markets.plausible import FACTOR, YIELD_VOL
from sim.dataclass import dataclass
from sim.params import param
from sim.sessions import TRADING_DAYS

BP = 1e-4
DRIVERS = ("level", "slope", "curvature")
# Principal components of the daily changes of eleven crises' Treasury curves, 2013 to 2025, pooled (487 days): bp a day
# at 3M, 6M, 1Y, 2Y, 3Y, 5Y, 7Y, 10Y and 30Y for one standard deviation. They carry 78, 12 and 5.5 % of the variance.
YEARS = (0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 30.0)
LEVEL = (2.23, 3.53, 5.58, 7.07, 7.63, 7.63, 7.44, 6.88, 5.21)
SLOPE = (-2.59, -2.96, -3.40, -2.00, -0.89, 0.89, 1.92, 2.52, 3.48)
CURVATURE = (3.43, 1.67, -0.39, -1.47, -1.32, -0.69, -0.10, 0.69, 2.11)
LOADING = (-100.0, 100.0)  # bp a day: ten times the record's
RESIDUAL = 1.42  # bp a day of each node, the rest


@dataclass(frozen=True, kw_only=True)
class DriversSpec:
    """Noise of a node at T: sum over drivers of loading(T) z, and a residual of its own.

    Loadings are linear in T between the given years and flat outside, in bp a trading day for one standard deviation.
    The overnight rate has none.
    """

    years: tuple[float, ...] = param(
        YEARS,
        unit="years",
        help="tenors at which the loadings are given",
        longest=100,
        plausible=(0.0, 100.0),
    )
    level: tuple[float, ...] = param(
        LEVEL, unit="bp a trading day", help="loadings of the first driver", longest=100, plausible=LOADING
    )
    slope: tuple[float, ...] = param(
        SLOPE, unit="bp a trading day", help="loadings of the second", longest=100, plausible=LOADING
    )
    curvature: tuple[float, ...] = param(
        CURVATURE, unit="bp a trading day", help="loadings of the third", longest=100, plausible=LOADING
    )
    residual: float = param(RESIDUAL, unit="bp a trading day", help="noise of each node alone", ge=0, le=1000)
    scale: float = param(1.0, unit="multiple", help="of all loadings and of the residual", ge=0, plausible=FACTOR)
    spot: tuple[float, ...] = param(
        (0.2, 0.0, 0.0), help="correlation of each driver with the main asset's shock", longest=3, plausible=(-1.0, 1.0)
    )
    vols: Literal["record", "nodes"] = param(
        "record", help="vol of a node: what loadings and residual say, or its own key; correlations are theirs"
    )

    def of(self, years: float) -> tuple[float, ...]:
        """Loadings at a tenor, then the residual, decimal per sqrt(trading year)."""
        unit = self.scale * BP * sqrt(TRADING_DAYS)
        rows = [getattr(self, name) for name in DRIVERS]
        return (*(unit * _linear(years, self.years, row) for row in rows), unit * self.residual)

    def vol(self, years: float) -> float:
        """Of a node, decimal per sqrt(trading year)."""
        return sqrt(sum(part**2 for part in self.of(years)))


@dataclass(frozen=True, kw_only=True)
class HullWhiteSpec:
    """The curve of the first day moves by one factor: dr = a (theta(t) - r) dt + sigma dW, in calendar time."""

    reversion: float = param(0.03, unit="1/year", help="a", gt=0, le=10)
    sigma: float = param(0.01, unit="decimal per sqrt(year)", help="vol of the short rate", ge=0, plausible=YIELD_VOL)
    spot: float = param(0.0, help="correlation of its shock with the main asset's", ge=-1, le=1)

    def loading(self, years: float) -> float:
        """Move of the zero rate of a tenor per unit of the short rate's: B(T) / T."""
        return 1.0 if years == 0 else -expm1(-self.reversion * years) / (self.reversion * years)

    def mean(self, years: float) -> float:
        """E r(t) - f(0, t): sigma^2 (1 - e^(-a t))^2 / (2 a^2)."""
        return 0.5 * (self.sigma * (1 - exp(-self.reversion * years)) / self.reversion) ** 2

    def variance(self, years: float) -> float:
        """Of r(t): sigma^2 (1 - e^(-2 a t)) / (2 a)."""
        return -(self.sigma**2) * expm1(-2 * self.reversion * years) / (2 * self.reversion)


def _linear(x: float, xs: tuple[float, ...], ys: tuple[float, ...]) -> float:
    """Linear between the points, flat outside."""
    if x <= xs[0]:
        return ys[0]
    for (left, right), (low, high) in zip(pairwise(xs), pairwise(ys), strict=True):
        if x <= right:
            return low + (high - low) * (x - left) / (right - left)
    return ys[-1]
