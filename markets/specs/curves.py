"""Curves that are solved from quotes: what a file declares."""

from __future__ import annotations

from datetime import date
from typing import Literal

from markets.plausible import RATE
from sim.dataclass import dataclass
from sim.params import param

QuoteKind = Literal[
    "zero", "deposit", "ois", "irs", "fra", "future", "future_1m", "bill", "bond", "basis", "cross_currency"
]
InterpolationName = Literal["log_linear", "linear_zero", "log_cubic"]


@dataclass(frozen=True, kw_only=True)
class QuoteSpec:
    """A quoted instrument. Its length is `tenor`, or `start` and `end`."""

    kind: QuoteKind = param(help="which instrument")
    tenor: str = param("", help="'3M', '10Y', 'ON'; of a FRA '1x4'; of a future its IMM code 'M6'", longest=20)
    start: date | None = param(None, help="first day, where it is not the market's spot day")
    end: date | None = param(None, help="last day, in place of a tenor")
    rate: float | None = param(
        None, unit="decimal", help="rate, or spread of a basis swap", ge=-2, le=50, plausible=RATE
    )
    price: float | None = param(None, unit="per 100", help="price of a future, clean price of a bond", gt=0, le=1000)
    coupon: float | None = param(None, unit="decimal", help="of a bond, a year", ge=0, le=1)
    convexity: float = param(0.0, unit="decimal", help="rate of a future less the forward rate", ge=-0.05, le=0.05)


@dataclass(frozen=True, kw_only=True)
class TurnSpec:
    """A jump of the overnight rate over a few days."""

    start: date = param(help="first day with the jump")
    end: date = param(help="first day without it")
    rate: float = param(unit="decimal", help="overnight rate on top, by the market's day count", ge=-0.5, le=0.5)


@dataclass(frozen=True, kw_only=True)
class CurveSpec:
    """A curve, solved from its quotes together with all other curves of the file."""

    convention: str = param(help="how its market counts: usd_sofr, gbp_sonia, eur_estr, ...", longest=40)
    currency: str = param("", help="where it is not the convention's", longest=10)
    interpolation: InterpolationName = param("log_linear", help="of -ln DF, of the zero rate, or a natural spline")
    ultimate_forward: float | None = param(
        None,
        unit="decimal",
        help="continuous forward rate far beyond the last quote; without it the last one stays",
        plausible=RATE,
    )
    convergence: float = param(0.1, unit="1/year", help="how fast the forward goes to `ultimate_forward`", gt=0, le=10)
    discount: str = param("", help="curve that discounts its irs and basis quotes; else itself", longest=40)
    projection: str = param("", help="of a cross-currency curve: the curve of its own overnight rate", longest=40)
    against: str = param("", help="of basis and cross-currency quotes: the curve on the other leg", longest=40)
    rates: dict[str, float] = param(
        factory=dict, unit="decimal", help="par rates of its swaps by tenor", plausible=RATE
    )
    quotes: tuple[QuoteSpec, ...] = param((), help="any instruments")
    file: str = param("", help="CSV of quotes, beside the file", longest=300)
    turns: tuple[TurnSpec, ...] = param((), help="jumps of the overnight rate, over a turn of the year say")
    meetings: tuple[date, ...] = param(
        (),
        help="days from which a central bank's rate holds: nodes stand there, and the forward is flat between",
        sparse=True,
    )
