"""Foreign exchange risk (MAR21.14, 21.86 to 21.89)."""

from __future__ import annotations

import math
from typing import ClassVar

from agents.capital.risk_class import RiskClass
from agents.capital.risk_factor import RiskFactor

WEIGHT, BETWEEN = 0.15, 0.60
LIQUID = (
    *("USD", "EUR", "JPY", "GBP", "AUD", "CAD", "CHF", "MXN", "CNY", "NZD"),
    *("RUB", "HKD", "SGD", "TRY", "KRW", "SEK", "ZAR", "INR", "NOK", "BRL"),
)


class FxClass(RiskClass):
    """Currencies against the one in which the bank reports: a bucket each."""

    name: ClassVar[str] = "fx"

    def __init__(self, home: str) -> None:
        """home: the currency in which the bank reports."""
        self.home = home

    def known(self, bucket: str) -> bool:
        return len(bucket) == 3 and bucket.isalpha() and bucket != self.home

    def weight(self, factor: RiskFactor) -> float:
        liquid = factor.bucket in LIQUID and self.home in LIQUID
        return WEIGHT / math.sqrt(2) if liquid else WEIGHT

    def rho(self, one: RiskFactor, other: RiskFactor) -> float:
        return 1.0

    def curvature_factor(self, factor: RiskFactor) -> RiskFactor:
        return RiskFactor(factor.bucket)

    def gamma(self, one: str, other: str) -> float:
        return BETWEEN

    def horizon(self, bucket: str) -> float:
        return 40.0
