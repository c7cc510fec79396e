"""Where a run spends its time: seconds by phase and owner, measured around every resumption of a process."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any

from sim.driven import Process, driven

Seconds = dict[str, dict[str, float]]  # by owner, by phase

ENGINE = "engine"  # owner of all time that belongs to no agent
START = "START"  # before the first phase


class Profile:
    """A stop-watch for the processes of a world. Without one no process is wrapped, so there is no cost.

    SimPy resumes one process at a time, so the times of all owners add up to the run's time; SimPy's own time counts
    for the engine. A process started by another belongs to the same owner.
    """

    def __init__(self) -> None:
        self._seconds: dict[tuple[str, str], float] = defaultdict(float)
        self._owner = ENGINE

    @property
    def seconds(self) -> Seconds:
        """Seconds by owner and phase."""
        found: Seconds = {}
        for (owner, phase), value in self._seconds.items():
            found.setdefault(owner, {})[phase] = value
        return found

    def add(self, owner: str, phase: str, seconds: float) -> None:
        """Add to an owner's time in a phase."""
        self._seconds[owner, phase] += seconds

    def process(self, process: Process, owner: str | None, phase: Callable[[], str]) -> Process:
        """The process with its time measured; it behaves as the one inside."""
        whose = owner or self._owner
        return driven(process, lambda step, answer: self.call(whose, phase(), step, answer))

    def action(self, act: Callable[[Any], None], phase: Callable[[], str]) -> Callable[[Any], None]:
        """A function to be called later, its time counted for the current owner."""
        owner = self._owner
        return lambda value: self.call(owner, phase(), act, value)

    def call(self, owner: str, phase: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call the function and return its result; its time counts for the owner."""
        outer, self._owner = self._owner, owner
        begun = perf_counter()
        try:
            return function(*arguments)
        finally:
            self.add(owner, phase, perf_counter() - begun)
            self._owner = outer


def merged(profiles: Iterable[Seconds]) -> Seconds:
    """Seconds of several profiles together."""
    total = Profile()
    for profile in profiles:
        for owner, phases in profile.items():
            for phase, seconds in phases.items():
                total.add(owner, phase, seconds)
    return total.seconds
