"""Scenarios that differ from one another by a few keys, as the cells of a sweep do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.reading.loading import read_tables
from scenarios.reading.overrides import parse
from sim.place import Place

if TYPE_CHECKING:
    from scenarios.reading.before import Before
    from scenarios.scenario import Scenario


@dataclass(frozen=True)
class Variants:
    """Each is checked as `from_dict` does it, but only what differs from the first of them is built."""

    tables: Mapping[str, Any]  # as written
    place: str
    folder: Path | None
    settings: Mapping[str, Any]  # overrides that all of them have

    def of(self, changes: Mapping[str, Any]) -> Scenario:
        """What `from_dict` makes of the tables with settings and changes as overrides. Raises UserError."""
        both = parse({**self.settings, **changes})
        return read_tables(self.tables, Place(self.place), self.folder, both, before=self._first).scenario

    @cached_property
    def _first(self) -> Before:
        return read_tables(self.tables, Place(self.place), self.folder, parse(self.settings))
