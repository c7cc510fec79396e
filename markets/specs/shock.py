"""A shock to the curve while a market runs: parameters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sim.params import param

MOST_SHOCKS = 1_000


@dataclass(frozen=True, kw_only=True)
class ShockSpec:
    """Outside rates move at once, by a stress as `spiral curve --stress` takes it, and stay moved.

    It moves the dollar's curve or, behind 'on', that of another currency, or a spread.
    """

    date: date = param(help="day of the shock")
    time: str = param("", help="time of day, 'HH:MM', of the exchange (default: its first tick)", longest=5)
    stress: str = param(
        help="move in bp: 'parallel 50', 'steepener 25', '2Y 10, 10Y -5', 'parallel 20 on eur'", longest=500
    )
    nodes: tuple[str, ...] = param((), help="nodes that move, of any curve (default: all of the curve)")
