"""A number of the market that moves around the storyline: a node of a curve, a spread, the log of an FX rate or of the
spread of a name."""

from __future__ import annotations

import math
from collections.abc import Mapping

from sim.named_tuple import NamedTuple

SPREAD, ZERO, FX, HAZARD = "spread", "zero", "fx", "hazard"  # families
IN_LOGS = (FX, HAZARD)  # their factor is the log of their level


class Variable(NamedTuple):
    """What moves, and how its noise does."""

    family: str
    curve: str  # the spread, the currency
    name: str  # of its column, of its noise, and in correlations
    years: float  # where it lies on its curve
    level: float  # at the start: decimal, of an FX rate $ a unit
    vol: float  # of its noise, per sqrt(trading year): decimal, of an FX rate or a name's spread ln
    speed: float  # pull of the noise to zero, 1/trading year
    correlation: Mapping[str, float]  # of its noise with others', by name; 'spot' is the main asset's shock
    label: str
    parity: tuple[str, str] | None = None  # of an FX rate: currency and basis of the rates that it drifts by
    follows: tuple[str, float] | None = None  # of a name: another one ("": the market's credit index), and beta

    @property
    def start(self) -> float:
        """The factor's level at the start: ln of an FX rate or a name's spread."""
        return math.log(self.level) if self.family in IN_LOGS else self.level

    @property
    def block(self) -> tuple[str, str]:
        """Family and name of the curve."""
        return self.family, self.curve
