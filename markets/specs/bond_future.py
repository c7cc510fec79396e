"""A future on a bond that trades in a venue of its own: parameters."""

from __future__ import annotations

from markets.plausible import REPO, SPEED
from markets.specs.haircut import HaircutSpec
from markets.specs.venue import VenueSpec
from sim.dataclass import dataclass
from sim.params import param


def future_venue() -> VenueSpec:
    """Treasury futures: half of 1/64 of a point; $10bn of face value moves the price half a point."""
    return VenueSpec(half_spread=0.00008, depth=10e9, impact=0.005)


def future_margin() -> HaircutSpec:
    """Margin of a clearing house: 1.5 % of the face value in a calm market, in proportion to the vol of rates."""
    return HaircutSpec(base=0.015, power=1.0)


@dataclass(frozen=True, kw_only=True)
class BondFutureSpec:
    """A future on a bond of `market.rates.bonds`: its price is the bond's plus the basis, both per 1 $ of face value.

    Spreads, impact and basis are in price: 0.01 is a point. Gains and losses are settled in cash every day.
    """

    bond: str = param(help="bond of `market.rates.bonds` that it delivers")
    venue: VenueSpec = param(factory=future_venue, help="where it trades; half_spread and impact in $ per $ of face")
    margin: HaircutSpec = param(factory=future_margin, help="initial margin, as a share of the face value")
    linked: float = param(
        0.9, unit="share", help="of the impact of trades in one of bond and future that the other follows", ge=0, le=1
    )
    premium: float = param(
        0.0, unit="bp", help="repo rate that the future implies, over the overnight rate", plausible=REPO
    )
    basis: float = param(0.0, unit="$ per $ of face", help="future over bond at the start", ge=-0.2, le=0.2)
    basis_vol: float = param(
        0.0, unit="$ per $ of face, per sqrt(trading year)", help="noise of the basis", ge=0, le=0.5
    )
    basis_reversion: float = param(25.0, unit="1/trading year", help="pull of the noise to zero", ge=0, plausible=SPEED)


def future_columns(future: str) -> tuple[str, str]:
    """Columns of tables that have the basis and the margin of a future."""
    return f"basis_{future}", f"margin_{future}"
