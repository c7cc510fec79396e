"""General interest rate risk (MAR21.8, 21.39 to 21.50, 21.93)."""

from __future__ import annotations

import math
from typing import ClassVar

from agents.capital.risk_class import RiskClass, decay
from agents.capital.risk_factor import Measure, RiskFactor

WEIGHTS = {0.25: 0.017, 0.5: 0.017, 1.0: 0.016, 2.0: 0.013, 3.0: 0.012} | dict.fromkeys((5.0, 10.0), 0.011)
WEIGHTS |= dict.fromkeys((15.0, 20.0, 30.0), 0.011)
FURTHER = 0.016  # inflation and cross-currency basis
LIQUID = ("EUR", "USD", "GBP", "AUD", "JPY", "SEK", "CAD")  # weights may be divided by sqrt 2, as at home
THETA, LEAST = 0.03, 0.40
CURVES = 0.999  # between two curves of a currency
INFLATION = 0.40  # with rates
BETWEEN = 0.50


class RatesClass(RiskClass):
    """Rates: a bucket a currency."""

    name: ClassVar[str] = "rates"
    tenors: ClassVar[tuple[float, ...]] = tuple(WEIGHTS)
    kinds: ClassVar[tuple[str, ...]] = ("", "inflation", "basis")
    lacking: ClassVar[dict[Measure, tuple[str, ...]]] = {"curvature": ("inflation", "basis")}

    def __init__(self, home: str) -> None:
        """home: the currency in which the bank reports."""
        self.home = home

    def known(self, bucket: str) -> bool:
        return len(bucket) == 3 and bucket.isalpha()

    def weight(self, factor: RiskFactor) -> float:
        weight = FURTHER if factor.kind else WEIGHTS[factor.tenor]
        return weight / math.sqrt(2) if factor.bucket in (*LIQUID, self.home) else weight

    def rho(self, one: RiskFactor, other: RiskFactor) -> float:
        if "basis" in (one.kind, other.kind):
            return float(one == other)
        if one.kind != other.kind:
            return INFLATION
        curve = 1.0 if one.name == other.name else CURVES
        return curve if one.kind else curve * max(decay(one.tenor, other.tenor, THETA), LEAST)

    def vega_rho(self, one: RiskFactor, other: RiskFactor) -> float:
        """Expiry and underlying decay alike; kinds correlate as their deltas do."""
        if one.kind != other.kind:
            return self.rho(one, other)
        return min(decay(one.tenor, other.tenor) * decay(one.underlying, other.underlying), 1.0)

    def curvature_factor(self, factor: RiskFactor) -> RiskFactor:
        """All curves of a currency move as one (MAR21.8)."""
        return RiskFactor(factor.bucket)

    def gamma(self, one: str, other: str) -> float:
        return BETWEEN
