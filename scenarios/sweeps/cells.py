"""The cells of a sweep: each a scenario with its parameters, known by the hash of all that it depends on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agents.hedger import Hedger
from scenarios.loading import find, from_dict
from scenarios.overrides import expand, value_at
from scenarios.place import Place
from scenarios.scenario import Scenario
from scenarios.shipped import catalogue, read_toml
from scenarios.sweeps.design import Point, points
from scenarios.sweeps.fingerprint import of_classes
from scenarios.sweeps.spec import Axis, SweepSpec, text_of
from sim.errors import UserError

DESK = "{desk}"  # in a key: the scenario's first hedger


@dataclass(frozen=True)
class Cell:
    """One run of a sweep."""

    index: int
    id: str  # hash of the scenario in full, the desk and what is kept of it
    base: str  # name of the base scenario
    values: Mapping[str, Any]  # by axis
    scenario: Scenario
    agent: str | None
    block: str | None = None
    row: int | None = None

    @property
    def title(self) -> str:
        """What messages call it: `cell 12 (depth 0.5, policy kind=band)`."""
        said = ", ".join(f"{name} {text_of(value)}" for name, value in self.values.items())
        return f"cell {self.index} ({self.base}: {said})"


@dataclass(frozen=True)
class _Base:
    """A base scenario: its tables as written, and every key with its value once the sweep's settings are made."""

    name: str
    tables: Mapping[str, Any]
    folder: Path | None
    settings: Mapping[str, Any]
    described: Mapping[str, Any]
    scenario: Scenario

    def changed(self, changes: Mapping[str, Any]) -> Scenario:
        return from_dict(self.tables, place=self.name, folder=self.folder, overrides={**self.settings, **changes})


def plan(spec: SweepSpec) -> list[Cell]:
    """Every cell in its order: scenarios outermost, then the design's points. Raises UserError for a bad one."""
    cells: list[Cell] = []
    for given in spec.scenarios:
        base = _base(spec, given)
        _check_agent(spec, base.scenario)
        seed = base.scenario.run.seed
        keys = {axis.name: _keys(spec, base, axis) for axis in spec.axes}
        for point in points(spec, seed):
            cells.append(_cell(spec, base, point, keys, len(cells)))
    return cells


def _check_agent(spec: SweepSpec, scenario: Scenario) -> None:
    names = [agent.name for agent in scenario.agents]
    if spec.agent not in (None, "all", *names):
        remedy = f"agents: {', '.join([*names, 'all'])}"
        raise spec.mistake(f"{scenario.name} has no such agent", "agent", value=spec.agent, remedy=remedy)


def _base(spec: SweepSpec, given: str | Path | Scenario) -> _Base:
    if isinstance(given, Scenario):
        name, tables, folder = given.name, given.to_dict(), None
    else:
        path = _find(spec, given)
        name = path.stem if path == catalogue().get(path.stem) else str(given)
        tables, folder = read_toml(path), path.parent.resolve()
    run = {"seed": spec.seed, "paths": spec.paths, "twin": spec.twin, "witnesses": 0}
    ours = {f"run.{key}": value for key, value in run.items() if value is not None}
    desk = _desk(from_dict(tables, place=name, folder=folder, as_given=True))  # bounds are checked with the settings
    settings = {key.replace(DESK, desk): value for key, value in {**ours, **spec.common}.items()}
    scenario = from_dict(tables, place=name, folder=folder, overrides=settings)
    return _Base(name, tables, folder, settings, scenario.to_dict(), scenario)


def _find(spec: SweepSpec, given: str | Path) -> Path:
    """The scenario's file; one that is not found from here is looked for beside the sweep's file."""
    if spec.folder is not None and str(given) not in catalogue() and (spec.folder / given).is_file():
        return spec.folder / given
    return find(given)


def _desk(scenario: Scenario) -> str:
    return next((agent.name for agent in scenario.agents if isinstance(agent, Hedger)), DESK)


def _keys(spec: SweepSpec, base: _Base, axis: Axis) -> list[str]:
    """The axis' keys in this scenario."""
    place = f"{spec.file}: axes.{axis.name}"
    found: list[str] = []
    for written in axis.keys:
        key = written.replace(DESK, _desk(base.scenario))
        matched = [k for k in expand(base.described, key) if "*" not in key or _fits(base, k, axis)]
        if not matched:
            raise UserError(f"no key of {base.name} is meant", value=written, place=place, remedy="`spiral keys` lists")
        found += matched
    return found


def _fits(base: _Base, key: str, axis: Axis) -> bool:
    """Whether a key that `*` stands for can take the axis: one that is not given cannot be scaled."""
    return axis.apply == "set" or value_at(base.described, key, Place(base.name)) is not None


def _cell(spec: SweepSpec, base: _Base, point: Point, keys: Mapping[str, list[str]], index: int) -> Cell:
    place = Place(base.name)
    changes: dict[str, Any] = {}
    for axis in spec.axes:
        for key in keys[axis.name]:
            value = point.values[axis.name]
            changes[key] = _scaled(base, key, value, place) if axis.apply == "scale" else value
    if spec.noise == "fresh" and "run.seed" not in changes:
        changes["run.seed"] = _fresh(base.scenario.run.seed, index)
    try:
        scenario = base.changed(changes)
    except UserError as error:
        said = ", ".join(f"{name} = {text_of(value)}" for name, value in point.values.items())
        at = f"{spec.file}: cell {index} ({said}): {(error.place or '').removeprefix('--set ')}"
        raise UserError(error.rule, value=error.value, place=at, remedy=error.remedy) from None
    return Cell(index, _id(scenario, spec.agent), base.name, point.values, scenario, spec.agent, point.block, point.row)


def _scaled(base: _Base, key: str, factor: float, place: Place) -> float:
    value = value_at(base.described, key, place)
    if isinstance(value, bool) or not isinstance(value, int | float):
        at = f"{base.name}: {key}"
        raise UserError("only a number can be scaled", value=value, place=at, remedy="use apply = set")
    return round(value * factor) if isinstance(value, int) else value * factor


def _fresh(seed: int, index: int) -> int:
    """A seed of its own for the cell, below 2^63."""
    state = np.random.SeedSequence(seed, spawn_key=(index,)).generate_state(1, np.uint64)
    return int(state[0] >> np.uint64(1))


def _id(scenario: Scenario, agent: str | None) -> str:
    policies = [getattr(each, "policy", None) for each in scenario.agents]
    own = of_classes(type(part) for part in (*scenario.agents, *policies) if part is not None)
    text = json.dumps({"scenario": scenario.to_dict(), "agent": agent, "own": own}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
