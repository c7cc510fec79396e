"""Futures on an asset."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, ClassVar, Self

from markets.factors.key import MAIN
from markets.products.further_table import compiled_on
from markets.products.linear_table import Forward, Legs, LinearTable
from markets.products.product import Takes, asset_of, check_finite, check_strike, expiry_of, on_asset, units_of
from sim.dataclass import dataclass
from sim.errors import UserError

if TYPE_CHECKING:
    from markets.products.product import Compile, Line
    from markets.products.start import Start
    from sim.clock import Clock


@dataclass(frozen=True, kw_only=True)
class Future:
    """An asset at an agreed price: pays S - price in cash at the close of `expiry`, and nothing before."""

    takes: ClassVar[Takes] = Takes(strike="optional", more=("asset",))

    expiry: date
    quantity: float  # units of the asset (contracts x multiplier); negative: the desk has sold
    price: float | None = None  # $; None: the forward at the start of the scenario
    asset: str = MAIN

    def __post_init__(self) -> None:
        if self.price is not None:
            check_strike(self.price)
        check_finite(self.quantity, "quantity")

    @classmethod
    def parse(cls, line: Line, start: Start) -> Self:
        """From a line of a book. Raises UserError for what it lacks."""
        asset = asset_of(line)
        agreed = line.moneyness * start.of(asset).spot0 if line.moneyness is not None else line.strike
        return cls(expiry=expiry_of(line, start), quantity=units_of(line, start), price=agreed, asset=asset)

    @property
    def table(self) -> Compile:
        """Who values it."""
        return compiled_on(LinearTable, self.asset)

    @property
    def label(self) -> str:
        """What tables call it."""
        agreed = "" if self.price is None else f"{self.price:,.6g} "
        return f"future {agreed}{self.expiry}{on_asset(self.asset)}"

    @property
    def size(self) -> float:
        """Signed size: units of the asset."""
        return self.quantity

    def gross(self, spot: float) -> float:
        """$ notional at a spot, without sign."""
        return abs(self.quantity) * spot

    def legs(self, clock: Clock, start: Start) -> Legs:
        """What it pays. Raises UserError where it expires by the start."""
        if clock.seconds(self.expiry) <= int(clock.ticks[0]):
            remedy = "choose a later date"
            raise UserError("a future expires after the start", value=str(self.expiry), place="expiry", remedy=remedy)
        price = start.forward_price(clock.calendar_years_to(self.expiry)) if self.price is None else self.price
        return Legs(forwards=(Forward(self.expiry, float(self.quantity), price),))
