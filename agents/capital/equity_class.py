"""Equity risk (MAR21.12, 21.71 to 21.80)."""

from __future__ import annotations

from typing import ClassVar

from agents.capital.risk_class import RiskClass
from agents.capital.risk_factor import Measure, RiskFactor

# Buckets 1 to 4 large companies of emerging markets by sector, 5 to 8 of advanced ones, 9 and 10 small ones, 11 other,
# 12 indices of large companies of advanced markets, 13 other indices.
PERCENT = (55, 60, 45, 55, 30, 35, 40, 50, 70, 50, 70, 15, 25)
WEIGHTS = {str(i): percent / 100 for i, percent in enumerate(PERCENT, 1)}
REPO_SHARE = 0.01  # a repo rate has a hundredth of the spot's weight
OTHER, INDICES = "11", ("12", "13")
LARGE = ("1", "2", "3", "4", "5", "6", "7", "8", *INDICES)
NAMES = dict.fromkeys("1234", 0.15) | dict.fromkeys("5678", 0.25) | {"9": 0.075, "10": 0.125, "11": 0.0}
NAMES |= dict.fromkeys(INDICES, 0.80)
KINDS = 0.999  # of spot and repo rate
SINGLE, WITH_INDEX, OF_INDICES = 0.15, 0.45, 0.75


class EquityClass(RiskClass):
    """Equities: buckets 1 to 13 by size, region and sector."""

    name: ClassVar[str] = "equity"
    kinds: ClassVar[tuple[str, ...]] = ("", "repo")
    lacking: ClassVar[dict[Measure, tuple[str, ...]]] = {"vega": ("repo",), "curvature": ("repo",)}

    def known(self, bucket: str) -> bool:
        return bucket in WEIGHTS

    def weight(self, factor: RiskFactor) -> float:
        return WEIGHTS[factor.bucket] * (REPO_SHARE if factor.kind else 1.0)

    def rho(self, one: RiskFactor, other: RiskFactor) -> float:
        names = 1.0 if one.name == other.name else NAMES[one.bucket]
        return names if one.kind == other.kind else names * KINDS

    def gamma(self, one: str, other: str) -> float:
        if OTHER in (one, other):
            return 0.0
        indices = sum(bucket in INDICES for bucket in (one, other))
        return (SINGLE, WITH_INDEX, OF_INDICES)[indices]

    def horizon(self, bucket: str) -> float:
        return 20.0 if bucket in LARGE else 60.0

    def alone(self, bucket: str) -> bool:
        return bucket == OTHER
