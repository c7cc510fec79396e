"""The asset itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from markets.factors.key import MAIN
from markets.products.further_table import compiled_on
from markets.products.linear_table import Legs, LinearTable
from markets.products.product import Takes, asset_of, check_finite, units_of
from sim.dataclass import dataclass

if TYPE_CHECKING:
    from markets.products.product import Compile, Line
    from markets.products.start import Start
    from sim.clock import Clock


@dataclass(frozen=True, kw_only=True)
class Asset:
    """Units of an asset itself; those of the main one pay its dividends as units that are held do."""

    takes: ClassVar[Takes] = Takes(expiry=False, strike="none", more=("asset",), why="the asset itself has none")

    quantity: float  # units; negative: the desk is short
    asset: str = MAIN

    def __post_init__(self) -> None:
        check_finite(self.quantity, "quantity")

    @classmethod
    def parse(cls, line: Line, start: Start) -> Self:
        """From a line of a book."""
        return cls(quantity=units_of(line, start), asset=asset_of(line))

    @property
    def table(self) -> Compile:
        """Who values it."""
        return compiled_on(LinearTable, self.asset)

    @property
    def label(self) -> str:
        """What tables call it."""
        return self.asset

    @property
    def size(self) -> float:
        """Signed size: units of the asset."""
        return self.quantity

    def gross(self, spot: float) -> float:
        """$ notional at a spot, without sign."""
        return abs(self.quantity) * spot

    def legs(self, clock: Clock, start: Start) -> Legs:
        """Its flows."""
        return Legs(units=self.quantity)
