"""How figures are written, declared once: on the terminal, in reports, on pages and beside charts.

minus      a true one, and none before a figure that rounds to zero; thousands have commas
share, vol per cent with a space, `−3.2 %`; a difference of two levels in points or basis points
rate       basis points, `401 bp`
money      `−$1.23m`: $, $k, $m or $bn, by size
no error   three significant figures; tables give a column the same decimals in each row
error      `$16 ± 3m`, `34.2 ± 0.8 %`: to the first figure of the error, two of one of three or more
parameter  `1.20 ± 0.11`: to the second figure of the error, as others compute with it
interval   `34 to 46 %`
p-value    `0.041`, `<0.001`
count      `1,234`
unknown    `n/a`; a share whose error is larger than the whole and than half of it: `unclear (± 1,200 %)`
too small  `<0.001 %`, not `0.000 %`

What other programs read (JSON, CSV, Parquet, workbooks, the API) keeps all digits as numbers; what a scenario file
takes is shown as it is typed there, with `-`.
"""

from __future__ import annotations

import math
import re
from typing import Literal

from sim.columns import Unit

MINUS = "\N{MINUS SIGN}"
HELD = "\N{NO-BREAK SPACE}"
WITHIN = re.compile(r" (?=[±%]|bp\b)|(?<=±) ")  # a space in a figure, between it, its error and its unit
How = Literal["told", "bare", "brief"]  # with its error; the decimals that it leaves; no more than sentences need
TOLD: How = "told"
BARE: How = "bare"
BRIEF: How = "brief"
NOISE = 1e-12  # of a unit: what is left where numbers cancel
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


def held(text: str) -> str:
    """The text with figures that no line break takes apart."""
    return WITHIN.sub(HELD, text)


def text_of(value: float, unit: Unit, error: float | None = None) -> str:
    """A figure with its unit and, where there is one, its standard error; "n/a" for NaN."""
    return _text(value, unit, error, TOLD)


def bare_text_of(value: float, unit: Unit, error: float | None = None) -> str:
    """The figure with its unit and the decimals that its standard error leaves, without the error itself."""
    return _text(value, unit, error, BARE)


def brief_text_of(value: float, unit: Unit, error: float | None = None) -> str:
    """The figure as sentences have it: three significant figures, fewer where the standard error leaves fewer."""
    return _text(value, unit, error, BRIEF)


def apart_text_of(value: float, unit: Unit, error: float | None = None) -> str:
    """How far two figures of a unit are apart: shares and vols in points, as 1 % more of 47 % is something else."""
    return text_of(value, unit, error).replace(" %", " points")


def money_scale(largest: float) -> tuple[float, str]:
    """(divisor, unit) that shows amounts up to `largest` $ well: $bn, $m, $k or $."""
    size = abs(largest) if math.isfinite(largest) else 0.0
    for divisor, name in _SCALES:
        if size >= divisor:
            return divisor, f"${name}"
    return 1.0, "$"


def money(value: float, error: float | None = None) -> str:
    """`-1234567` as `-$1.23m` with a true minus sign; the error in the same unit."""
    return text_of(value, "$", error)


def fixed(value: float, decimals: int, suffix: str = "", *, plus: bool = False) -> str:
    """A figure to so many decimals, in the unit that the suffix or a heading names. plus: also before gains."""
    if not math.isfinite(value):
        return "n/a"
    rounded = round(value, decimals)
    sign = MINUS if rounded < 0 else "+" if plus and rounded > 0 else ""
    return f"{sign}{abs(rounded):,.{max(decimals, 0)}f}{suffix}"


def percent(share: float, decimals: int, *, plus: bool = False) -> str:
    """A share, a vol or a level of rates per cent, to so many decimals."""
    return fixed(100 * share, decimals, " %", plus=plus)


def basis_points(rate: float, decimals: int, *, plus: bool = False) -> str:
    """A rate or a spread in basis points, to so many decimals."""
    return fixed(1e4 * rate, decimals, " bp", plus=plus)


def significant(value: float, figures: int = 6, suffix: str = "") -> str:
    """A figure as it was given, to at most so many significant ones, without zeros at its end."""
    if not math.isfinite(value):
        return "n/a"
    shown = float(f"{value:.{figures}g}")
    first = math.floor(math.log10(abs(shown))) if shown else 0
    if first < -4 or first > 14:
        text = f"{abs(shown):.{figures}g}"
    else:
        text = f"{abs(shown):,.{max(figures - 1 - first, 0)}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{MINUS if shown < 0 else ''}{text}{suffix}"


