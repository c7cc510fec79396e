"""The contract of an agent."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sim.params import param
from sim.world import Process as Process

if TYPE_CHECKING:
    from agents.cast import Cast
    from agents.world import TradingWorld
    from sim.place import Place


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

    def check(self, cast: Cast, at: Place) -> None:
        """Raise UserError where the agent does not suit its scenario; single values have been checked by then.

        A scenario calls it when it is read. at: the place of the agent's table; `at.at(key).error(rule, value=...,
        remedy=...)` is a mistake in one of its keys.
        """

    @abstractmethod
    def live(self, world: TradingWorld) -> Process:
        """The agent's life in one world, from the start to the end of the clock."""
