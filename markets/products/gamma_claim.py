"""Claims of constant dollar Gamma."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, ClassVar, Self

from markets.products.product import Takes, check_finite, check_strike, expiry_of, strike_of, units_of
from markets.products.surface_table import gamma_claims
from sim.dataclass import dataclass

if TYPE_CHECKING:
    from markets.products.product import Compile, Line
    from markets.products.start import Start


@dataclass(frozen=True, kw_only=True)
class GammaClaim:
    """A European claim that pays S ln(S/K) - S + K: its delta is ln(S/K)-like, and S times its gamma is constant."""

    table: ClassVar[Compile] = staticmethod(gamma_claims)
    takes: ClassVar[Takes] = Takes()
    sign: ClassVar[float] = 1.0

    strike: float  # $
    expiry: date
    quantity: float  # units of the claim; negative: the desk is short

    def __post_init__(self) -> None:
        check_strike(self.strike)
        check_finite(self.quantity, "quantity")

    @classmethod
    def parse(cls, line: Line, start: Start) -> Self:
        """From a line of a book. Raises UserError for what it lacks."""
        expiry = expiry_of(line, start)
        return cls(strike=strike_of(line, start), expiry=expiry, quantity=units_of(line, start))

    @property
    def label(self) -> str:
        """What tables call it."""
        return f"gamma claim {self.strike:,.6g} {self.expiry}"

    @property
    def size(self) -> float:
        """Signed size: units of the claim."""
        return self.quantity

    def gross(self, spot: float) -> float:
        """$ notional at a spot, without sign."""
        return abs(self.quantity) * spot
