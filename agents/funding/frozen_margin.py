"""Frozen margin: what another model asked at the start, for as much of the book as is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from agents.funding.margin import MarginModel
from agents.funding.parametric_margin import Parametric
from sim.dataclass import dataclass
from sim.params import param

if TYPE_CHECKING:
    from agents.cast import Cast
    from agents.funding.margin import MarginTerms
    from agents.funding.portfolio import Portfolio
    from sim.place import Place

Vector = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Frozen(MarginModel):
    """The first margin x share of the book that is left: margin that knows no crisis.

    A run with it beside one with the model itself, on the same random numbers, says what rising margin did.
    """

    kind: ClassVar[str] = "frozen"
    by_position: ClassVar[bool] = True
    of: MarginModel | None = param(None, help="the model: a table with its kind (default: parametric)")

    def check(self, cast: Cast, at: Place) -> None:
        if self.of is not None:
            self.of.check(cast, at.at("of"))

    def initial(self, portfolio: Portfolio, terms: MarginTerms) -> Vector:
        first = portfolio.memory.get("frozen")
        if first is None:
            asked = (self.of or Parametric()).initial(portfolio, terms)
            first = asked / np.where(portfolio.scale > 0, portfolio.scale, 1.0)
            portfolio.memory["frozen"] = first
        margin: Vector = first * portfolio.scale
        return margin
