"""Day counts: the years between two dates, as contracts count them. They are QuantLib's, by the names of the field."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

from markets.curves.dates import known as within_reach
from markets.curves.dates import to_ql
from sim.errors import UserError
from sim.nearest import nearest

# Name: class of QuantLib, and its variant. 30/360 is ISDA 2006 4.16(f), `30/360 us` has the rule for the end of
# February too, 30E/360 is 4.16(g), 30E/360 ISDA 4.16(h).
DAY_COUNTS: dict[str, tuple[str, str | None]] = {
    "act/360": ("Actual360", None),
    "act/365f": ("Actual365Fixed", None),
    "act/act isda": ("ActualActual", "ISDA"),
    "act/act icma": ("ActualActual", "ISMA"),
    "30/360": ("Thirty360", "BondBasis"),
    "30/360 us": ("Thirty360", "USA"),
    "30e/360": ("Thirty360", "European"),
    "30e/360 isda": ("Thirty360", "ISDA"),
}
ACTUAL = {"act/360": 360.0, "act/365f": 365.0}  # days over a number: no library is needed
OTHER_NAMES = {
    "actual/360": "act/360",
    "act/365": "act/365f",
    "actual/365": "act/365f",
    "act/act": "act/act isda",
    "act/act isma": "act/act icma",
    "30/360 isda": "30/360",
    "bond basis": "30/360",
    "eurobond": "30e/360",
}


def day_count_name(text: str, place: str | None = None) -> str:
    """The registered name of a day count, whatever its case. Raises UserError."""
    bare = " ".join(text.lower().split()).replace(" / ", "/")
    name = OTHER_NAMES.get(bare, bare)
    if name not in DAY_COUNTS:
        raise UserError("no such day count", value=text, place=place, remedy=nearest(bare, list(DAY_COUNTS)))
    return name


def year_fraction(
    name: str, start: date, end: date, *, period: tuple[date, date] | None = None, last: date | None = None
) -> float:
    """Years from `start` to `end`.

    period: the regular coupon period that act/act ICMA divides; without it, from start to end.
    last: maturity of the deal, where 30E/360 ISDA keeps the end of February as it is.
    Raises UserError for an unknown name.
    """
    known = day_count_name(name)
    if known in ACTUAL:
        return (within_reach(end) - within_reach(start)).days / ACTUAL[known]
    counter, first, then = _counter(known, last), to_ql(start), to_ql(end)
    if known.endswith("icma"):
        within = period or (start, end)
        return float(counter.yearFraction(first, then, to_ql(within[0]), to_ql(within[1])))
    return float(counter.yearFraction(first, then))


@cache
def _counter(name: str, last: date | None) -> Any:
    import QuantLib as ql

    kind, variant = DAY_COUNTS[name]
    cls = getattr(ql, kind)
    if variant is None:
        return cls()
    if name == "30e/360 isda" and last is not None:
        return cls(cls.ISDA, to_ql(last))
    return cls(getattr(cls, variant))
