"""Commodity risk (MAR21.13, 21.81 to 21.85)."""

from __future__ import annotations

from typing import ClassVar

from agents.capital.risk_class import RiskClass
from agents.capital.risk_factor import RiskFactor

# Buckets: 1 coal, 2 oil and its products, 3 electricity and carbon, 4 freight, 5 base metals, 6 gas, 7 precious metals,
# 8 grains and oilseed, 9 livestock and dairy, 10 softs, 11 other.
PERCENT = (30, 35, 60, 80, 40, 45, 20, 35, 25, 35, 50)
ALIKE = (55, 95, 40, 80, 60, 65, 55, 45, 15, 40, 15)  # percent, of two commodities of a bucket
WEIGHTS = {str(i): percent / 100 for i, percent in enumerate(PERCENT, 1)}
NAMES = {str(i): percent / 100 for i, percent in enumerate(ALIKE, 1)}
TENORS, PLACES = 0.99, 0.999
OTHER, BETWEEN = "11", 0.20


class CommodityClass(RiskClass):
    """Commodities: buckets 1 to 11; a factor's kind is where it is delivered."""

    name: ClassVar[str] = "commodity"
    tenors: ClassVar[tuple[float, ...]] = (0.0, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 15.0, 20.0, 30.0)

    def known(self, bucket: str) -> bool:
        return bucket in WEIGHTS

    def weight(self, factor: RiskFactor) -> float:
        return WEIGHTS[factor.bucket]

    def rho(self, one: RiskFactor, other: RiskFactor) -> float:
        found = 1.0 if one.name == other.name else NAMES[one.bucket]
        found *= 1.0 if one.tenor == other.tenor else TENORS
        return found if one.kind == other.kind else found * PLACES

    def gamma(self, one: str, other: str) -> float:
        return 0.0 if OTHER in (one, other) else BETWEEN

    def horizon(self, bucket: str) -> float:
        return 120.0
