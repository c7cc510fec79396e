"""Facts of the S&P 500 over ten years: moments of its closes from 1990 to 2025.

Windows of 2,521 closes, one beginning every 126 closes from 2 January 1990 to 26 September 2025: 52 of them, which
overlap, so that low and high are those of three or four independent decades. Implied vol is the VIX; days on which our
record has none, 282 of them, most in crises, are left out of it.
"""

from __future__ import annotations

from dataclasses import dataclass

WINDOW, STEP = 2_521, 126  # closes


@dataclass(frozen=True)
class IndexFact:
    """A fact over windows of ten years: the median of them, the least and the greatest."""

    middle: float
    low: float
    high: float


INDEX: dict[str, IndexFact] = {
    "realised": IndexFact(0.182, 0.141, 0.222),
    "kurtosis_1d": IndexFact(8.3, 2.5, 21.9),
    "kurtosis_5d": IndexFact(5.4, 0.673, 13.9),
    "kurtosis_20d": IndexFact(2.25, 0.113, 25.6),
    "tail_daily": IndexFact(3.4, 2.31, 5.61),
    "skewness": IndexFact(-0.321, -1.0, -0.0171),
    "gain_loss": IndexFact(1.08, 0.973, 1.19),
    "variance_week": IndexFact(0.839, 0.77, 0.978),
    "memory_1d": IndexFact(0.248, 0.145, 0.422),
    "memory_5d": IndexFact(0.342, 0.193, 0.414),
    "memory_20d": IndexFact(0.201, 0.115, 0.299),
    "memory_100d": IndexFact(0.106, 0.00463, 0.166),
    "leverage_size_1d": IndexFact(-0.126, -0.146, -0.0964),
    "leverage_size_5d": IndexFact(-0.0806, -0.0917, -0.0503),
    "leverage_size_10d": IndexFact(-0.0746, -0.117, -0.00321),
    "zumbach_week": IndexFact(0.066, -0.005, 0.0888),
    "zumbach_month": IndexFact(0.143, 0.0241, 0.198),
    "implied_5": IndexFact(0.113, 0.106, 0.125),
    "implied_50": IndexFact(0.174, 0.151, 0.206),
    "implied_95": IndexFact(0.32, 0.26, 0.378),
    "implied_99.9": IndexFact(0.62, 0.366, 0.757),
    "realised_over_implied": IndexFact(0.763, 0.686, 0.806),
    "realised_over_implied_5": IndexFact(0.474, 0.459, 0.578),
    "realised_over_implied_95": IndexFact(1.05, 0.929, 1.13),
}
