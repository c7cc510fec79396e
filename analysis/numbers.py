"""A named number: value, unit and standard error, and how it is written for people."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sim.columns import Unit

FloatArray = NDArray[np.float64]
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
    """What a value of a unit, other than $, is multiplied by where it is shown, and what then stands behind it."""
    return _SCALED.get(unit or "number", (1.0, ""))


@dataclass(frozen=True, kw_only=True)
class Number:
    """One figure read off a run.

    `value` is in `unit`: $ (scenario currency), share / vol / rate (decimals), multiple (of the base level), price,
    gain, count, or a number without a unit.
    `error` is its Monte Carlo standard error, None where it has none (or one path). `label` is what tables call it.
    A value that the run cannot give is NaN and is written "n/a".
    """

    value: float
    unit: Unit
    label: str
    error: float | None = None

    def __float__(self) -> float:
        return self.value

    @property
    def known(self) -> bool:
        """Whether the run gives it."""
        return math.isfinite(self.value)

    def text(self, *, error: bool = True) -> str:
        """The figure with its unit, and its standard error unless told otherwise."""
        if not self.known:
            return "n/a"
        shown = self.error if error and self.error and math.isfinite(self.error) else None
        return money(self.value, shown) if self.unit == "$" else _scaled(self.value, self.unit, shown)

    def bare(self) -> str:
        """The figure with its unit and the decimals that its standard error leaves, without the error itself."""
        return re.sub(r" ± [\d.,]+", "", self.text())

    def __str__(self) -> str:
        return self.text()


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
    """ " ± error", nothing where the error is too small to show."""
    shown = round((error or 0.0) * factor, digits)
    return f" ± {shown:,.{digits}f}" if shown else ""


def _digits(scaled: float, error: float | None, most: int = 3) -> int:
    """Decimals: as many as the standard error's first figure needs; three significant figures where there is none."""
    if error is not None and error > 0:
        return min(max(-math.floor(math.log10(error)), 0), most)
    wanted = 2 - math.floor(math.log10(scaled)) if scaled > 0 else 0
    return min(max(wanted, 0), most)


def quantile_name(share: float) -> str:
    """What labels call a quantile."""
    return "median" if share == 0.5 else f"{share * 100:.0f} % quantile"


def mean(values: FloatArray, unit: Unit, label: str) -> Number:
    """The average over paths and its standard error s / sqrt(n)."""
    n = values.size
    if n == 0:
        return Number(value=math.nan, unit=unit, label=label)
    error = float(values.std(ddof=1)) / math.sqrt(n) if n > 1 else None
    return Number(value=float(values.mean()), unit=unit, label=label, error=error)


def deviation(values: FloatArray, unit: Unit, label: str) -> Number:
    """The standard deviation s and its error sqrt((m4 - s^4) / n) / (2 s), m4 the fourth central moment."""
    n = values.size
    if n < 2:
        return Number(value=math.nan, unit=unit, label=label)
    s = float(values.std(ddof=1))
    fourth = float(((values - values.mean()) ** 4).mean())
    error = math.sqrt(max(fourth - s**4, 0.0) / n) / (2 * s) if s > 0 else 0.0
    return Number(value=s, unit=unit, label=label, error=error)


def quantile(values: FloatArray, share: float, unit: Unit, label: str) -> Number:
    """The `share` quantile (linear interpolation); its error is half the distance between the order statistics one
    binomial standard deviation sqrt(n share (1 - share)) either side."""
    n = values.size
    if n == 0:
        return Number(value=math.nan, unit=unit, label=label)
    step = math.sqrt(share * (1 - share) / n)
    low, value, high = np.quantile(values, [max(share - step, 0.0), share, min(share + step, 1.0)])
    return Number(value=float(value), unit=unit, label=label, error=float(high - low) / 2 if n > 1 else None)


def share(hits: int, n: int, label: str) -> Number:
    """hits / n. Its error is the Agresti-Coull one, which stays above zero when nothing or everything hits:
    sqrt(p (1 - p) / (n + 4)) with p = (hits + 2) / (n + 4) (Agresti and Coull 1998, The American Statistician 52)."""
    if n == 0:
        return Number(value=math.nan, unit="share", label=label)
    p = (hits + 2) / (n + 4)
    error = math.sqrt(p * (1 - p) / (n + 4)) if n > 1 else None
    return Number(value=hits / n, unit="share", label=label, error=error)


def ratio(top: FloatArray, bottom: FloatArray, label: str) -> Number:
    """mean(top) / mean(bottom) over the same paths, with the delta-method error
    sqrt(var(top - r bottom) / n) / |mean(bottom)|. NaN where mean(bottom) is not two standard errors above zero."""
    below = mean(bottom, "$", label)
    if below.value <= 2 * (below.error or 0.0):
        return Number(value=math.nan, unit="share", label=label)
    value = float(top.mean()) / below.value
    error = float((top - value * bottom).std(ddof=1)) / math.sqrt(top.size) / below.value if top.size > 1 else None
    return Number(value=value, unit="share", label=label, error=error)