def parameter(value: float, error: float) -> str:
    """`1.20 ± 0.11`: an estimate to two figures of its error; n/a if the data cannot tell."""
    if not (math.isfinite(value) and math.isfinite(error)):
        return "n/a"
    digits = min(max(1 - math.floor(math.log10(error)), 0), 5) if error > 0 else 3
    return f"{fixed(value, digits)} ± {fixed(error, digits)}"


def p_value(p: float) -> str:
    """The probability of a test's result by chance, to three decimals."""
    return "<0.001" if p < 0.001 else fixed(p, 3)


def interval(low: float, high: float, decimals: int = 0, suffix: str = "") -> str:
    """`34 to 46 %`."""
    return f"{fixed(low, decimals)} to {fixed(high, decimals, suffix)}"


def tenor(years: float) -> str:
    """A length of time as traders name it: 1D, 2W, 3M, 18M, 10Y. A week may be 7 days of 365 or a 52nd of a year."""
    months, days = round(12 * years), round(365 * years)
    if abs(months - 12 * years) <= 1e-9 and months:
        return f"{months}M" if months % 12 else f"{months // 12}Y"
    if 0 < days < 30 and abs(days - 365 * years) < 0.1:
        return f"{days}D" if days % 7 else f"{days // 7}W"
    return f"{years:g}Y"


def _text(value: float, unit: Unit, error: float | None, how: How) -> str:
    """A figure, and its error if it is to be told."""
    if not math.isfinite(value):
        return "n/a"
    known = error if error and math.isfinite(error) else None
    if unit == "share" and known is not None and known >= 1 and abs(value) < 2 * known:
        return f"unclear ({_tail(100 * known, _digits(0.0, 100 * known)).strip()} %)" if how == TOLD else "unclear"
    if unit == "$":
        return _money(value, known, how)
    factor, suffix = scale_of(unit)
    scaled, wide = value * factor, None if known is None else known * factor
    whole = unit == "count" and value == round(value) and known is None
    most = 0 if whole else 5 if unit == "number" else 3
    digits = _digits(abs(scaled), wide, most, how)
    rounded, tail = round(abs(scaled), digits), _tail(wide, digits) if how == TOLD else ""
    if rounded == 0 and not (wide and round(wide, digits)):  # nothing is left at the finest decimals
        return f"0{suffix}" if abs(scaled) <= NOISE else f"{_under(value < 0)}{10.0**-most:.{most}f}{suffix}"
    return f"{MINUS if value < 0 and rounded > 0 else ''}{rounded:,.{max(digits, 0)}f}{tail}{suffix}"


def _money(value: float, error: float | None, how: How) -> str:
    size = max(abs(value), error or 0.0)
    divisor, unit = money_scale(size)
    digits = _digits(abs(value) / divisor, None if error is None else error / divisor, 3, how) if divisor > 1 else 0
    if round(size / divisor, digits) >= 1_000:  # $1.00bn, not $1,000m
        divisor, unit = money_scale(size * (1 + 0.5 / 999))
    scaled, wide = abs(value) / divisor, None if error is None else error / divisor
    digits = _digits(max(scaled, 1.0), wide, 3, how) if divisor > 1 else _digits(scaled, wide, 2, how)
    rounded, tail = round(scaled, digits), _tail(wide, digits) if how == TOLD else ""
    if rounded == 0 and not tail:
        return "$0"
    return f"{MINUS if value < 0 and rounded > 0 else ''}${rounded:,.{max(digits, 0)}f}{tail}{unit[1:]}"


def _under(negative: bool) -> str:
    return f">{MINUS}" if negative else "<"


def _tail(error: float | None, digits: int) -> str:
    """ " ± error", empty if the error is too small to show."""
    shown = round(error or 0.0, digits)
    return f" ± {shown:,.{max(digits, 0)}f}" if shown else ""


def _digits(scaled: float, error: float | None, most: int = 3, how: How = TOLD) -> int:
    """Decimals: as many as the error's first figure needs, of a large error two figures; else three significant."""
    wanted = 2 - math.floor(math.log10(scaled)) if scaled > 0 else 0
    plain = min(max(wanted, 0), most)
    if error is None or error <= 0:
        return plain
    first = -math.floor(math.log10(float(f"{error:.0e}")))  # of 0.0097 as shown, 0.01
    left = min(first + 1, 0) if first < -1 else min(max(first, 0), most)
    return min(left, plain) if how == BRIEF and scaled else left
