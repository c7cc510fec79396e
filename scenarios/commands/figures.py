"""A value and its standard error as they are printed."""

from __future__ import annotations

import math


def said(value: float, error: float) -> str:
    """`1.20 ± 0.11`: to two figures of the error; n/a if the data cannot tell."""
    if not (math.isfinite(value) and math.isfinite(error)):
        return "n/a"
    digits = min(max(1 - math.floor(math.log10(error)), 0), 5) if error > 0 else 3
    return f"{value:.{digits}f} ± {error:.{digits}f}"
