"""What jobs of a desk may use, so that one browser cannot fill a machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.errors import UserError

if TYPE_CHECKING:
    from scenarios.scenario import Scenario

GIB = 1024**3


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Largest sizes of jobs and of what they leave.

    Attributes:
        at_once: jobs that run at the same time; the others wait.
        waiting: jobs that wait.
        paths: Monte Carlo paths of a job.
        path_ticks: paths times ticks of a job, over all its worlds.
        book_lines: positions of a scenario.
        agents: of a scenario.
        minutes: that a job may run.
        disk: bytes that runs, sweeps and uploads of the folder may have before another job begins.
        kept: finished jobs that the list remembers; their runs stay.
    """

    at_once: int = 1
    waiting: int = 20
    paths: int = 10_000
    path_ticks: int = 200_000_000
    book_lines: int = 5_000
    agents: int = 500
    minutes: float = 60.0
    disk: int = 20 * GIB
    kept: int = 200

    def check(self, scenario: Scenario, *, ticks: int, worlds: int) -> None:
        """Raise UserError for a scenario that is too large to run here; ticks: of its clock."""
        self.check_cast(scenario)
        paths = scenario.run.paths
        _within(paths, self.paths, "paths of a job of this desk", "run.paths", "take fewer")
        work, remedy = paths * ticks * worlds, "take fewer paths, longer ticks, or no twin"
        _within(work, self.path_ticks, "paths x ticks of a job of this desk", "run", remedy)

    def check_cast(self, scenario: Scenario) -> None:
        """Raise UserError for more positions or agents than a desk looks at."""
        lines = sum(len(getattr(agent, "book", ())) for agent in scenario.agents)
        _within(lines, self.book_lines, "positions of a job of this desk", "agents", "net them first")
        _within(len(scenario.agents), self.agents, "agents of a job of this desk", "agents", "take fewer, larger ones")


def _within(value: int, most: int, what: str, place: str, remedy: str) -> None:
    if value > most:
        rule, more = f"{what} are at most {most:,}", f"{remedy}, or use the command line, which has no such limit"
        raise UserError(rule, value=value, place=place, remedy=more)
