"""The desks of a class, and the scenario in which they live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agents.funding.funding_desk import FundingDesk
from agents.hedging.hedger import Hedger
from scenarios.desk.trade.chosen import SHARED, SPLIT, Chosen
from scenarios.reading.loading import from_dict
from scenarios.scenario import Scenario
from sim.errors import UserError
from sim.named_tuple import NamedTuple

SIZES = ("quantity", "notional")  # keys of a position that are its size


class Place(NamedTuple):
    """Where a student's desk is: the name of the desk, and its path."""

    seat: str
    path: int


class ClassDesks(NamedTuple):
    """scenario: with a path for each where markets are their own. places: of the students. bots: desks by bot's name,
    where they live in the same market."""

    scenario: Scenario
    places: tuple[Place, ...]
    bots: dict[str, str]

    @property
    def seats(self) -> tuple[str, ...]:
        """Names of the desks whose orders come from the students."""
        return tuple(dict.fromkeys(place.seat for place in self.places))


def class_desks(chosen: Chosen, students: int) -> ClassDesks:
    """The world of a class. students: how many have joined when it begins. Raises UserError."""
    scenario = chosen.read_scenario()
    if chosen.mode != SHARED:
        one = scenario.with_run(paths=chosen.places, common_noise=True)
        return ClassDesks(one, tuple(Place(chosen.seat, path) for path in range(chosen.places)), {})
    names = [f"student_{number + 1:02}" for number in range(max(students, 1))]
    bots = {name: f"policy_{number + 1:02}" for number, (name, _) in enumerate(chosen.bots)}
    together = _together(scenario, chosen, names, bots)
    return ClassDesks(together, tuple(Place(name, 0) for name in names), bots)


def bot_scenario(chosen: Chosen, keys: Mapping[str, Any]) -> Scenario:
    """The scenario in which the desk acts by a policy, on one path with the noise of all."""
    changes = {f"agents.{chosen.seat}.{key}": value for key, value in keys.items()}
    found = from_dict(chosen.scenario, place="the class's scenario", overrides=changes, trust=False)
    return found.with_run(paths=1, witnesses=1, common_noise=True)


def _together(scenario: Scenario, chosen: Chosen, names: list[str], bots: dict[str, str]) -> Scenario:
    """One market with a copy of the desk for each; the copies have a lender of their own, with a line as large as its
    share of what the desk had."""
    tables = scenario.to_dict()
    agents = tables["agents"]
    taken = [name for name in (*names, *bots.values()) if name in agents]
    if taken:
        raise UserError("the scenario has an agent of that name already", value=taken[0], place="agents")
    desk = agents.pop(chosen.seat)
    share = 1.0 / (len(names) + len(bots)) if chosen.size == SPLIT else 1.0
    copies = {name: _part(desk, share) for name in names}
    copies |= {bots[bot]: _with(_part(desk, share), keys) for bot, keys in chosen.bots}
    _lend(scenario, chosen.seat, agents, list(copies), share)
    return from_dict({**tables, "agents": agents | copies}, place="the class's market", trust=False).with_run(
        paths=1, witnesses=1, unhedged=False
    )


def _part(desk: dict[str, Any], share: float) -> dict[str, Any]:
    """A desk with a share of the capital, and of every position."""
    book = [{k: v * share if k in SIZES and v is not None else v for k, v in line.items()} for line in desk["book"]]
    return {**desk, "capital": desk["capital"] * share, "book": book}


def _with(desk: dict[str, Any], keys: Mapping[str, Any]) -> dict[str, Any]:
    """A desk with keys changed: `policy.kind` and the like, at most two deep."""
    found = dict(desk)
    for key, value in keys.items():
        first, _, second = key.partition(".")
        found[first] = {**found[first], second: value} if second else value
    return found


def _lend(scenario: Scenario, seat: str, agents: dict[str, Any], names: list[str], share: float) -> None:
    """Give the copies a lender like the desk's."""
    lenders = [agent for agent in scenario.agents if isinstance(agent, FundingDesk)]
    named = [agent for agent in lenders if seat in agent.lends_to]
    mine = next(iter(named or [agent for agent in lenders if not agent.lends_to]), None)
    if mine is None:
        return
    if named:
        left = [name for name in mine.lends_to if name != seat]
        agents[mine.name]["lends_to"] = left
        if not left:
            del agents[mine.name]
    copy = {**agents.get(mine.name, scenario.to_dict()["agents"][mine.name]), "lends_to": names}
    agents[f"{mine.name}_class"] = {**copy, "line": mine.line * share}


def desk_of(scenario: Scenario, seat: str) -> Hedger:
    """The desk of that name."""
    found = scenario.agent(seat)
    assert isinstance(found, Hedger)
    return found
