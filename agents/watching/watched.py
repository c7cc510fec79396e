"""Checks on a user's processes: events that they yield must come, and time must pass."""

from __future__ import annotations

from types import GeneratorType
from typing import TYPE_CHECKING, Any

import simpy

from agents.watching.frames import is_ours, yielded_at
from agents.watching.wrong_answer import YIELDS, WrongAnswer, shown, wrong_yield
from sim.driven import Process, Step, driven

if TYPE_CHECKING:
    from agents.base import Agent
    from agents.world import TradingWorld

Theirs = dict[Process, Process]  # processes of the user's own that have not ended -> watched

STANDING = 10_000  # maximum number of turns of a process in one instant


def life_of(agent: Agent, world: TradingWorld, theirs: Theirs) -> Process:
    """The agent's process, watched. Raises WrongAnswer if `live` is no generator function."""
    process: Any = agent.live(world)
    if not isinstance(process, GeneratorType):
        rule = f"live() gave {shown(process)}, not a generator: it needs a `yield`, e.g. yield world.tick(Phase.TRADE)"
        raise WrongAnswer(rule, getattr(type(agent).live, "__code__", None))
    return watched(process, world, theirs, agent)


def watched(process: Process, world: TradingWorld, theirs: Theirs, agent: Agent | None = None) -> Process:
    """One of Spiral's own processes unchanged; any other with each of its events checked, and noted in `theirs`.

    agent: the agent whose process it is.
    """
    code = getattr(process, "gi_code", None)
    if code is None or is_ours(code):
        return process
    found = theirs[process] = driven(process, Watch(process, world, theirs, agent))
    return found


class Watch:
    """Checks each turn of a process: its event can come, time passes, and the agent yields at least once.

    In its turn the levels of the market are read-only: prices move by orders.
    """

    def __init__(self, process: Process, world: TradingWorld, theirs: Theirs, agent: Agent | None) -> None:
        self.process, self.world, self.theirs, self.agent = process, world, theirs, agent
        self.code = getattr(process, "gi_code", None)
        self.turns, self.instant, self.begun = 0, world.env.now, False

    def __call__(self, step: Step, answer: Any) -> Any:
        """The event of the process's next turn. Raises WrongAnswer, and StopIteration when the process ends."""
        env, market = self.world.env, self.world.factors.snapshot
        levels = market.lock()
        try:
            event = step(answer)
        except StopIteration:
            self.theirs.pop(self.process, None)
            if self.agent is not None and not self.begun:
                raise WrongAnswer(f"it ended before it yielded anything; {YIELDS}", self.code) from None
            raise
        finally:
            market.unlock(levels)
        self.begun = True
        if not isinstance(event, simpy.Event) or event.env is not env:
            raise wrong_yield(event, *yielded_at(self.process))
        self.turns = self.turns + 1 if env.now == self.instant else 1
        self.instant = env.now
        if self.turns > STANDING:
            rule = f"it had {STANDING:,} turns in one instant: time stands still"
            raise WrongAnswer(rule, *yielded_at(self.process))
        return event
