"""Switches of the loops."""

from __future__ import annotations

from markets.plausible import FACTOR
from sim.dataclass import dataclass
from sim.params import param


@dataclass(frozen=True, kw_only=True)
class FeedbackSpec:
    """Switches of the loops: 0 cut, 1 as calibrated, 2 doubled."""

    leverage: float = param(1.0, help="price moves to implied vol", ge=0, plausible=FACTOR)
    spread: float = param(1.0, help="vol to half-spread", ge=0, plausible=FACTOR)
    depth: float = param(1.0, help="vol and makers' capital to depth", ge=0, plausible=FACTOR)
    impact: float = param(1.0, help="agents' trades to price", ge=0, plausible=FACTOR)
    credit: float = param(1.0, help="vol and stress to the credit spread", ge=0, plausible=FACTOR)
    margin: float = param(
        1.0, help="own vol to initial margin; 0: margin follows the storyline's vol", ge=0, plausible=FACTOR
    )
    rates_vol: float = param(
        1.0,
        help="what trades do to rates and price, to the vol of rates, where one is declared",
        ge=0,
        plausible=FACTOR,
    )
    capital: float = param(
        1.0,
        help="too little capital to smaller books and thinner, wider quotes, where it is limited",
        ge=0,
        plausible=FACTOR,
    )

    @classmethod
    def frozen(cls) -> FeedbackSpec:
        """Every loop cut: the twin `frozen`."""
        return cls(leverage=0.0, spread=0.0, depth=0.0, impact=0.0, credit=0.0, margin=0.0, rates_vol=0.0, capital=0.0)
