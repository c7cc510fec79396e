"""Processes of the user's own, watched: what they yield comes, and time passes for them."""

from __future__ import annotations

from types import GeneratorType
from typing import TYPE_CHECKING, Any

import simpy

from agents.frames import is_ours, yielded_at
from agents.wrong_answer import YIELDS, WrongAnswer, shown, wrong_yield
from sim.world import Process

if TYPE_CHECKING:
    from agents.base import Agent
    from agents.world import TradingWorld

STANDING = 10_000  # turns that a process may have in one instant


def life_of(agent: Agent, world: TradingWorld) -> Process:
    """The agent's process, watched. Raises WrongAnswer where `live` is no generator function."""
    process: Any = agent.live(world)
    if not isinstance(process, GeneratorType):
        rule = f"live() gave {shown(process)}, not a generator: it needs a `yield`, e.g. yield world.tick(Phase.TRADE)"
        raise WrongAnswer(rule, getattr(type(agent).live, "__code__", None))
    return watched(process, world, agent)


def watched(process: Process, world: TradingWorld, agent: Agent | None = None) -> Process:
    """Spiral's own process as it is; any other with each of its events looked at. `agent` is whose life it is."""
    code = getattr(process, "gi_code", None)
    if code is None or is_ours(code):
        return process
    found = world.theirs[process] = _watched(process, world, agent)
    return found


def _watched(process: Process, world: TradingWorld, agent: Agent | None) -> Process:
    """Raises WrongAnswer where an event cannot come, where time stands still, or where an agent never began."""
    env, step, code = world.env, process.send, getattr(process, "gi_code", None)
    answer: Any = None
    turns, instant, begun = 0, env.now, False
    while True:
        try:
            event = step(answer)
        except StopIteration:
            world.theirs.pop(process, None)
            if agent is not None and not begun:
                raise WrongAnswer(f"it ended before it yielded anything; {YIELDS}", code) from None
            return
        begun = True
        if not isinstance(event, simpy.Event) or event.env is not env:
            raise wrong_yield(event, *yielded_at(process))
        turns = turns + 1 if env.now == instant else 1
        instant = env.now
        if turns > STANDING:
            raise WrongAnswer(f"it had {STANDING:,} turns in one instant: time stands still", *yielded_at(process))
        try:
            answer = yield event
            step = process.send
        except GeneratorExit:
            process.close()
            raise
        except BaseException as error:
            answer, step = error, process.throw
