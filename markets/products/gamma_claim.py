"""Claims of constant dollar Gamma."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, ClassVar, Self

from markets.factors.key import MAIN
from markets.products.further_table import compiled_on
from markets.products.product import (
    Takes,
    asset_of,
    check_finite,
    check_strike,
    expiry_of,
    on_asset,
    strike_of,
    units_of,
)
from markets.products.surface_table import gamma_claims
from sim.dataclass import dataclass

if TYPE_CHECKING:
    from markets.products.product import Compile, Line
    from markets.products.start import Start


@dataclass(frozen=True, kw_only=True)
class GammaClaim:
    """A European claim that pays S ln(S/K) - S + K: its delta is ln(S/K)-like, and S times its gamma is constant."""

    takes: ClassVar[Takes] = Takes(more=("asset",))
    sign: ClassVar[float] = 1.0

    strike: float  # $
    expiry: date
    quantity: float  # units of the claim; negative: the desk is short
    asset: str = MAIN

    def __post_init__(self) -> None:
        check_strike(self.strike)
        check_finite(self.quantity, "quantity")

    @classmethod
    def parse(cls, line: Line, start: Start) -> Self:
        """From a line of a book. Raises UserError for what it lacks."""
        expiry = expiry_of(line, start)
        quantity, asset = units_of(line, start), asset_of(line)
        return cls(strike=strike_of(line, start), expiry=expiry, quantity=quantity, asset=asset)

    @property
    def table(self) -> Compile:
        """Who values it."""
        return compiled_on(gamma_claims, self.asset)

    @property
    def label(self) -> str:
        """What tables call it."""
        return f"gamma claim {self.strike:,.6g} {self.expiry}{on_asset(self.asset)}"

    @property
    def size(self) -> float:
        """Signed size: units of the claim."""
        return self.quantity

    def gross(self, spot: float) -> float:
        """$ notional at a spot, without sign."""
        return abs(self.quantity) * spot
