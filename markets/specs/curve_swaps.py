"""Swaps that are valued on quoted curves: what a line of a book declares."""

from __future__ import annotations

from datetime import date
from typing import Literal

from markets.plausible import RATE
from sim.dataclass import dataclass
from sim.params import param

Side = Literal["receive", "pay"]
Stub = Literal["front", "long front", "back", "long back"]
Profile = Literal["bullet", "amortising", "accreting"]
Compounding = Literal["compounded", "averaged"]


@dataclass(frozen=True, kw_only=True)
class CurveSwapSpec:
    """A fixed-floating swap by the convention of its curve. Its length is `tenor`, or `start` and `end`."""

    side: Side = param(help="whether the fixed rate is received or paid")
    notional: float = param(unit="currency of the curve", help="of its first, or largest, period", gt=0, le=1e18)
    rate: float | None = param(
        None, unit="decimal", help="fixed rate; without it the par rate", ge=-50, le=50, plausible=RATE
    )
    tenor: str = param("", help="'9Y' from spot", longest=20)
    start: date | str | None = param(None, help="first day, or a time after spot: '1Y'")
    end: date | None = param(None, help="last day, in place of a tenor")
    curve: str = param("", help="curve of its floating rate; where there is one curve, that", longest=40)
    discount: str = param(
        "", help="curve that discounts; else the one that discounts its curve's own quotes", longest=40
    )
    spread: float = param(0.0, unit="decimal", help="on the floating rate", plausible=RATE)
    stub: Stub = param("front", help="where the odd period is, and whether it is joined to the next whole one")
    profile: Profile = param("bullet", help="notional the same, falling to nothing in equal steps, or rising so")
    notionals: tuple[float, ...] = param(
        (), help="notional of each fixed period as a share of `notional`, in place of a profile", longest=1_200
    )
    compounding: Compounding = param("compounded", help="whether overnight rates are compounded or averaged")
    months: int | None = param(None, unit="months", help="of a period of both legs; else the convention's", ge=1, le=60)
    name: str = param("", help="its name in tables; else what it is", longest=60)
