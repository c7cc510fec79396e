"""A named number: an estimate with a unit and a label, and its display as text."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sim.columns import Unit
from sim.estimate import Estimate

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
    """Factor and suffix with which values of a unit, other than $, are shown."""
    return _SCALED.get(unit or "number", (1.0, ""))


@dataclass(frozen=True, kw_only=True)
class Number(Estimate):
    """An estimate with its unit and the label that tables call it by.

    `value` is in `unit`: $ (scenario currency), share / vol / rate (decimals), multiple (of the base level), price,
    gain, count, or a number without a unit. A value that the run does not have is NaN and is written "n/a".
    """

    unit: Unit
    label: str

    def __float__(self) -> float:
        return self.value

    @property
    def known(self) -> bool:
        """Whether the run has it."""
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
    """ " ± error", empty if the error is too small to show."""
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


def named(found: Estimate, unit: Unit, label: str) -> Number:
    """An estimate as tables take it."""
    return Number(value=found.value, error=found.error, pull=found.pull, counted=found.counted, unit=unit, label=label)


def mean(values: FloatArray, unit: Unit, label: str) -> Number:
    """The average over paths."""
    return named(Estimate.mean(values), unit, label)


def deviation(values: FloatArray, unit: Unit, label: str) -> Number:
    """The standard deviation over paths."""
    return named(Estimate.sd(values), unit, label)


def quantile(values: FloatArray, share: float, unit: Unit, label: str) -> Number:
    """The `share` quantile over paths (linear interpolation)."""
    return named(Estimate.quantile(values, share), unit, label)


def share(hits: int, n: int, label: str) -> Number:
    """hits / n."""
    return named(Estimate.share_of(hits, n), "share", label)


def ratio(top: FloatArray, bottom: FloatArray, label: str) -> Number:
    """mean(top) / mean(bottom) over the same paths; NaN if mean(bottom) is not two standard errors above zero."""
    below = Estimate.mean(bottom)
    clear = below.value > 2 * (below.error or 0.0)
    return named(Estimate.ratio(top, bottom) if clear else Estimate(math.nan), "share", label)
