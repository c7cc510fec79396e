"""Outside investors who ask a price for makers' inventory: parameters."""

from __future__ import annotations

from markets.plausible import DAYS, FACTOR, POWER
from sim.dataclass import dataclass
from sim.params import param


@dataclass(frozen=True, kw_only=True)
class InvestorsSpec:
    """Investors take inventory from makers at a discount to mid that grows with vol and with what they have taken.

    discount = compensation x vol of a day x (taken / capacity)^power, in the unit of the venue's spreads.
    """

    capacity: float = param(
        unit="$ notional", help="taken over, at which they ask `compensation`", gt=0, against="the venue's depth"
    )
    compensation: float = param(
        1.0, unit="standard deviations of a day", help="discount at capacity", ge=0, plausible=FACTOR
    )
    power: float = param(1.0, help="the discount grows with what they have taken to this power", gt=0, plausible=POWER)
    half_life_days: float = param(
        5.0, unit="trading days", help="until half of what they have taken no longer counts", gt=0, plausible=DAYS
    )
