"""A shock to curves, price, vol and credit while a market runs: parameters."""

from __future__ import annotations

from datetime import date

from sim.dataclass import dataclass
from sim.params import param

MOST_SHOCKS = 1_000


@dataclass(frozen=True, kw_only=True)
class ShockSpec:
    """Outside levels move at once, and stay moved: rates by a stress as `spiral curve --stress` takes it, and others.

    A stress moves the dollar's curve or, behind 'on', that of another currency, or a spread.
    """

    date: date = param(help="day of the shock")
    time: str = param("", help="time of day, 'HH:MM', of the exchange (default: its first tick)", longest=5)
    stress: str = param(
        "", help="move in bp: 'parallel 50', 'steepener 25', '2Y 10, 10Y -5', 'parallel 20 on eur'", longest=500
    )
    spot: float = param(0.0, unit="share", help="move of the asset's price: -0.3 is 30 % down", gt=-1, le=10)
    vol: float = param(0.0, unit="decimal", help="added to implied vol: 0.2 is twenty points up", ge=-5, le=5)
    credit: float = param(0.0, unit="decimal", help="added to the credit spread", ge=-1, le=1)
    nodes: tuple[str, ...] = param((), help="nodes that move, of any curve (default: all of the curve)")
