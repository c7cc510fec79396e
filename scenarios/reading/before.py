"""Reading a scenario that is almost another one: parts whose tables are unchanged are not built again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sim.dataclass import dataclass

if TYPE_CHECKING:
    from agents.base import Agent
    from scenarios.scenario import Scenario


@dataclass(frozen=True)
class Before:
    """A scenario that passed all checks, and the tables that it was built from: overrides made, files read."""

    tables: Mapping[str, Any]
    scenario: Scenario

    def has(self, key: str, tables: Mapping[str, Any], *needs: str) -> bool:
        """Whether its part `key` is what other tables give: this table, and those that are needed too, are the same."""
        return all(same(tables.get(each), self.tables.get(each)) for each in (key, *needs))

    def agents(self, name: str, table: Any) -> list[Agent]:
        """The agents of this table; none if they have to be built."""
        made = self._agents.get(name, [])
        return made if made and same(table, self.tables["agents"][name]) else []

    @cached_property
    def passed(self) -> frozenset[int]:
        """Parts and agents whose values are plausible, by identity; none where they were taken as given."""
        if self.scenario.run.as_given:
            return frozenset()
        return frozenset(map(id, (*vars(self.scenario).values(), *self.scenario.agents)))

    @cached_property
    def _agents(self) -> dict[str, list[Agent]]:
        """The agents of each table, but of none that names a user's own class: it may keep things of its own."""
        rest, found = iter(self.scenario.agents), {}
        for name, table in self.tables.get("agents", {}).items():
            made = [next(rest) for _ in range(table.get("count", 1))]
            if not any(_import_paths(table)):
                found[name] = made
        return found


def same(one: Any, other: Any) -> bool:
    """Whether two values of a file are alike: tables and lists item by item, in their order; the rest by identity."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    return isinstance(one, list) and len(one) == len(other) and all(map(same, one, other))


def _import_paths(value: Any) -> Iterator[str]:
    """Texts in a table that could be import paths, `module:Class`."""
    if isinstance(value, str) and ":" in value:
        yield value
    for item in value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ():
        yield from _import_paths(item)
