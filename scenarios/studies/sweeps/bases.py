"""Base scenarios of a sweep: what is common to their cells, read once."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from scenarios.checking.outside import is_pending
from scenarios.reading.based import with_base
from scenarios.reading.loading import find, from_dict
from scenarios.reading.overrides import expand, value_at
from scenarios.reading.shipped import catalogue, read_toml
from scenarios.reading.variants import Variants
from scenarios.scenario import Scenario
from scenarios.studies.sweeps.spec import Axis, SweepSpec
from sim.errors import UserError
from sim.place import Place

DESK = "{desk}"  # in a key: the scenario's first hedger by name, the desk of its figures
ANCHORS = "storyline.anchors"
ABSENT = object()


@dataclass(frozen=True)
class Base:
    """A base scenario: its tables as written, and every key with its value once the sweep's settings are made."""

    name: str
    tables: Mapping[str, Any]
    folder: Path | None
    settings: Mapping[str, Any]
    described: Mapping[str, Any]
    scenario: Scenario
    desk: str | None = None  # name of the first hedger
    known: dict[str, Any] = field(default_factory=dict)  # values of `described` by dotted key, as they are asked for

    def changed(self, changes: Mapping[str, Any]) -> Scenario:
        """The scenario with these keys changed. Raises UserError."""
        return self._variants.of(changes)

    @cached_property
    def _variants(self) -> Variants:
        return Variants(self.tables, self.name, self.folder, self.settings)

    def value(self, key: str) -> Any:
        """The key's value before anything varies; ABSENT where it is not there."""
        if key not in self.known:
            try:
                self.known[key] = value_at(self.described, key, Place(self.name))
            except UserError:
                self.known[key] = ABSENT
        return self.known[key]

    def hashed(self) -> str:
        """Hash of all that its cells have in common.

        The tables count as they are written, too: a change may leave to a default what they spell out.
        """
        parts = {"tables": self.tables, "settings": self.settings, "described": self.described}
        return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def read_base(spec: SweepSpec, given: str | Path | Scenario) -> Base:
    """The base scenario with the sweep's settings, a record with its outside world. Raises UserError."""
    if isinstance(given, Scenario):
        name, tables, folder = given.name, given.to_dict(), None
    else:
        path = _find(spec, given)
        name = path.stem if path == catalogue().get(path.stem) else str(given)
        folder = path.parent.resolve()
        tables = with_base(read_toml(path), Place(name), folder)
    run = {"seed": spec.seed, "paths": spec.paths, "twin": spec.twin, "witnesses": 0, "unhedged": False}
    ours = {f"run.{key}": value for key, value in run.items() if value is not None}
    desk = _desk(from_dict(tables, place=name, folder=folder, as_given=True))  # bounds are checked with the settings
    settings = {key.replace(DESK, desk): value for key, value in {**ours, **spec.common}.items()}
    scenario = from_dict(tables, place=name, folder=folder, overrides=settings)
    if is_pending(scenario.storyline):  # once for all cells: they vary in one outside world
        from scenarios.studies.calibrating.before_run import ready  # here: it is no part of a cell

        found = ready(scenario).to_dict()
        tables = {**tables, "storyline": found["storyline"], "notes": found["notes"]}
        settings.pop(ANCHORS, None)
        scenario = from_dict(tables, place=name, folder=folder, overrides=settings)
    _check_agent(spec, scenario)
    return Base(name, tables, folder, settings, scenario.to_dict(), scenario, None if desk == DESK else desk)


def keys_of(spec: SweepSpec, base: Base, axis: Axis) -> list[str]:
    """The axis' keys in this scenario. Raises UserError if there is none."""
    place = f"{spec.file}: axes.{axis.name}"
    found: list[str] = []
    for written in axis.keys:
        key = written.replace(DESK, _desk(base.scenario))
        matched = [k for k in expand(base.described, key) if "*" not in key or _fits(base, k, axis)]
        if not matched:
            raise UserError(f"no key of {base.name} is meant", value=written, place=place, remedy="`spiral keys` lists")
        found += matched
    return found


def scaled(base: Base, key: str, factor: float) -> float:
    """The scenario's value there, times the factor; whole numbers stay whole. Raises UserError."""
    value = value_at(base.described, key, Place(base.name)) if base.value(key) is ABSENT else base.value(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        at = f"{base.name}: {key}"
        raise UserError("only a number can be scaled", value=value, place=at, remedy="use apply = set")
    return round(value * factor) if isinstance(value, int) else value * factor


def _check_agent(spec: SweepSpec, scenario: Scenario) -> None:
    names = [agent.name for agent in scenario.agents]
    if spec.agent not in (None, "all", *names):
        remedy = f"agents: {', '.join([*names, 'all'])}"
        raise spec.mistake(f"{scenario.name} has no such agent", "agent", value=spec.agent, remedy=remedy)


def _find(spec: SweepSpec, given: str | Path) -> Path:
    """The scenario's file; one that is not found from here is looked for beside the sweep's file."""
    if spec.folder is not None and str(given) not in catalogue() and os.path.isfile(spec.folder / given):
        return spec.folder / given
    return find(given)


def _desk(scenario: Scenario) -> str:
    return scenario.desk.name if scenario.desk is not None else DESK


def _fits(base: Base, key: str, axis: Axis) -> bool:
    """Whether a key that `*` stands for can take the axis: one that is not given cannot be scaled."""
    return axis.apply == "set" or value_at(base.described, key, Place(base.name)) is not None
