"""A risk class of the sensitivities-based method: its weights and correlations."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import ClassVar

from agents.capital.risk_factor import Measure, RiskFactor

VEGA_MATURITIES = (0.5, 1.0, 3.0, 5.0, 10.0)  # years
VEGA_WEIGHT, VEGA_DAYS = 0.55, 10.0  # MAR21.92: RW = min(55 % sqrt(horizon / 10), 100 %)
OPTION_DECAY = 0.01  # MAR21.93


class RiskClass(ABC):
    """Weights, correlations in a bucket (rho) and between buckets (gamma), all decimals.

    Correlations are those of the medium scenario; curvature uses their squares (MAR21.100).
    """

    name: ClassVar[str]
    tenors: ClassVar[tuple[float, ...]] = ()  # years, of delta; none: its factors have no tenor
    kinds: ClassVar[tuple[str, ...]] = ("",)
    lacking: ClassVar[dict[Measure, tuple[str, ...]]] = {}  # kinds of which there is no vega, no curvature

    @abstractmethod
    def known(self, bucket: str) -> bool:
        """Whether there is such a bucket."""

    @abstractmethod
    def weight(self, factor: RiskFactor) -> float:
        """Risk weight of delta."""

    @abstractmethod
    def rho(self, one: RiskFactor, other: RiskFactor) -> float:
        """Correlation of two deltas of one bucket."""

    @abstractmethod
    def gamma(self, one: str, other: str) -> float:
        """Correlation of two buckets."""

    def horizon(self, bucket: str) -> float:
        """Liquidity horizon of vega, days (MAR21.92, table 13)."""
        return 60.0

    def vega_weight(self, factor: RiskFactor) -> float:
        """Risk weight of vega."""
        return min(VEGA_WEIGHT * math.sqrt(self.horizon(factor.bucket) / VEGA_DAYS), 1.0)

    def vega_rho(self, one: RiskFactor, other: RiskFactor) -> float:
        """Correlation of two vegas of one bucket: that of their deltas x e^(-1 % |dT| / min T) (MAR21.94)."""
        bare = [factor._replace(tenor=0.0, underlying=0.0) for factor in (one, other)]
        return min(self.rho(*bare) * decay(one.tenor, other.tenor), 1.0)

    def curvature_factor(self, factor: RiskFactor) -> RiskFactor:
        """What moves as one for curvature: all curves of an issuer or a commodity (MAR21.9, 21.13)."""
        return RiskFactor(factor.bucket, factor.name)

    def alone(self, bucket: str) -> bool:
        """Whether a bucket's positions never offset one another ('other sector')."""
        return False


def decay(one: float, other: float, rate: float = OPTION_DECAY) -> float:
    """e^(-rate |dT| / min T), of times in years."""
    return 1.0 if one == other else math.exp(-rate * abs(one - other) / min(one, other))
