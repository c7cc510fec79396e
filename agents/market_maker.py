"""Market makers: both sides, every tick, from finite capital."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from agents.base import Agent, Process
from sim.params import param

if TYPE_CHECKING:
    from markets.world import MarketWorld


@dataclass(frozen=True, kw_only=True)
class QuotingSpec:
    """How a maker sets its half-spread and skew."""

    kind: Literal["vol_proportional", "avellaneda_stoikov"] = param("vol_proportional", help="quoting rule")
    inventory_skew: float = param(
        1.0, unit="half-spreads", help="shift of both quotes against inventory at the limit (vol_proportional)", ge=0
    )
    funding_days: float = param(
        1.0, unit="days", help="days of credit funding that a maker adds to its half-spread on the asset", ge=0
    )
    risk_aversion: float = param(1e-9, unit="1/$", help="gamma of Avellaneda and Stoikov (2008)", gt=0)
    order_decay: float = param(2.0, unit="1/half-spread", help="k: fill intensity falls as exp(-k delta)", gt=0)
    horizon_hours: float = param(6.5, unit="trading hours", help="horizon of the inventory risk", gt=0)


@dataclass(frozen=True, kw_only=True)
class MarketMaker(Agent):
    """Quotes the venues, keeps inventory within limits, withdraws when its drawdown passes its limit."""

    role: ClassVar[str] = "market_maker"
    capital: float = param(2e9, unit="$", help="cash at the start", gt=0)
    venues: tuple[str, ...] = param(("asset", "us2y", "us10y"), help="venues that it quotes")
    depth_share: float = param(1.0, help="weight of its share of each venue's depth", gt=0)
    inventory_limit: float = param(5e9, unit="$ of spot-equivalent risk", help="inventory at which the skew is full", gt=0)
    inventory_half_life: float = param(2.0, unit="trading hours", help="inventory is passed on to outside investors", gt=0)
    drawdown_limit: float = param(0.25, unit="share of capital", help="loss from the peak at which it withdraws", gt=0)
    recapitalise_days: int = param(5, unit="trading days", help="how long it stays away", gt=0)
    quoting: QuotingSpec = param(factory=QuotingSpec, help="quoting rule")

    def live(self, world: MarketWorld) -> Process:
        raise NotImplementedError
        yield
