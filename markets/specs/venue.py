"""Parameters of a venue; defaults of the venues that every scenario has."""

from __future__ import annotations

from typing import Literal

from markets.plausible import CAPACITY, DECAY, FACTOR, HALF_SPREAD, HALT, IMPACT, POWER, SHARE
from markets.specs.investors import InvestorsSpec
from sim.clock import LONGEST_TICK
from sim.dataclass import dataclass
from sim.params import param


@dataclass(frozen=True, kw_only=True)
class VenueSpec:
    """One venue. For the asset prices are relative ($ per $); for a swap venue they are rates (decimal).

    depth is the notional ($) whose taking moves ln S (or the rate) by `impact`, at base vol.
    """

    half_spread: float = param(
        unit="share of mid, or decimal rate", help="half-spread at base vol", ge=0, plausible=HALF_SPREAD
    )
    depth: float = param(unit="$ notional", help="depth at base vol", gt=0, against="what is quoted and traded there")
    impact: float = param(
        unit="ln S, or decimal rate", help="move caused by taking the whole depth", ge=0, plausible=IMPACT
    )
    permanent_share: float = param(0.5, help="share of the impact that stays", ge=0, le=1)
    resilience: float = param(1.0, unit="1/trading day", help="decay of transient impact", ge=0, plausible=DECAY)
    depth_power: float = param(2.0, help="depth = base (s_base/s)^depth_power", ge=0, plausible=POWER)
    depth_price_power: float = param(
        0.0, help="depth = base (S/S0)^depth_price_power: at 0 so many $, at 1 so many units", ge=0, plausible=POWER
    )
    spread_power: float = param(1.0, help="half-spread = base (s/s_base)^spread_power", ge=0, plausible=POWER)
    slope: float = param(
        0.5, help="price walk of a fill, as a share of impact x fraction of depth taken", ge=0, plausible=FACTOR
    )
    capacity: float = param(
        0.5, unit="share of current depth", help="most that one clearing fills", gt=0, plausible=CAPACITY
    )
    clearing: Literal["sequential", "fixed_point"] = param(
        "sequential", help="orders are sent at the price seen, or solved together with the price that they move"
    )
    clearing_rounds: int = param(
        0, help="revisions of the orders in one fixed-point clearing (0: until orders and price agree)", ge=0, le=10_000
    )
    depth_floor: float = param(0.02, unit="share of base depth", help="what outside investors always show", gt=0, le=1)
    halts: tuple[float, ...] = param(
        (), unit="fall from the previous close", help="circuit breakers; the last closes the day", plausible=SHARE
    )
    halt_minutes: int = param(15, unit="minutes", help="length of a halt", gt=0, le=LONGEST_TICK, plausible=HALT)
    investors: InvestorsSpec | None = param(
        None, help="who takes makers' inventory over, for a price; none: anybody, any amount, at mid", sparse=True
    )


def asset_venue() -> VenueSpec:
    """An equity index: 0.5 bp half-spread; $15bn of net flow moves it 1 % in a calm market."""
    return VenueSpec(half_spread=0.00005, depth=15e9, impact=0.01, halts=(0.07, 0.13, 0.20))


def us2y_venue() -> VenueSpec:
    """2Y par swaps: 0.1 bp half-spread; $50bn of notional moves the rate 5 bp."""
    return VenueSpec(half_spread=0.00001, depth=50e9, impact=0.0005, slope=0.5)


def us10y_venue() -> VenueSpec:
    """10Y par swaps: 0.1 bp half-spread; $12bn of notional moves the rate 5 bp."""
    return VenueSpec(half_spread=0.00001, depth=12e9, impact=0.0005, slope=0.5)


@dataclass(frozen=True, kw_only=True)
class VenuesSpec:
    """The venues of the main asset and of par swaps, each at a node of the curve."""

    asset: VenueSpec = param(factory=asset_venue, help="the risky asset")
    us2y: VenueSpec = param(factory=us2y_venue, help="2Y par swaps")
    us10y: VenueSpec = param(factory=us10y_venue, help="10Y par swaps")
    further: dict[str, VenueSpec] = param(factory=dict, help="par swaps of further nodes by name", sparse=True)

    def by_name(self) -> dict[str, VenueSpec]:
        """All venues by name."""
        return {"asset": self.asset, "us2y": self.us2y, "us10y": self.us10y, **self.further}
