"""The order of steps inside one instant."""

from __future__ import annotations

from enum import IntEnum


class Phase(IntEnum):
    """SimPy priorities: lower runs first. All are larger than SimPy's own URGENT (0) and NORMAL (1)."""

    SHOCK = 2
    MARKET = 3
    QUOTE = 4
    DECIDE = 5  # a world that stops where a decision is due stops here; nothing else happens
    TRADE = 6
    CLEAR = 7
    FUND = 8
    MARK = 9
    END = 10


def minutes(number: float) -> int:
    """Seconds in so many minutes."""
    return round(60 * number)


def hours(number: float) -> int:
    """Seconds in so many hours."""
    return round(3600 * number)
