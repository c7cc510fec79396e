"""Calls and puts."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, ClassVar, Literal, Self, cast

from markets.factors.key import MAIN
from markets.products.further_table import compiled_on
from markets.products.heston_table import HestonTable
from markets.products.product import (
    Model,
    Takes,
    asset_of,
    check_finite,
    check_strike,
    expiry_of,
    on_asset,
    strike_of,
    units_of,
)
from markets.products.surface_table import options
from sim.dataclass import dataclass
from sim.errors import UserError

if TYPE_CHECKING:
    from markets.products.product import Compile, Line
    from markets.products.start import Start

Kind = Literal["call", "put"]


@dataclass(frozen=True, kw_only=True)
class Option:
    """A European option on an asset; it expires at the close of `expiry` and is settled in cash."""

    takes: ClassVar[Takes] = Takes(more=("model", "asset"))

    kind: Kind
    strike: float  # $
    expiry: date
    quantity: float  # units of the asset (contracts x multiplier); negative: the desk is short
    model: Model | None = None  # None: Black-Scholes at the vol of the smile
    asset: str = MAIN

    def __post_init__(self) -> None:
        if self.kind not in ("call", "put"):
            raise UserError("an option is a call or a put", value=self.kind, place="kind")
        check_strike(self.strike)
        check_finite(self.quantity, "quantity")
        if self.model is not None and self.asset != MAIN:
            rule, remedy = "a model is calibrated to the main asset alone", "leave `model` out"
            raise UserError(rule, value=self.model, place="model", remedy=remedy)

    @classmethod
    def parse(cls, line: Line, start: Start) -> Self:
        """From a line of a book. Raises UserError for what it lacks."""
        expiry = expiry_of(line, start)
        return cls(
            kind=cast(Kind, line.kind),
            strike=strike_of(line, start),
            expiry=expiry,
            quantity=units_of(line, start),
            model=line.model,
            asset=asset_of(line),
        )

    @property
    def table(self) -> Compile:
        """Who values it."""
        return HestonTable if self.model is not None else compiled_on(options, self.asset)

    @property
    def label(self) -> str:
        """What tables call it."""
        return f"{self.kind} {self.strike:,.6g} {self.expiry}{on_asset(self.asset)}"

    @property
    def size(self) -> float:
        """Signed size: units of the asset."""
        return self.quantity

    @property
    def sign(self) -> float:
        """+1 call, -1 put."""
        return -1.0 if self.kind == "put" else 1.0

    def gross(self, spot: float) -> float:
        """$ notional at a spot, without sign."""
        return abs(self.quantity) * spot
