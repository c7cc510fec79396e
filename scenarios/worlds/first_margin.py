"""What only the first margin of a run shows: a model of weights that lacks one for a factor of a book."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from agents.funding.funding_desk import FundingDesk
from agents.funding.models import MARGIN_MODELS
from scenarios.checking.outside import is_pending
from scenarios.parameters.unseen import unseen_in
from scenarios.scenario import Scenario
from scenarios.worlds.blueprint import Blueprint
from scenarios.worlds.without_effect import models_of
from sim.errors import UserError
from sim.names import ACTUAL
from sim.phases import Phase
from sim.place import Place


def check_first_margin(scenario: Scenario, blueprint: Blueprint, file: str | None = None) -> None:
    """Live the first day on one path if a lender's model has weights by factor.

    file: what the user calls the scenario; by default its name. Raises UserError as a run would.
    """
    if unseen_in(scenario.agents) or is_pending(scenario.storyline) or not any(map(_weighs, scenario.agents)):
        return
    from scenarios.worlds.world import make_world
    from sim.ensemble import Chunk

    alone = replace(scenario, run=replace(scenario.run, paths=1, witnesses=0))
    world = make_world(alone, Chunk(ACTUAL, 0, 1), alone.feedback, blueprint, tables=())
    try:
        next(tick for tick in world.stops(Phase.END) if blueprint.clock.is_close[tick])
    except UserError as error:
        at = Place(file or scenario.name)
        raise UserError(error.rule, value=error.value, place=at.around(error.place), remedy=error.remedy) from None


def _weighs(agent: Any) -> bool:
    return isinstance(agent, FundingDesk) and any(MARGIN_MODELS.is_a(model, "weights") for model in models_of(agent))
