"""The contract of an agent."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from sim.dataclass import dataclass
from sim.params import param
from sim.process import Process as Process

if TYPE_CHECKING:
    from agents.cast import Cast
    from agents.world import TradingWorld
    from sim.place import Place


@dataclass(frozen=True, kw_only=True)
class Agent(ABC):
    """An agent trades, lends or hedges: frozen parameters, and one SimPy process for all paths.

    A subclass is a frozen, keyword-only dataclass whose fields are its keys in a scenario file (`sim.params.param`). It
    gives `live`, a generator that yields `world.tick(phase)`, `world.after(seconds, phase)` or
    `venue.trade(self, quantity)`.

    State lives in local variables, or in an object made in `live`: vectors (paths,). Decisions are masks. Every agent
    has an account of its own name in the ledger, opened with `capital` in $.
    """

    role: ClassVar[str] = "other"
    name: str = param("", help="account of the agent; from the scenario file's key")
    capital: float = param(0.0, unit="$", help="cash at the start", ge=0, against="the venues' depth")

    def check(self, cast: Cast, at: Place) -> None:
        """Raise UserError if the agent does not fit its scenario; single values have already been checked.

        A scenario calls it when it is read. at: the place of the agent's table; `at.at(key).error(rule, value=...,
        remedy=...)` is a mistake in one of its keys.
        """

    @abstractmethod
    def live(self, world: TradingWorld) -> Process:
        """The agent's process in one world, from the start; most run until the clock ends."""
