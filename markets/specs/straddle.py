"""A swaption straddle that trades in a venue of its own: parameters."""

from __future__ import annotations

from markets.specs.venue import VenueSpec
from sim.dataclass import dataclass
from sim.params import param

LONGEST = 600  # months


def straddle_venue() -> VenueSpec:
    """Straddles: 0.5 bp of vol of half-spread; $500,000 of vega a basis point ($5bn per 1.00) moves the vol 1 bp."""
    return VenueSpec(half_spread=0.00005, depth=5e9, impact=0.0001)


@dataclass(frozen=True, kw_only=True)
class StraddleSpec:
    """A payer and a receiver swaption at the money, of one expiry into swaps of one length, traded against cash.

    A unit is 1 $ of notional. It is quoted in normal vol: spread and impact of its venue are in decimal vol a year, and
    depth is vega, $ per 1.00 of vol. Every `roll_days` it is exchanged for a fresh one at the money.
    """

    expiry_months: int = param(unit="months", help="from its strike to its expiry", gt=0, le=LONGEST)
    tenor_months: int = param(unit="months", help="length of its swap", gt=0, le=LONGEST)
    roll_days: int = param(
        1, unit="trading days", help="after which it is struck anew; the latest is its expiry", gt=0, le=100_000
    )
    venue: VenueSpec = param(
        factory=straddle_venue, help="where it trades; half_spread and impact in decimal vol, depth $ per 1.00 of vol"
    )
