"""The price from noise and impact: lognormal or normal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class PriceLaw:
    """Lognormal: S = L exp(x). Normal (Bachelier 1900): S = L + S0 x. x is the sum of noise and impact.

    Spreads and depth are shares of a reference price, S itself or S0, so that under the normal law a share traded
    moves the price by the same number of $ at any price (Kyle 1985; Almgren and Chriss 2001).
    """

    spot0: float  # $, at the start
    normal: bool = False

    @property
    def flat(self) -> float:
        """$ by which a unit of displacement moves the price under the normal law; 0: the lognormal law."""
        return self.spot0 if self.normal else 0.0

    def at(self, log_level: float, displacement: Vector) -> Vector:
        """Price where the outside level is exp(log_level), (paths,) $."""
        if self.normal:
            return np.asarray(np.exp(log_level) + self.spot0 * displacement)
        return np.asarray(np.exp(log_level + displacement))

    def moved(self, price: Vector, displacement: Vector) -> Vector:
        """Price after a further displacement, (paths,) $."""
        if self.normal:
            return price + self.spot0 * displacement
        moved: Vector = np.exp(displacement)
        moved *= price  # in its place: no vector more
        return moved

    def reference(self, price: Vector) -> Vector:
        """Price of which spreads and depth are shares, (paths,) $."""
        return np.full_like(price, self.spot0) if self.normal else price

    def relative(self, displacement: Vector) -> Vector:
        """Change of the price as a share of the reference, (paths,)."""
        return displacement if self.normal else np.expm1(displacement)
