"""The order of steps inside one instant."""

from __future__ import annotations

from enum import IntEnum


class Phase(IntEnum):
    """SimPy priorities: lower runs first. All are larger than SimPy's own URGENT (0) and NORMAL (1)."""

    SHOCK = 2
    MARKET = 3
    QUOTE = 4
    TRADE = 5
    CLEAR = 6
    FUND = 7
    MARK = 8
    END = 9


def minutes(number: float) -> int:
    """Seconds in so many minutes."""
    return round(60 * number)


def hours(number: float) -> int:
    """Seconds in so many hours."""
    return round(3600 * number)
