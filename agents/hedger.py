"""Hedgers: own a client book and keep it neutral by a policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from agents.base import Agent, Process
from agents.policies import Every, Policy
from agents.positions import Position
from sim.params import param

if TYPE_CHECKING:
    from markets.world import MarketWorld


@dataclass(frozen=True, kw_only=True)
class Hedger(Agent):
    """A desk that is short client options (or holds swaps) and hedges delta and DV01 at the venues."""

    role: ClassVar[str] = "hedger"
    capital: float = param(3e9, unit="$", help="cash at the start, besides the book's premium", gt=0)
    book: tuple[Position, ...] = param((), help="client positions")
    policy: Policy = param(factory=Every, help="hedging policy")
    latency_seconds: int = param(0, unit="s", help="from seeing the price to the order's arrival", ge=0)
    hedge_rates: bool = param(True, help="hedge the DV01 of swaps at the swap venues by the same policy's timing")

    def live(self, world: MarketWorld) -> Process:
        raise NotImplementedError
        yield
