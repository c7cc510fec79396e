"""European options on the asset that trade in a venue of their own: parameters."""

from __future__ import annotations

from typing import Literal

from markets.plausible import MONEYNESS
from markets.specs import expiry
from markets.specs.venue import VenueSpec
from sim.dataclass import dataclass
from sim.params import param


def option_venue() -> VenueSpec:
    """Index options: 0.3 vol points of half-spread; $50m of vega a point ($5bn per 1.00) moves the vol one point."""
    return VenueSpec(half_spread=0.003, depth=5e9, impact=0.01)


@dataclass(frozen=True, kw_only=True)
class OptionListingSpec:
    """An option on one unit of the asset, traded against cash; on each path struck at the spot of the last roll.

    A straddle is a call and a put of one strike, a strangle a put at `moneyness` and a call at its inverse. It is
    quoted in implied vol: spread and impact of its venue are in decimal vol a year, and depth is vega, $ per 1.00 of
    vol. Every `roll_days` it is exchanged for a fresh one.
    """

    kind: Literal["call", "put", "straddle", "strangle"] = param("straddle", help="what a unit is")
    expiry_days: int | None = expiry.expiry_days()
    expiry_months: int | None = expiry.expiry_months()
    moneyness: float = param(
        1.0, unit="share of spot", help="its strike over the spot of the last roll", gt=0, plausible=MONEYNESS
    )
    roll_days: int = param(
        1, unit="trading days", help="after which it is struck anew; the latest is its expiry", gt=0, le=100_000
    )
    smile: Literal["start", "roll"] = param(
        "start",
        help="spot and day that the multiple of its vol refers to: those of the start, as in every book, or of its "
        "last roll",
    )
    asset: str = expiry.underlying()
    venue: VenueSpec = param(
        factory=option_venue, help="where it trades; half_spread and impact in decimal vol, depth $ per 1.00 of vol"
    )

    @property
    def legs(self) -> tuple[tuple[float, float], ...]:
        """Sign (+1 call, -1 put) and strike over spot of each option in a unit."""
        call, put = (1.0, self.moneyness), (-1.0, self.moneyness)
        of_kind = {
            "call": (call,),
            "put": (put,),
            "straddle": (call, put),
            "strangle": (put, (1.0, 1 / self.moneyness)),
        }
        return of_kind[self.kind]
