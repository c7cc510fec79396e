"""Whose time a run takes: seconds by phase and owner, measured around every resumption of a process."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any

from sim.driven import Process, driven

Seconds = dict[str, dict[str, float]]  # by owner, by phase

ENGINE = "engine"  # owns what is nobody's
START = "START"  # before the first phase


class Profile:
    """A stop-watch for the processes of a world. Without one nothing is measured and nothing is wrapped.

    SimPy resumes one process at a time, so that the times of all owners add up to the time of the run but for SimPy's
    own, which is left to the engine. A process started by another belongs to the same owner.
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
        """The same process with its time measured; it yields, answers, fails and ends as the one inside."""
        whose = owner or self._owner
        return driven(process, lambda step, answer: self.call(whose, phase(), step, answer))

    def action(self, act: Callable[[Any], None], phase: Callable[[], str]) -> Callable[[Any], None]:
        """The same, to be called later, with its time measured as that of whose turn it is now."""
        owner = self._owner
        return lambda value: self.call(owner, phase(), act, value)

    def call(self, owner: str, phase: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """What the function returns; its time is the owner's."""
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
