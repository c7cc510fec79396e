"""A value that no market has had, or that is out of proportion: place, reason, and likely mistake."""

from __future__ import annotations

from markets.plausible import Bounds
from sim.dataclass import dataclass
from sim.errors import UserError
from sim.place import Place

SCALES = ((100.0, "%"), (1e4, "bp"))  # of decimals: how people write them
AMOUNTS = ((1e-9, "bn"), (1e-6, "m"))  # of amounts in $
COUNTED = ("1/", "orders", "jumps", "trading", "days", "minutes", "half-spreads")  # units without a percent
INSIST = "or take it with --as-given"


@dataclass(frozen=True)
class Odd:
    """A value that no market has had: place, reason, and the most likely mistake."""

    place: Place
    value: float
    rule: str
    remedy: str
    refused: bool = True  # False for a default out of proportion: it is only noted

    @property
    def error(self) -> UserError:
        """To be raised where the user does not insist."""
        return self.place.error(self.rule, value=self.value, remedy=f"{self.remedy}, {INSIST}")


def outside(place: Place, value: float, bounds: Bounds, remedy: str) -> Odd:
    """A value outside its plausible bounds."""
    return Odd(place, value, f"outside {span(bounds)}, where the record of markets lies with room", remedy)


def span(bounds: Bounds) -> str:
    """Bounds in words."""
    return f"{bounds[0]:g} to {bounds[1]:g}"


def within(value: float, bounds: Bounds) -> bool:
    """Whether a value is plausible; 0 switches something off and always is."""
    return value == 0 or bounds[0] <= value <= bounds[1]


def remedy_for(value: float, bounds: Bounds, unit: str) -> str:
    """The likely meaning: the same figure in the key's unit."""
    for factor, name in AMOUNTS if unit.startswith("$") else () if unit.startswith(COUNTED) or unit == "s" else SCALES:
        meant = value / factor
        if within(meant, bounds) and value != 0:
            return f"write {plain(meant)} for {value:g} {name}"
    return f"it is in {unit}" if unit else "check its unit"


def plain(value: float) -> str:
    """A figure as a scenario file has it: 0.045, 3e9."""
    return f"{value:.10g}" if abs(value) < 1e6 else f"{value:g}".replace("e+0", "e").replace("e+", "e")
