"""What a book holds: European options, gamma claims, swaps, the asset and futures on it. Frozen terms, no prices."""

from __future__ import annotations

import calendar
import math
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

from sim.errors import UserError


@dataclass(frozen=True, kw_only=True)
class Option:
    """A European option on the asset; it expires at the close of `expiry` and is settled in cash."""

    kind: Literal["call", "put"]
    strike: float  # $
    expiry: date
    quantity: float  # units of the asset (contracts x multiplier); negative: the desk is short

    @property
    def label(self) -> str:
        """What tables call it."""
        return f"{self.kind} {self.strike:,.6g} {self.expiry}"

    @property
    def size(self) -> float:
        """Signed size: units of the asset."""
        return self.quantity

    def __post_init__(self) -> None:
        if self.kind not in ("call", "put"):
            raise UserError("an option is a call or a put", value=self.kind, place="kind")
        _check_strike(self.strike)
        _check_finite(self.quantity, "quantity")


@dataclass(frozen=True, kw_only=True)
class GammaClaim:
    """A European claim that pays S ln(S/K) - S + K: its delta is ln(S/K)-like, and S times its gamma is constant."""

    strike: float  # $
    expiry: date
    quantity: float  # units of the claim; negative: the desk is short

    @property
    def label(self) -> str:
        """What tables call it."""
        return f"gamma claim {self.strike:,.6g} {self.expiry}"

    @property
    def size(self) -> float:
        """Signed size: units of the claim."""
        return self.quantity

    def __post_init__(self) -> None:
        _check_strike(self.strike)
        _check_finite(self.quantity, "quantity")


@dataclass(frozen=True, kw_only=True)
class Period:
    """One accrual period of a leg; it is paid at its end."""

    start: date
    end: date
    accrual: float  # years by the leg's day count


@dataclass(frozen=True, kw_only=True)
class Swap:
    """A fixed-floating swap.

    The fixed leg accrues 30/360 (bond basis), the floating leg act/360 at the simple forward rate of the projection
    curve, fixed at the start of each period. Schedules run backwards from maturity, with a short stub in front; dates
    are not moved for holidays (a flow on one is paid at the last close before it).
    """

    notional: float  # $; positive: receives fixed
    maturity: date
    fixed_rate: float | None = None  # decimal; None: par at the start
    start: date | None = None  # None: the start of the scenario
    fixed_months: int = 6
    float_months: int = 3

    @property
    def label(self) -> str:
        """What tables call it."""
        rate = "par" if self.fixed_rate is None else f"{100 * self.fixed_rate:.6g} %"
        return f"swap {rate} {self.maturity}"

    @property
    def size(self) -> float:
        """Signed size: $ notional."""
        return self.notional

    def __post_init__(self) -> None:
        _check_finite(self.notional, "notional")
        if self.fixed_rate is not None:
            _check_finite(self.fixed_rate, "fixed_rate")
        for name in ("fixed_months", "float_months"):
            if getattr(self, name) < 1:
                raise UserError("a swap's period is at least a month", value=getattr(self, name), place=name)
        if self.start is not None and self.start >= self.maturity:
            raise UserError("a swap starts before it matures", value=str(self.start), place="start")

    def fixed_leg(self, start: date) -> list[Period]:
        """Periods of the fixed leg of a swap that starts at `start`."""
        days = schedule(start, self.maturity, self.fixed_months)
        return [Period(start=a, end=b, accrual=thirty_360(a, b)) for a, b in pairwise(days)]

    def float_leg(self, start: date) -> list[Period]:
        """Periods of the floating leg of a swap that starts at `start`."""
        days = schedule(start, self.maturity, self.float_months)
        return [Period(start=a, end=b, accrual=(b - a).days / 360) for a, b in pairwise(days)]


@dataclass(frozen=True, kw_only=True)
class Asset:
    """Units of the asset itself, which pay its dividends as units that are held do."""

    quantity: float  # units; negative: the desk is short

    @property
    def label(self) -> str:
        """What tables call it."""
        return "asset"

    @property
    def size(self) -> float:
        """Signed size: units of the asset."""
        return self.quantity

    def __post_init__(self) -> None:
        _check_finite(self.quantity, "quantity")


@dataclass(frozen=True, kw_only=True)
class Future:
    """The asset at an agreed price: pays S - price in cash at the close of `expiry`, and nothing before."""

    expiry: date
    quantity: float  # units of the asset (contracts x multiplier); negative: the desk has sold
    price: float | None = None  # $; None: the forward at the start of the scenario

    @property
    def label(self) -> str:
        """What tables call it."""
        return f"future {self.expiry}" if self.price is None else f"future {self.price:,.6g} {self.expiry}"

    @property
    def size(self) -> float:
        """Signed size: units of the asset."""
        return self.quantity

    def __post_init__(self) -> None:
        if self.price is not None:
            _check_strike(self.price)
        _check_finite(self.quantity, "quantity")


Instrument = Option | GammaClaim | Swap | Asset | Future


def add_months(day: date, months: int) -> date:
    """The same day of another month, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def schedule(start: date, maturity: date, months: int) -> list[date]:
    """Dates from `start` to `maturity`, every `months` backwards from maturity; the first period may be short."""
    days = [maturity]
    while (day := add_months(maturity, -months * len(days))) > start:
        days.append(day)
    return [start, *reversed(days)]


def thirty_360(start: date, end: date) -> float:
    """Years between two dates by 30/360 bond basis (ISDA 2006, 4.16(f))."""
    first = min(start.day, 30)
    last = min(end.day, 30) if first == 30 else end.day
    return ((end.year - start.year) * 360 + (end.month - start.month) * 30 + last - first) / 360


def _check_strike(strike: float) -> None:
    if not (math.isfinite(strike) and strike > 0):
        raise UserError("a strike is a positive price", value=strike, place="strike")


def _check_finite(number: float, place: str) -> None:
    if not math.isfinite(number):
        raise UserError("a position has a finite size and rate", value=number, place=place)
