"""The worlds of a run: the actual one, its twin, and the one in which the desk does not hedge."""

from __future__ import annotations

import dataclasses

from agents.base import Agent
from agents.hedging.hedger import Hedger
from agents.policies import Never
from markets.spec import FeedbackSpec
from scenarios.scenario import Scenario
from sim.dataclass import dataclass
from sim.names import ACTUAL, UNHEDGED


@dataclass(frozen=True, kw_only=True)
class WorldSpec:
    """How one world of a run differs from the others; all have the same noise."""

    feedback: FeedbackSpec
    price_takers: bool = False  # agents' trades have no effect on the market
    unhedged: str | None = None  # the hedger that does not hedge here

    def cast(self, scenario: Scenario) -> Scenario:
        """The scenario with the agents of this world."""
        if self.unhedged is None:
            return scenario
        return dataclasses.replace(scenario, agents=tuple(map(self._played, scenario.agents)))

    def _played(self, agent: Agent) -> Agent:
        if isinstance(agent, Hedger) and agent.name == self.unhedged:
            return dataclasses.replace(agent, policy=Never())
        return agent


def worlds_of(scenario: Scenario) -> dict[str, WorldSpec]:
    """Every world of a run, by name and in order: the actual one, its twin, the unhedged desk's.

    A run without a twin is not compared with anything, and has the first alone. The third is left out where no hedger
    hedges.
    """
    found = {ACTUAL: WorldSpec(feedback=scenario.feedback)}
    twin = scenario.twin
    if twin is None:
        return found
    found[twin.name] = WorldSpec(feedback=twin.feedback, price_takers=twin.price_takers)
    desk = scenario.desk
    if scenario.run.unhedged and desk is not None and not isinstance(desk.policy, Never):
        found[UNHEDGED] = WorldSpec(feedback=scenario.feedback, unhedged=desk.name)
    return found
