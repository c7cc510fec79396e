"""Scenarios made in Python: their values held to the same types and limits as those of a file."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, get_args, get_origin

from agents.base import Agent
from scenarios.checking.checks import check
from scenarios.parameters.accepted import accepted
from scenarios.parameters.classes import KINDS
from scenarios.parameters.hints import chosen_keys, hints_of
from scenarios.reading.loading import DEFAULTS, TEXTS, load
from scenarios.scenario import Scenario, plain_value
from sim.arguments import path
from sim.place import Place

PARTS = (*DEFAULTS, "storyline", "run")


def meant(scenario: Any) -> Scenario:
    """A scenario, or the one that a name or a file means, in order. Raises UserError."""
    if isinstance(scenario, Scenario):
        return scenario
    return load(path("scenario", scenario))


def check_values(scenario: Scenario) -> None:
    """Raise UserError for a value that no file could have given; a file's own values pass, they were checked so."""
    place = Place(str(scenario.name))
    for key in TEXTS:
        if not isinstance(getattr(scenario, key), str):
            raise place.at(key).error("must be a string", value=getattr(scenario, key))
    for key in PARTS:
        _check(getattr(scenario, key), hints_of(Scenario)[key], place.at(key))
    for key in ("assets", "agents"):
        if not isinstance(getattr(scenario, key), tuple | list):
            raise place.at(key).error("must be a tuple", value=getattr(scenario, key))
    for asset in scenario.assets:
        _check(asset, type(asset), place.at("assets", asset.name))
    for agent in scenario.agents:
        if not isinstance(agent, Agent):
            raise place.at("agents").error("must be agents", value=agent, remedy="derive it from agents.base.Agent")
        _check(agent, type(agent), place.at("agents", agent.name))
        for key, base in chosen_keys(type(agent)).items():
            _check(getattr(agent, key), base, place.at("agents", agent.name, key))
    try:
        json.dumps(scenario.to_dict())
    except (TypeError, ValueError) as error:
        raise place.error(f"a scenario's values can be written down ({error})", remedy="use plain types") from None
    check(scenario, place)


def _check(value: Any, cls: type[Any], place: Place) -> None:
    """Hold the fields of a parameter dataclass to their types and limits."""
    if value is None and cls in KINDS:
        return
    if not isinstance(value, cls):
        raise place.error(f"must be a {cls.__name__}", value=value)
    cls = type(value)
    fields, hints = [f.name for f in dataclasses.fields(value)], _hints(cls)
    for key in fields:
        _check_made(getattr(value, key), hints.get(key), place.at(key))
    table = {key: _table(getattr(value, key)) for key in fields}
    if accepted(cls, table) is not None:
        return
    from scenarios.parameters.validation import can_be_written, validated  # they load pydantic

    if can_be_written(cls):  # else a class of the user's own with fields of types that no file has
        validated(cls, table, place)


def _hints(cls: type[Any]) -> dict[str, Any]:
    known: Any = hints_of  # mypy takes a class variable of a type variable for unhashable
    try:
        found: dict[str, Any] = known(cls)
    except (NameError, TypeError):  # a class of the user's own whose fields no file can give
        return {}
    return found


def _check_made(value: Any, hint: Any, place: Place) -> None:
    """Raise UserError for a table, as a file has it, in the place of the parameter dataclass that is made from it."""
    inner = get_args(hint)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        if isinstance(value, Mapping | str):
            raise place.error(f"must be a {hint.__name__}", value=value, remedy="make one: tables are for files")
    elif get_origin(hint) is tuple and isinstance(value, tuple | list):
        for i, item in enumerate(value):
            _check_made(item, inner[0], place.at(i))
    elif get_origin(hint) is dict and isinstance(value, Mapping):
        for key, item in value.items():
            _check_made(item, inner[1], place.at(str(key)))


def _table(value: Any) -> Any:
    """A dataclass as nested tables; numpy's scalars as Python's."""
    if isinstance(value, tuple(KINDS)):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _table(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {key: _table(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(_table(item) for item in value)
    return plain_value(value)
