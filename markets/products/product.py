"""The contract of a product, and functions that all products share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, Self

from markets.factors.key import MAIN
from markets.products.dates import add_months
from sim.errors import UserError
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from markets.products.start import Start
    from markets.products.table import Table
    from sim.clock import Clock


Side = Literal["payer", "receiver"]  # of the fixed rate of a swap
Compounding = Literal["compounded", "averaged"]
Profile = Literal["bullet", "amortising", "accreting"]
Stub = Literal["front", "long front", "back", "long back"]
Model = Literal["heston"]  # of options on the asset, where it is not Black-Scholes on the smile

FURTHER = (  # keys that few products have; see `Takes.more`
    "start",
    "spread",
    "compounding",
    "profile",
    "notionals",
    "stub",
    "past_rate",
    "price",
    "quoted_rate",
    "tenor",
    "convention",
    "day_count",
    "frequency",
    "reversion",
    "currency",
    "credit",
    "resetting",
    "curve",
    "against",
    "model",
    "protection",
    "participation",
    "cap",
    "barrier",
    "coupon_barrier",
    "protection_barrier",
    "observation_months",
    "memory",
    "asset",
)


class Line(Protocol):
    """A position as written in a file; see `agents.hedging.positions.Position`."""

    @property
    def kind(self) -> str: ...
    @property
    def strike(self) -> float | None: ...
    @property
    def moneyness(self) -> float | None: ...
    @property
    def expiry(self) -> date | None: ...
    @property
    def months(self) -> int | None: ...
    @property
    def quantity(self) -> float | None: ...
    @property
    def notional(self) -> float | None: ...
    @property
    def fixed_rate(self) -> float | None: ...
    @property
    def side(self) -> Side | None: ...
    @property
    def swap_months(self) -> int | None: ...
    @property
    def normal_vol(self) -> float | None: ...
    @property
    def currency(self) -> str: ...
    @property
    def credit(self) -> str: ...
    @property
    def resetting(self) -> bool | None: ...
    @property
    def curve(self) -> str: ...
    @property
    def against(self) -> str: ...
    @property
    def start(self) -> date | None: ...
    @property
    def spread(self) -> float | None: ...
    @property
    def compounding(self) -> Compounding | None: ...
    @property
    def profile(self) -> Profile | None: ...
    @property
    def notionals(self) -> tuple[float, ...]: ...
    @property
    def stub(self) -> Stub | None: ...
    @property
    def past_rate(self) -> float | None: ...
    @property
    def price(self) -> float | None: ...
    @property
    def quoted_rate(self) -> float | None: ...
    @property
    def tenor(self) -> str: ...
    @property
    def convention(self) -> str: ...
    @property
    def day_count(self) -> str: ...
    @property
    def frequency(self) -> int | None: ...
    @property
    def reversion(self) -> float | None: ...
    @property
    def model(self) -> Model | None: ...
    @property
    def protection(self) -> float | None: ...
    @property
    def participation(self) -> float | None: ...
    @property
    def cap(self) -> float | None: ...
    @property
    def barrier(self) -> float | None: ...
    @property
    def coupon_barrier(self) -> float | None: ...
    @property
    def protection_barrier(self) -> float | None: ...
    @property
    def observation_months(self) -> int | None: ...
    @property
    def memory(self) -> bool | None: ...
    @property
    def asset(self) -> str: ...


class Takes(NamedTuple):
    """Which keys of a line a product has. Its size is a quantity or a notional, unless `notional` says otherwise."""

    expiry: bool = True  # or `months`
    strike: Literal["needed", "optional", "none"] = "needed"  # or `moneyness`
    rate: bool = False
    side: bool = False  # payer or receiver, which it needs
    swap: bool = False  # the months of a swap, which it needs
    vol: bool = False  # a normal vol of its own
    any_day: bool = False  # its expiry may be a day without a close
    asset: bool = False  # its value depends on the asset, though it has a rate
    notional: str = ""  # if not empty, its size must be a notional; the text says what the sign means
    more: tuple[str, ...] = ()  # keys of `FURTHER` that it has
    must: tuple[str, ...] = ()  # and which of them it needs
    why: str = ""  # reason given in the error for a key that it does not have

    @property
    def none(self) -> tuple[str, ...]:
        """Keys that do not belong in its line."""
        absent = {
            ("strike", "moneyness"): self.strike == "none",
            ("expiry", "months"): not self.expiry,
            ("quantity",): bool(self.notional),
            ("fixed_rate",): not self.rate,
            ("side",): not self.side,
            ("swap_months",): not self.swap,
            ("normal_vol",): not self.vol,
        }
        further = (key for key in FURTHER if key not in self.more)
        return (*(key for keys, away in absent.items() if away for key in keys), *further)

    @property
    def needed(self) -> tuple[str, ...]:
        """Keys without which its line says nothing, beside its size, expiry and strike."""
        return (*(("side",) if self.side else ()), *(("swap_months",) if self.swap else ()), *self.must)


class Compile(Protocol):
    """How instruments of one kind become a table: mostly the class of the table itself."""

    def __call__(self, items: Sequence[Any], clock: Clock, start: Start, /) -> Table[Any]:
        """Raises UserError for an instrument that is over by the start."""


class Instrument(Protocol):
    """One position: a frozen dataclass of terms, without prices. Its class is the product.

    A new product is a file with such a class, and a line in `markets.products.registry`.
    """

    takes: ClassVar[Takes]

    @property
    def table(self) -> Compile:
        """Products that are valued by the same arithmetic share it; mostly a class variable."""

    @classmethod
    def parse(cls, line: Line, start: Start) -> Self:
        """From a line of a book. Raises UserError for what it lacks."""

    @property
    def label(self) -> str:
        """What tables call it."""

    @property
    def size(self) -> float:
        """Signed size: units of the asset, or $ notional."""

    def gross(self, spot: float) -> float:
        """$ notional at a spot, without sign."""


def asset_of(line: Line) -> str:
    """The asset that a line is on."""
    return line.asset or MAIN


def on_asset(asset: str) -> str:
    """How a label says it; nothing of the main one."""
    return "" if asset == MAIN else f" on {asset}"


def units_of(line: Line, start: Start) -> float:
    """Signed size of a line in units of its asset. Raises UserError where there is no such asset."""
    spot = start.of(asset_of(line)).spot0
    return line.quantity if line.quantity is not None else (line.notional or 0.0) / spot


def notional_of(line: Line) -> float:
    """Notional of a line. Raises UserError where it gives none."""
    if line.notional is None:
        raise UserError(f"a {line.kind} has a notional", remedy="give `notional`")
    return line.notional


def expiry_of(line: Line, start: Start) -> date:
    """Expiry or maturity of a line. Raises UserError where it gives none."""
    expiry = line.expiry or (add_months(start.day, line.months) if line.months else None)
    if expiry is None:
        raise UserError("a position has an expiry", remedy="give `expiry` or `months`")
    return expiry


def strike_of(line: Line, start: Start) -> float:
    """Strike of a line, $; at the money where it gives none. Raises UserError where there is no such asset."""
    return line.strike if line.strike is not None else (line.moneyness or 1.0) * start.of(asset_of(line)).spot0


def check_strike(strike: float) -> None:
    """Raise UserError unless a strike is a positive number."""
    if not (math.isfinite(strike) and strike > 0):
        raise UserError("a strike is a positive price", value=strike, place="strike")


def check_vol(vol: float | None) -> None:
    """Raise UserError unless a normal vol is a finite number, not negative, or left to the market."""
    if vol is not None and not (math.isfinite(vol) and vol >= 0):
        raise UserError("a normal vol is not negative", value=vol, place="normal_vol", remedy="e.g. 0.0090 for 90 bp")


def check_finite(number: float, place: str) -> None:
    """Raise UserError unless a size or a rate is a finite number."""
    if not math.isfinite(number):
        raise UserError("a position has a finite size and rate", value=number, place=place)
