"""How a process lives: each event that it yields resumes it."""

from __future__ import annotations

from typing import Any

import simpy
from simpy.events import URGENT

from sim.process import Process


def begin(env: simpy.Environment, process: Process) -> None:
    """Run a process: each event that it yields resumes it with the event's value, or throws the event's exception.

    As SimPy's `env.process`, which takes twice as long to resume one: this is no event itself, so nobody can wait for
    its end, and an exception that it raises ends the run at once.
    """
    send = process.send

    def resume(come: Any) -> None:
        try:
            event = send(come._value) if come._ok else process.throw(_failure(come))
            while event.callbacks is None:  # it has come already
                event = send(event._value) if event._ok else process.throw(_failure(event))
        except StopIteration:
            return
        event.callbacks.append(resume)

    first: Any = simpy.Event(env)
    first._ok, first._value, first.callbacks = True, None, [resume]
    env.schedule(first, priority=URGENT)


def _failure(event: Any) -> BaseException:
    """A copy of the exception of an event that has failed, as several may wait for it."""
    event._defused = True
    copy: BaseException = type(event._value)(*event._value.args)
    copy.__cause__ = event._value
    return copy
