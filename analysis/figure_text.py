"""A figure as text: its unit, and as many decimals as its standard error leaves."""

from __future__ import annotations

import math
import re
from typing import Literal

from sim.columns import Unit

MINUS = "\N{MINUS SIGN}"
_SCALES = ((1e9, "bn"), (1e6, "m"), (1e3, "k"))
_SCALED: dict[Unit, tuple[float, str]] = {
    "share": (100.0, " %"),
    "vol": (100.0, " %"),
    "rate": (1e4, " bp"),
    "multiple": (1.0, "x"),
    "gain": (1.0, ""),
    "price": (1.0, ""),
    "count": (1.0, ""),
    "number": (1.0, ""),
}


def scale_of(unit: Unit | Literal[""]) -> tuple[float, str]:
    """Factor and suffix with which values of a unit, other than $, are shown."""
    return _SCALED.get(unit or "number", (1.0, ""))


def text_of(value: float, unit: Unit, error: float | None = None) -> str:
    """A figure with its unit and, where there is one, its standard error; "n/a" for NaN."""
    if not math.isfinite(value):
        return "n/a"
    shown = error if error and math.isfinite(error) else None
    return money(value, shown) if unit == "$" else _scaled(value, unit, shown)


def bare_text_of(value: float, unit: Unit, error: float | None = None) -> str:
    """The figure with its unit and the decimals that its standard error leaves, without the error itself."""
    return re.sub(r" ± [\d.,]+", "", text_of(value, unit, error))


def money_scale(largest: float) -> tuple[float, str]:
    """(divisor, unit) that shows amounts up to `largest` $ well: $bn, $m, $k or $."""
    size = abs(largest) if math.isfinite(largest) else 0.0
    for divisor, name in _SCALES:
        if size >= divisor:
            return divisor, f"${name}"
    return 1.0, "$"


def money(value: float, error: float | None = None) -> str:
    """`-1234567` as `-$1.23m` with a true minus sign; the error in the same unit."""
    if not math.isfinite(value):
        return "n/a"
    size = max(abs(value), error or 0.0)
    divisor, unit = money_scale(size)
    digits = _digits(abs(value) / divisor, None if error is None else error / divisor) if divisor > 1 else 0
    if round(size / divisor, digits) >= 1_000:  # $1.00bn, not $1,000m
        divisor, unit = money_scale(size * (1 + 0.5 / 999))
    scaled = abs(value) / divisor
    digits = _digits(max(scaled, 1.0), None if error is None else error / divisor) if divisor > 1 else 0
    sign = MINUS if value < 0 and round(scaled, digits) > 0 else ""
    tail = _tail(error, digits, 1 / divisor)
    return (
        f"{sign}${scaled:,.{digits}f}{unit[1:]}{tail}" if not tail else f"{sign}${scaled:,.{digits}f}{tail}{unit[1:]}"
    )


def _scaled(value: float, unit: Unit, error: float | None) -> str:
    factor, suffix = scale_of(unit)
    scaled = abs(value) * factor
    digits = _digits(scaled, None if error is None else error * factor, most=5 if unit == "number" else 3)
    sign = MINUS if value < 0 and round(scaled, digits) > 0 else ""
    tail = _tail(error, digits, factor)
    return f"{sign}{scaled:,.{digits}f}{tail}{suffix}"


def _tail(error: float | None, digits: int, factor: float) -> str:
    """ " ± error", empty if the error is too small to show."""
    shown = round((error or 0.0) * factor, digits)
    return f" ± {shown:,.{digits}f}" if shown else ""


def _digits(scaled: float, error: float | None, most: int = 3) -> int:
    """Decimals: as many as the standard error's first figure needs; three significant figures where there is none."""
    if error is not None and error > 0:
        return min(max(-math.floor(math.log10(error)), 0), most)
    wanted = 2 - math.floor(math.log10(scaled)) if scaled > 0 else 0
    return min(max(wanted, 0), most)
