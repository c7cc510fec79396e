"""A trading world with checks on the user's code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from agents.watching.failure import explained
from agents.watching.watched import Theirs, life_of, watched
from agents.world import TradingWorld

if TYPE_CHECKING:
    from agents.base import Agent
    from sim.phases import Phase
    from sim.world import Process


class WatchedWorld(TradingWorld):
    """A `TradingWorld` for agents: the user's own are checked, and failures become one line."""

    def __init__(self, **world: Any) -> None:
        self.theirs: Theirs = {}
        super().__init__(**world)

    def admit(self, agent: Agent) -> None:
        """Start an agent's process. Raises SpiralError, naming the agent, if it cannot begin."""
        try:
            self.start(life_of(agent, self, self.theirs), agent.name)
        except BaseException as error:
            told = explained(error, self, agent)
            raise told from told.__cause__

    def start(self, process: Process, owner: str | None = None) -> None:
        """Start a process; one of the user's own is watched."""
        seen = watched(process, self, self.theirs)
        self.measures_gains |= seen is not process and self.tick_index < 0  # a user's code may read them
        super().start(seen, owner)

    def run(self, progress: Callable[[int], None] | None = None) -> None:
        """Run to the end of the clock. Raises SpiralError, in one line, where an agent or a policy fails."""
        with self._explaining():
            super().run(progress)
            self._end()

    def stops(self, phase: Phase) -> Iterator[int]:
        """Run to the end of the clock, and stop at a phase of every tick. Raises SpiralError as `run` does."""
        stops = super().stops(phase)
        while True:
            with self._explaining():
                tick = next(stops, None)
            if tick is None:
                break
            try:
                yield tick
            except GeneratorExit:  # whoever ran it has stopped
                self._abandon()
                raise
        with self._explaining():
            self._end()

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        """A block whose failures become one line."""
        try:
            yield
        except BaseException as error:
            told = explained(error, self)
            self._abandon()
            if told is error:
                raise
            raise told from told.__cause__

    def _end(self) -> None:
        self.require_finite_market()  # after the last orders
        while self.theirs:
            self.theirs.popitem()[1].close()

    def _abandon(self) -> None:
        """Close the user's processes after a failure, ignoring their errors."""
        for process in self.theirs.values():
            with suppress(BaseException):
                process.close()
