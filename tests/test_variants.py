"""Scenarios that differ by a few keys are what `from_dict` makes of each, and share what is the same in all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scenarios.reading.before import same
from scenarios.reading.loading import from_dict
from scenarios.reading.shipped import catalogue, read_toml
from scenarios.reading.variants import Variants
from sim.errors import UserError

SETTINGS = {"run.seed": 5, "run.paths": 32, "agents.hedger.policy.kind": "band", "agents.hedger.policy.width": 0.05}
CHANGES: tuple[dict[str, Any], ...] = (
    {},
    {"venue.asset.depth": 9e9},
    {"agents.hedger.capital": 2e9, "feedback.impact": 0.0},
    {"agents.hedger.policy.width": 0.1, "run.seed": 7},
    {"agents.hedger.policy": {"kind": "every", "interval": "1d"}},
    {"agents.bank.count": 3},
    {"storyline.anchors": "exogenous", "storyline.anchor.2.vol": 0.4, "market.skew": -0.2},
    {"run.twin": {"impact": 0.0}, "feedback.margin": 0.5},
    {"run.paths": 32},
    {"market.rates.nodes.y5": {"years": 5.0}, "storyline.anchors": "exogenous", "storyline.anchor.1.nodes.y5": 0.01},
    {"clock.tick_minutes": 130, "credit.law": "elasticity"},
)
WRONG: tuple[dict[str, Any], ...] = (
    {"venue.asset.depth": -1.0},
    {"venue.asset.depth": 3.0},
    {"venue.nowhere.depth": 1e9},
    {"agents.hedger.capital": "much"},
    {"agents.hedger.policy": {"kind": "nobody"}},
    {"agents.bank.count": 0},
    {"agents.bank": 3},
    {"storyline.anchor.1.spot": None},
    {"storyline.anchor.2.date": "2019-01-01"},
    {"market.skew": 12.0},
    {"run.seed": -1},
    {"venue.asset.halts.1.x": 3},
    {"nothing.here": 1},
    {"storyline.calibration.vol_rise.memory": 1e6},
)


def variants(name: str = "covid_crash_2020", **settings: Any) -> Variants:
    return Variants(read_toml(catalogue()[name]), name, None, {**SETTINGS, **settings})


def alone(family: Variants, changes: dict[str, Any]) -> Any:
    return from_dict(family.tables, place=family.place, overrides={**family.settings, **changes})


@pytest.mark.parametrize("changes", CHANGES, ids=str)
def test_a_variant_is_the_scenario_alone(changes: dict[str, Any]) -> None:
    family = variants()
    found, expected = family.of(changes), alone(family, changes)
    assert found == expected
    assert found.to_dict() == expected.to_dict()


@pytest.mark.parametrize("changes", WRONG, ids=str)
def test_a_mistake_is_told_in_the_same_words(changes: dict[str, Any]) -> None:
    family = variants()
    with pytest.raises(UserError) as expected:
        alone(family, changes)
    with pytest.raises(UserError) as found:
        family.of(changes)
    assert str(found.value) == str(expected.value)


def test_only_what_differs_is_built() -> None:
    family = variants()
    one, other = family.of({}), family.of({"venue.asset.depth": 9e9, "agents.hedger.capital": 2e9})
    assert one.market is other.market and one.storyline is other.storyline
    assert one.venue is not other.venue
    assert [a is b for a, b in zip(one.agents, other.agents, strict=True)].count(False) == 1


def test_levels_taken_as_given_are_looked_at_again() -> None:
    """The first scenario takes a vol of 40 as given; the cell that does not is refused."""
    family = variants(**{"run.as_given": True, "market.skew": -12.0})
    family.of({})
    with pytest.raises(UserError, match="skew"):
        family.of({"run.as_given": False})


def test_agents_of_the_users_own_are_not_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        "from dataclasses import dataclass\n"
        "from agents.base import Agent\n\n\n"
        "@dataclass(frozen=True, kw_only=True)\n"
        "class Idle(Agent):\n"
        "    def live(self, world):\n"
        "        yield from ()\n"
    )
    (tmp_path / "idle_of_variants.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    family = variants(**{"agents.own.type": "idle_of_variants:Idle"})
    one, other = family.of({}), family.of({})
    apart = {a.name for a, b in zip(one.agents, other.agents, strict=True) if a is not b}
    assert apart == {"own"}


def test_the_tables_stay_as_they_were() -> None:
    family = variants()
    before = read_toml(catalogue()["covid_crash_2020"])
    for changes in CHANGES:
        family.of(changes)
    assert family.tables == before


def test_numbers_of_another_kind_are_not_the_same() -> None:
    assert not same({"a": 1}, {"a": 1.0}) and not same({"a": 1}, {"a": True})
    assert not same({"a": 1, "b": 2}, {"b": 2, "a": 1}), "the order of agents counts"
    assert same({"a": [1, {"b": "c"}]}, {"a": [1, {"b": "c"}]})
