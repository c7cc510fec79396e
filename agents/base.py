"""The contract of an agent."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sim.params import param
from sim.world import Process as Process

if TYPE_CHECKING:
    from agents.world import TradingWorld


@dataclass(frozen=True, kw_only=True)
class Agent(ABC):
    """Who trades, lends or hedges: frozen parameters and one SimPy process over the whole ensemble.

    A subclass gives `live`, a generator that yields `world.tick(phase)`, `world.after(seconds, phase)` or
    `venue.trade(self, quantity)`; its state lives in local variables or in an object made in `live`, as vectors over
    paths, and its decisions are masks. Every agent has an account of its own name in the ledger, opened with `capital`.
    """

    role: ClassVar[str] = "other"
    name: str = param("", help="account of the agent; from the scenario file's key")
    capital: float = param(0.0, unit="$", help="cash at the start", ge=0, against="the venues' depth")

    @abstractmethod
    def live(self, world: TradingWorld) -> Process:
        """The agent's life in one world, from the start to the end of the clock."""
