"""A bond that trades in a venue of its own: parameters."""

from __future__ import annotations

from markets.specs.venue import VenueSpec
from sim.dataclass import dataclass
from sim.params import param


def bond_venue() -> VenueSpec:
    """Long government bonds: 0.2 bp of half-spread; $8bn of bonds moves the yield 5 bp."""
    return VenueSpec(half_spread=0.00002, depth=8e9, impact=0.0005)


@dataclass(frozen=True, kw_only=True)
class BondSpec:
    """A zero-coupon bond whose maturity stays that of a node of the curve, traded against cash.

    A unit is 1 $ of face value. Spreads and impact of its venue are in yield.
    """

    node: str = param(help="node of the curve: its rate is the bond's yield, its years the bond's maturity")
    spread: str = param(
        "",
        help="the one of `market.rates.spreads` by which its yield lies below the node: a swap spread",
        longest=40,
        sparse=True,
    )
    spread_share: float = param(
        1.0, help="of the move of its yield by trades: what moves the spread and not the node", ge=0, le=1
    )
    venue: VenueSpec = param(factory=bond_venue, help="where it trades; half_spread and impact in decimal rate")
