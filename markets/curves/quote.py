"""A quoted instrument as one equation in the discount factors of the curves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from markets.curves.flows import Flow
from sim.dataclass import dataclass

BP = 1e-4


@dataclass(frozen=True)
class Quote:
    """known + level x unit = 0, in flows per 1 of notional.

    value: as quoted, with level = value - less, or exp(growth x (value - less)) where `growth` (years) is not 0.
    step: what one step of its ladder is, 1 bp of a rate or 0.01 of a price. place: for messages.
    """

    name: str
    curve: str
    value: float
    known: tuple[Flow, ...]
    unit: tuple[Flow, ...]
    less: float = 0.0
    growth: float = 0.0
    step: float = BP
    place: str | None = None

    @property
    def level(self) -> float:
        """What enters the equation."""
        net = self.value - self.less
        return math.exp(self.growth * net) if self.growth else net

    @property
    def slope(self) -> float:
        """d level / d value."""
        return self.growth * self.level if self.growth else 1.0

    @property
    def bend(self) -> float:
        """Second derivative of the level by the value."""
        return self.growth**2 * self.level

    @property
    def node(self) -> float:
        """Time of the node that it decides: the last at which it needs its own curve."""
        return max(p.years for flow in (*self.known, *self.unit) for p, _ in flow.powers if p.curve == self.curve)

    def value_at(self, level: float) -> float:
        """What is quoted where the level is this: the inverse of `level`."""
        return (math.log(level) / self.growth if self.growth else level) + self.less

    def at(self, value: float) -> Quote:
        """The same instrument with another value."""
        return replace(self, value=value)


def make_quote(
    name: str,
    curve: str,
    value: float,
    known: Sequence[Flow],
    unit: Sequence[Flow],
    *,
    less: float = 0.0,
    growth: float = 0.0,
    step: float = BP,
    place: str | None = None,
) -> Quote:
    """A quote from its flows."""
    return Quote(name, curve, value, tuple(known), tuple(unit), less, growth, step, place)
