"""Regulatory risk factors, and what a portfolio gains by them."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sim.dataclass import dataclass
from sim.named_tuple import NamedTuple

Vector = NDArray[np.float64]
Measure = Literal["delta", "vega", "curvature"]
MEASURES: tuple[Measure, ...] = ("delta", "vega", "curvature")


class RiskFactor(NamedTuple):
    """A factor of the sensitivities-based method (MAR21.8 to 21.14)."""

    bucket: str  # a currency, or the number of a bucket
    name: str = ""  # the curve, the issuer, the commodity
    tenor: float = 0.0  # years; of vega: to the option's expiry
    underlying: float = 0.0  # years, of vega to rates: from expiry to the end of what is delivered
    kind: str = ""  # 'inflation', 'basis' of rates; 'cds' of spreads; 'repo' of equities; a commodity's place


@dataclass(frozen=True)
class Sensitivity:
    """What a portfolio gains by one factor, (paths,) $.

    amount: delta, per 1.00 of a rate or spread, or value times the price of an equity, a commodity or a currency; vega,
    times the vol; curvature, CVR of the move up (the loss beyond delta, losses positive). down: CVR of the move down.
    """

    risk_class: str
    measure: Measure
    factor: RiskFactor
    amount: Vector
    down: Vector | None = None
