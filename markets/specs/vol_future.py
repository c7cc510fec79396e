"""A future on implied vol that trades in a venue of its own: parameters."""

from __future__ import annotations

from markets.plausible import POWER, PRICE
from markets.specs.venue import VenueSpec
from sim.dataclass import dataclass
from sim.params import param


def vol_future_venue() -> VenueSpec:
    """Futures on an index's vol: half a tick of 0.05 points at 20; $300m of net flow moves the price 2 %."""
    return VenueSpec(half_spread=0.00125, depth=300e6, impact=0.02)


@dataclass(frozen=True, kw_only=True)
class VolFutureSpec:
    """A future of constant maturity on the main asset's implied vol: F = price (s / s0)^power, settled daily in cash.

    Spreads and impact are shares of F. Trades move implied vol itself, by 1 / power of ln F: so a buyer of vol makes
    options dearer, markets thinner and margins higher.
    """

    price: float | None = param(
        None, unit="$", help="of a unit at the start (default: implied vol in points)", gt=0, plausible=PRICE
    )
    power: float = param(1.0, help="F follows implied vol to this power; below 1 it moves less", gt=0, plausible=POWER)
    roll: float = param(
        0.0,
        unit="share of F a year",
        help="what the long side pays the short side for the curve's slope (contango: above 0)",
        plausible=(-5.0, 5.0),
    )
    venue: VenueSpec = param(factory=vol_future_venue, help="where it trades")
