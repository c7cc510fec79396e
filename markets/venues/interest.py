"""Interest on cash."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


def growth(rate: Vector, years: float, day_count: str) -> Vector:
    """Interest on 1 $ over `years` act/365, (paths,).

    day_count: "continuous" e^(r t) - 1; "act/360" r t 365/360; "act/365" r t.
    """
    if day_count == "continuous":
        return np.expm1(rate * years)
    return rate * years * (365 / 360 if day_count == "act/360" else 1.0)
