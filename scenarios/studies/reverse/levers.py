"""What might have saved a desk: changes of its own, of its lender's terms, and of its market."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from agents.funding.frozen_margin import Frozen
from agents.funding.funding_desk import FundingDesk
from agents.funding.parametric_margin import Parametric
from agents.hedging.hedger import Hedger
from agents.policies import Band, Every, Never, Policy
from markets.specs.venue import VenueSpec

if TYPE_CHECKING:
    from agents.base import Agent
    from scenarios.scenario import Scenario


@dataclass(frozen=True)
class Lever:
    """One change. deaf: agents' trades leave no trace in the market."""

    name: str
    of: Callable[[Scenario, str], Scenario]
    deaf: bool = False


def levers(scenario: Scenario, desk: str) -> list[Lever]:
    """Those that change something here."""
    found = [
        Lever("half as much capital again", lambda s, d: _desk(s, d, lambda a: {"capital": 1.5 * a.capital})),
        Lever("half the book", lambda s, d: _desk(s, d, _half)),
        Lever("hedged at every tick", lambda s, d: _policy(s, d, Every(interval="tick"))),
        Lever("hedged every day", lambda s, d: _policy(s, d, Every(interval="1d"))),
        Lever("hedged to a band of 0.1", lambda s, d: _policy(s, d, Band(interval="tick", width=0.1))),
        Lever("never hedged", lambda s, d: _policy(s, d, Never())),
        Lever("twice the credit line", lambda s, d: _lenders(s, lambda a: {"line": 2 * a.line})),
        Lever(
            "half the initial margin", lambda s, d: _lenders(s, lambda a: {"margin_multiple": a.margin_multiple / 2})
        ),
        Lever("margin that does not rise", lambda s, d: _lenders(s, _frozen)),
        Lever(
            "two more days to meet a call", lambda s, d: _lenders(s, lambda a: {"deadline_days": a.deadline_days + 2})
        ),
        Lever("twice the depth of the asset", _deeper),
        Lever("nobody's trades move prices", lambda s, d: s, deaf=True),
    ]
    return [lever for lever in found if lever.deaf or lever.of(scenario, desk) != scenario]


def _desk(scenario: Scenario, desk: str, change: Callable[[Hedger], dict[str, Any]]) -> Scenario:
    return _agents(scenario, lambda a: isinstance(a, Hedger) and a.name == desk, change)


def _policy(scenario: Scenario, desk: str, policy: Policy) -> Scenario:
    return _desk(scenario, desk, lambda _: {"policy": policy})


def _half(hedger: Hedger) -> dict[str, Any]:
    scaled = {"notional", "quantity"}
    book = tuple(
        replace(line, **{key: value / 2 for key in scaled if (value := getattr(line, key, None)) is not None})
        for line in hedger.book
    )
    return {"book": book}


def _lenders(scenario: Scenario, change: Callable[[FundingDesk], dict[str, Any]]) -> Scenario:
    return _agents(scenario, lambda a: isinstance(a, FundingDesk), change)


def _frozen(lender: FundingDesk) -> dict[str, Any]:
    return {"margin_model": Frozen(of=lender.margin_model or Parametric())}


def _deeper(scenario: Scenario, desk: str) -> Scenario:
    asset: VenueSpec = scenario.venue.asset
    return replace(scenario, venue=replace(scenario.venue, asset=replace(asset, depth=2 * asset.depth)))


def _agents(scenario: Scenario, chosen: Callable[[Agent], bool], change: Callable[[Any], dict[str, Any]]) -> Scenario:
    agents = tuple(replace(agent, **change(agent)) if chosen(agent) else agent for agent in scenario.agents)
    return replace(scenario, agents=agents)
