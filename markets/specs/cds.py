"""Credit default swaps that are valued on quoted names: what a line of a book declares."""

from __future__ import annotations

from datetime import date
from typing import Literal

from markets.plausible import CREDIT
from sim.dataclass import dataclass
from sim.params import param

CdsSide = Literal["buy", "sell"]


@dataclass(frozen=True, kw_only=True)
class CdsSpec:
    """A credit default swap by the convention of its name. Its length is `tenor` or `maturity`."""

    side: CdsSide = param(help="whether protection is bought or sold")
    notional: float = param(unit="currency of the name", help="that is protected", gt=0, le=1e18)
    coupon: float | None = param(
        None, unit="decimal a year", help="without it the par spread", ge=0, le=1, plausible=CREDIT
    )
    tenor: str = param("", help="'5Y' from the valuation day", longest=20)
    maturity: date | None = param(None, help="last day, in place of a tenor")
    credit: str = param("", help="the name; where there is one, that", longest=40)
    name: str = param("", help="its name in tables; else what it is", longest=60)
