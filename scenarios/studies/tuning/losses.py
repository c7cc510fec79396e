"""What a desk loses under a policy, path by path, in one world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.hedging.hedger import Hedger
from scenarios.worlds.world import make_world
from sim.ensemble import Chunk
from sim.estimate import Estimate
from sim.names import ACTUAL

if TYPE_CHECKING:
    from agents.policies import Policy
    from scenarios.scenario import Scenario
    from scenarios.worlds.blueprint import Blueprint

Vector = NDArray[np.float64]


def _tail(share: float) -> Callable[[Vector], Estimate]:
    """Mean of the worst `1 - share` of the losses, by the jackknife."""

    def worst(losses: Vector) -> float:
        count = max(round((1 - share) * losses.size), 1)
        return float(np.sort(losses)[-count:].mean())

    return lambda losses: Estimate.jackknife(worst, losses)


RISKS: dict[str, Callable[[Vector], Estimate]] = {  # of losses, (paths,) $
    "mean": Estimate.mean,
    "es_75": _tail(0.75),
    "es_95": _tail(0.95),
    "sd": Estimate.sd,
}


@dataclass(frozen=True, eq=False)
class Losses:
    """Of one desk in one world."""

    loss: Vector  # (paths,) $, over the whole run; a gain is negative
    reduced: NDArray[np.bool_]  # (paths,): the lender has taken a part of the book

    def risk(self, name: str) -> Estimate:
        """One of `RISKS`, $."""
        return RISKS[name](self.loss)


def desk_losses(
    scenario: Scenario, blueprint: Blueprint, desk: str, policy: Policy | None = None, *, price_takers: bool = False
) -> Losses:
    """Run all paths of a scenario at once, nothing written, and look at one hedger at the end.

    policy: in place of its own. price_takers: in the market that does not answer.
    """
    if policy is not None:
        scenario = with_policy(scenario, desk, policy)
    world = make_world(
        scenario,
        Chunk(ACTUAL, 0, scenario.run.paths),
        scenario.feedback,
        blueprint,
        tables=(),
        price_takers=price_takers,
    )
    world.run()
    return Losses(-world.pnl_now(desk), world.desks[desk].kept < 1.0)


def with_policy(scenario: Scenario, desk: str, policy: Policy) -> Scenario:
    """The scenario with another policy of one hedger."""
    agents = tuple(
        replace(agent, policy=policy) if isinstance(agent, Hedger) and agent.name == desk else agent
        for agent in scenario.agents
    )
    return replace(scenario, agents=agents)
