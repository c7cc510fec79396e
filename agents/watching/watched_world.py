"""A trading world that looks after code of the user's own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from agents.watching.failure import explained
from agents.watching.watched import Theirs, life_of, watched
from agents.world import TradingWorld

if TYPE_CHECKING:
    from agents.base import Agent
    from sim.world import Process


class WatchedWorld(TradingWorld):
    """A `TradingWorld` in which agents live: the user's own are watched, and what goes wrong is told in one line."""

    def __init__(self, **world: Any) -> None:
        self.theirs: Theirs = {}
        super().__init__(**world)

    def admit(self, agent: Agent) -> None:
        """Let an agent live here. Raises SpiralError, told as of the agent, where it cannot begin."""
        try:
            self.start(life_of(agent, self, self.theirs), agent.name)
        except BaseException as error:
            told = explained(error, self, agent)
            raise told from told.__cause__

    def start(self, process: Process, owner: str | None = None) -> None:
        """Let a process live in this world; one of the user's own is watched."""
        super().start(watched(process, self.env, self.theirs), owner)

    def run(self, progress: Callable[[int], None] | None = None) -> None:
        """Run to the end of the clock. Raises SpiralError, in one line, where an agent or a policy fails."""
        try:
            super().run(progress)
            self.require_finite_market()  # what the last orders did to it
            while self.theirs:
                self.theirs.popitem()[1].close()
        except BaseException as error:
            told = explained(error, self)
            self._abandon()
            if told is error:
                raise
            raise told from told.__cause__

    def _abandon(self) -> None:
        """End the user's processes of a run that failed: what they say to it is not heard."""
        for process in self.theirs.values():
            with suppress(BaseException):
                process.close()
