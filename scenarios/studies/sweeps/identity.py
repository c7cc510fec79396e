"""The identity of a cell: a hash of all that it depends on, found without building its scenario."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from agents.base import Agent
from scenarios.parameters.classes import KINDS, find_class
from scenarios.parameters.modules import Modules
from scenarios.scenario import Scenario
from scenarios.studies.sweeps.bases import Base
from scenarios.studies.sweeps.fingerprint import of_classes
from sim.errors import UserError

LENGTH = 12  # hex digits of an id


class Identity:
    """Ids of a base scenario's cells: of what they have in common, what they change, and the user's own classes."""

    def __init__(self, base: Base, agent: str | None) -> None:
        self._base = base
        self._own: dict[str, dict[str, str]] = {}  # hashes of modules, by the name of a class in them
        common = {"base": base.hashed(), "agent": agent, "own": own_of(base.scenario)}
        self._common = hashlib.sha256(json.dumps(common, sort_keys=True).encode())

    def of(self, changes: Mapping[str, Any]) -> str:
        """The id of the cell with these changes; a key that is set to what it has already changes nothing."""
        differs = {key: value for key, value in changes.items() if not _same(self._base.value(key), value)}
        own: dict[str, str] = {}
        for key, value in differs.items():
            for kind, name in _classes(key.rpartition(".")[2], value):
                own |= self._hashed(kind, name)
        found = self._common.copy()
        found.update(json.dumps({"changes": differs, "own": own}, sort_keys=True, default=str).encode())
        return found.hexdigest()[:LENGTH]

    def _hashed(self, kind: str, name: str) -> dict[str, str]:
        if name not in self._own:
            place, modules = self._base.name, Modules(self._base.folder)
            self._own[name] = {}
            for base in KINDS if kind == "kind" else (Agent,):
                with suppress(UserError):  # where it is of no base, the cell is refused when it is built
                    self._own[name] = of_classes([find_class(name, {}, base, place, modules)])
        return self._own[name]


def own_of(scenario: Scenario) -> dict[str, str]:
    """Hashes of the user's own modules that the scenario's agents, policies and models stand in."""
    chosen = [part for agent in scenario.agents for part in vars(agent).values() if isinstance(part, tuple(KINDS))]
    return of_classes(type(part) for part in (*scenario.agents, *chosen))


def first_layout_id(scenario: Scenario, agent: str | None) -> str:
    """The id in folders that keep a file a cell: a hash of the scenario in full."""
    text = json.dumps({"scenario": scenario.to_dict(), "agent": agent, "own": own_of(scenario)}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]


def _same(was: Any, value: Any) -> bool:
    return isinstance(was, bool) == isinstance(value, bool) and bool(was == value)


def _classes(key: str, value: Any) -> Iterator[tuple[str, str]]:
    """Import paths of classes in a change: what `kind` and `type` say, wherever they stand in it."""
    if isinstance(value, Mapping):
        for inner, item in value.items():
            yield from _classes(str(inner), item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _classes(key, item)
    elif key in ("kind", "type") and isinstance(value, str) and ":" in value:
        yield key, value
