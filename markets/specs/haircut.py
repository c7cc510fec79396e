"""A share of value that a lender or a clearing house asks for, and that grows with the vol of rates: parameters."""

from __future__ import annotations

from markets.plausible import DECAY, POWER
from sim.dataclass import dataclass
from sim.params import param


@dataclass(frozen=True, kw_only=True)
class HaircutSpec:
    """base x (vol of rates / that at the start)^power, at least `base`, at most `most`; quick to rise, slow to fall."""

    base: float = param(0.02, unit="share", help="asked for in a calm market", gt=0, le=1, plausible=(1e-4, 0.5))
    most: float = param(0.25, unit="share", help="highest share asked for", gt=0, le=1)
    power: float = param(0.5, help="share = base (vol of rates / start)^power", ge=0, plausible=POWER)
    raised: float = param(
        1.0, unit="1/trading day", help="speed at which it rises to its target", gt=0, plausible=DECAY
    )
    lowered: float = param(
        0.05, unit="1/trading day", help="speed at which it falls to its target", gt=0, plausible=DECAY
    )
