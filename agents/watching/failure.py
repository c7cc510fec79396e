"""The message for a run that an agent or a policy ended: who, when, the exception, and the line of the user's code.

All of it is found in the traceback after the failure, so that a run without failure has no cost.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import simpy

from agents.base import Agent
from agents.policies import Policy
from agents.watching.frames import OURS, Frames, frames_of, is_theirs, place_of
from agents.watching.watched import Watch
from agents.watching.wrong_answer import WrongAnswer
from sim.errors import LONGEST_VALUE, BugError, NotFinite, SpiralError
from sim.text import one_line

if TYPE_CHECKING:
    from agents.world import TradingWorld

NOUNS = {"Situation": "situation", "WatchedWorld": "world"}
NAMES = 24  # names of an object that are listed


def explained(error: BaseException, world: TradingWorld, started: Agent | None = None) -> BaseException:
    """The exception to raise for an error that ended `world`: a one-line SpiralError if an agent or a policy caused it.

    `started` is the agent whose process was being made. Otherwise the error itself, as it was before SimPy copied it.
    """
    original, frames = _unwrapped(error)
    if isinstance(original, KeyboardInterrupt | MemoryError):
        return original
    culprit = _culprit(frames, started)
    user = [(frame, line) for frame, line in frames if is_theirs(frame.f_code)]
    if culprit is None and isinstance(original, BugError):
        culprit, original = _not_finite(world, original)
    ours = not user and culprit is not None and is_built_in(culprit)
    if culprit is None or (ours and isinstance(original, SpiralError)):
        return original
    where = f"{_name(culprit, frames, started)}, {_when(world)}"
    said = f"{where}: {_raised(original)}{_line(original, user)}"
    kind = BugError if ours else SpiralError
    told = kind(one_line(said))
    told.__cause__ = original
    return told


def _not_finite(world: TradingWorld, error: BugError) -> tuple[Agent | None, BugError]:
    """The user's agent whose quote or account is not finite, if a check has failed because of it."""
    for agent in (agent for agent in world.agents if isinstance(agent, Agent) and not is_built_in(agent)):
        named: dict[str, Any] = {}
        for venue in (venue for venue in world.venues.values() if agent.name in venue.quotes.makers):
            quote = venue.quote_of(agent.name)
            named |= {f"{what} that it quotes at {venue.name}": value for what, value in vars(quote).items()}
        for asset in world.ledger.assets:
            named[f"{asset} of {agent.name}"] = world.ledger.balance(agent.name, asset)
        for what, values in named.items():
            bad = ~np.isfinite(np.broadcast_to(values, (world.paths,)))
            if bad.any():
                found = NotFinite(what, int(world.log.paths[np.argmax(bad)]), str(world.timestamp()))
                found.__cause__ = error
                return agent, found
    return None, error


def is_built_in(part: Any) -> bool:
    """Whether an agent, a policy or another part of one is of Spiral's own classes."""
    module = sys.modules.get(type(part).__module__)
    return str(getattr(module, "__file__", None) or "").startswith(OURS)


def _unwrapped(error: BaseException) -> tuple[BaseException, Frames]:
    """The original error of a process, and its frames from the outside.

    SimPy raises a copy of it, and Python a RuntimeError for a StopIteration that leaves a generator.
    """
    original, frames = _of_simpy(error)
    cause = original.__cause__
    if isinstance(original, RuntimeError) and isinstance(cause, StopIteration):
        return cause, list(frames_of(cause.__traceback__))
    return original, frames


def _of_simpy(error: BaseException) -> tuple[BaseException, Frames]:
    """The original error of an event that has failed, of which SimPy raises a copy, and its frames from the outside."""
    frames = list(frames_of(error.__traceback__))
    for frame, _ in frames:
        seen = frame.f_locals
        if frame.f_code is simpy.Environment.step.__code__ and getattr(seen.get("event"), "_ok", True) is False:
            failed: BaseException = seen["event"].value
            return failed, list(frames_of(failed.__traceback__))
    return error, frames


def _culprit(frames: Frames, started: Agent | None) -> Agent | Policy | None:
    """The policy or agent whose code was running: the innermost one found in the frames."""
    return next(_known(frames), started)


def _name(culprit: Agent | Policy, frames: Frames, started: Agent | None) -> str:
    cls = type(culprit)
    written = cls.__name__ if is_built_in(culprit) else f"{cls.__module__}:{cls.__qualname__}"
    if isinstance(culprit, Agent):
        return f"agent '{culprit.name}' ({written})"
    agents = (known for known in _known(frames) if isinstance(known, Agent))
    owner = next((agent for agent in agents if getattr(agent, "policy", None) is culprit), started)
    return f"policy of '{owner.name}' ({written})" if owner is not None else f"policy {written}"


def _known(frames: Frames) -> Iterator[Agent | Policy]:
    """Agents and policies in frames, from the inside: the method's owner first, then the values of its variables."""
    for frame, _ in reversed(frames):
        mine = frame.f_locals.get("self")
        held = getattr(mine, "__dict__", {}).get("agent")
        for value in (mine, held, *frame.f_locals.values()):
            known = value.agent if isinstance(value, Watch) else value
            if isinstance(known, Agent | Policy):
                yield known


def _when(world: TradingWorld) -> str:
    if world.tick_index < 0:
        return f"before the first tick, world {world.name}"
    paths = world.log.paths
    alone = f", path {int(paths[0])}" if len(paths) == 1 else ""
    return f"tick {world.tick_index} at {world.timestamp()} ({world.phase.name}), world {world.name}{alone}"


def _raised(error: BaseException) -> str:
    """The exception's text, with the names that exist instead of a missing one."""
    if isinstance(error, NotFinite):
        return f"{error.what} is not finite on path {error.path}"
    if isinstance(error, SystemExit):
        return f"it left Python (sys.exit({error.code!r})); an agent ends by `return`, a run by raising an error"
    if isinstance(error, StopIteration):
        return "StopIteration: an iterator has no next"
    text = _text(error)
    if isinstance(error, SpiralError):
        return text
    if isinstance(error, AttributeError) and error.obj is not None and error.name:
        return f"{type(error).__name__}: {text}{_there_is(error.obj, error.name)}"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _text(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # str() of a user's exception may fail
        return "?"
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."


def _there_is(thing: Any, name: str) -> str:
    """The names of one of Spiral's own objects, the nearest first."""
    if type(thing).__module__.partition(".")[0] not in ("agents", "markets", "sim"):
        return ""
    noun = NOUNS.get(type(thing).__name__, type(thing).__name__)
    names = [n for n in _names(thing) if not n.startswith("_")]
    near = difflib.get_close_matches(name, names, n=1)
    names = [*near, *(n for n in names if n not in near)]
    more = ", ..." if len(names) > NAMES else ""
    return f"; a {noun} has: {', '.join(names[:NAMES])}{more}"


def _names(thing: Any) -> list[str]:
    fields = getattr(type(thing), "__dataclass_fields__", None)
    return list(fields) if fields else dir(thing)


def _line(error: BaseException, user: Frames) -> str:
    """Place in the user's code: the last line that ran, or the function that returned the wrong value."""
    if isinstance(error, WrongAnswer) and error.code is not None:
        return f" ({place_of(error.code, error.line or error.code.co_firstlineno)})"
    return f" ({place_of(user[-1][0].f_code, user[-1][1])})" if user else ""
