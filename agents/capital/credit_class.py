"""Credit spread risk without securitisations (MAR21.9, 21.51 to 21.57)."""

from __future__ import annotations

from typing import ClassVar

from agents.capital.risk_class import RiskClass
from agents.capital.risk_factor import RiskFactor

# Buckets 1 to 8 investment grade by sector (8: covered bonds), 9 to 15 high yield in the order of 1 to 7, 16 other,
# 17 and 18 indices of either grade.
PERCENT = (0.5, 1, 5, 3, 3, 2, 1.5, 2.5, 2, 4, 12, 7, 8.5, 5.5, 5, 12, 1.5, 5)
WEIGHTS = {str(i): percent / 100 for i, percent in enumerate(PERCENT, 1)}
COVERED, BEST, BEST_WEIGHT = "8", "aa", 0.015  # covered bonds rated AA- or better
OTHER, INDICES = "16", ("17", "18")
NAMES, INDEX_NAMES, TENORS, KINDS = 0.35, 0.80, 0.65, 0.999
GRADES = 0.50  # between investment grade and high yield
# Between sectors, percent (table 5 of MAR21.57): each row from the next sector on to covered bonds.
SECTORS = (
    (75, 10, 20, 25, 20, 15, 10),
    (5, 15, 20, 15, 10, 10),
    (5, 15, 20, 5, 20),
    (20, 25, 5, 5),
    (25, 5, 15),
    (5, 20),
    (5,),
)
WITH_INDEX, OF_INDICES = 0.45, 0.75


class CreditClass(RiskClass):
    """Credit spreads: buckets 1 to 18 by grade and sector."""

    name: ClassVar[str] = "credit"
    tenors: ClassVar[tuple[float, ...]] = (0.5, 1.0, 3.0, 5.0, 10.0)
    kinds: ClassVar[tuple[str, ...]] = ("", "cds", BEST)

    def known(self, bucket: str) -> bool:
        return bucket in WEIGHTS

    def weight(self, factor: RiskFactor) -> float:
        return BEST_WEIGHT if (factor.bucket, factor.kind) == (COVERED, BEST) else WEIGHTS[factor.bucket]

    def rho(self, one: RiskFactor, other: RiskFactor) -> float:
        names = INDEX_NAMES if one.bucket in INDICES else NAMES
        found = 1.0 if one.name == other.name else names
        found *= 1.0 if one.tenor == other.tenor else TENORS
        return found if (one.kind == "cds") == (other.kind == "cds") else found * KINDS

    def gamma(self, one: str, other: str) -> float:
        if OTHER in (one, other):
            return 0.0
        indices = sum(bucket in INDICES for bucket in (one, other))
        if indices:
            return OF_INDICES if indices == 2 else WITH_INDEX
        grades = 1.0 if (int(one) <= 8) == (int(other) <= 8) else GRADES
        low, high = sorted((_sector(one), _sector(other)))
        return grades if low == high else grades * SECTORS[low][high - low - 1] / 100

    def horizon(self, bucket: str) -> float:
        return 120.0

    def alone(self, bucket: str) -> bool:
        return bucket == OTHER


def _sector(bucket: str) -> int:
    """0 to 6, and 7 of covered bonds."""
    number = int(bucket) - 1
    return number if number < 8 else number - 8
