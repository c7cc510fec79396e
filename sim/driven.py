"""Wraps a process (a generator) so that a function makes each of its turns; answers, errors and end pass through."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

Process = Generator[Any, Any, None]
Step = Callable[[Any], Any]  # a process's `send`, or its `throw`
Turn = Callable[[Step, Any], Any]


def driven(process: Process, turn: Turn) -> Process:
    """Let `turn(step, answer)` call `step(answer)` and give the event that the process then waits for.

    An exception of `turn` ends the process; StopIteration is its normal end.
    """
    step: Step = process.send
    answer: Any = None
    while True:
        try:
            event = turn(step, answer)
        except StopIteration:
            return
        try:
            answer = yield event
            step = process.send
        except GeneratorExit:
            process.close()
            raise
        except BaseException as error:
            answer, step = error, process.throw
