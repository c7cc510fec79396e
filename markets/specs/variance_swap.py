"""A variance swap on the asset that trades in a venue of its own: parameters."""

from __future__ import annotations

from typing import Literal

from markets.specs import expiry
from markets.specs.venue import VenueSpec
from sim.dataclass import dataclass
from sim.params import param


def variance_swap_venue() -> VenueSpec:
    """Index variance: 0.5 vol points of half-spread; $50m of vega a point ($5bn per 1.00) moves the vol one point."""
    return VenueSpec(half_spread=0.005, depth=5e9, impact=0.01)


@dataclass(frozen=True, kw_only=True)
class VarianceSwapSpec:
    """A swap of realised for implied variance of the asset, traded against cash.

    A unit pays (realised variance - K^2) / (2 K) at its expiry: 1 $ of vega, per 1.00 of vol, when it is struck, at the
    fair vol K of each path; with a cap realised variance counts up to (cap K)^2. It is quoted in vol: spread and impact
    of its venue are in decimal vol a year, and depth is vega, $ per 1.00 of vol. Every `roll_days` it is exchanged for
    a fresh one.
    """

    expiry_days: int | None = expiry.expiry_days()
    expiry_months: int | None = expiry.expiry_months()
    roll_days: int = param(
        100_000, unit="trading days", help="after which it is struck anew; the latest is its expiry", gt=0, le=100_000
    )
    smile: Literal["start", "roll"] = param(
        "start", help="spot and day that its smile refers to: those of the start, as in every book, or of its last roll"
    )
    cap: float | None = param(
        None,
        unit="x the strike",
        help="realised vol counts up to here; 2.5 is the market's standard (default: without end)",
        gt=1,
        le=100,
        plausible=(1.2, 5.0),
        sparse=True,
    )
    asset: str = expiry.underlying()
    venue: VenueSpec = param(
        factory=variance_swap_venue,
        help="where it trades; half_spread and impact in decimal vol, depth $ per 1.00 of vol",
    )
