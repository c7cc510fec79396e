"""The cells of a sweep: counted and known by their ids at once, built as scenarios only when they are to run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, overload

import numpy as np

from scenarios.scenario import Scenario
from scenarios.studies.sweeps.bases import Base, keys_of, read_base, scaled
from scenarios.studies.sweeps.design import Point, Points, points
from scenarios.studies.sweeps.identity import Identity, first_layout_id
from scenarios.studies.sweeps.spec import SweepSpec, text_of
from sim.errors import UserError

MOST = 100_000  # cells of a sweep that runs
KEPT = 10_000  # scenarios, of some kilobytes each, that are kept from the check of all cells until their turn comes


@dataclass(frozen=True)
class Cell:
    """One run of a sweep."""

    index: int
    id: str  # hash of all that it depends on
    base: str  # name of the base scenario
    values: Mapping[str, Any]  # by axis
    scenario: Scenario
    agent: str | None
    block: str | None = None
    row: int | None = None

    @property
    def title(self) -> str:
        """Its name in messages: `cell 12 (depth 0.5, policy kind=band)`."""
        said = ", ".join(f"{name} {text_of(value)}" for name, value in self.values.items())
        return f"cell {self.index} ({self.base}: {said})"


@dataclass(frozen=True)
class Planned:
    """A cell before its scenario is built: its place on the axes, and the keys that it changes."""

    index: int
    base: int  # position of its base scenario
    point: Point
    changes: Mapping[str, Any]


class Plan(Sequence[Cell]):
    """Every cell in its order: scenarios outermost, then the design's points. A cell is built when it is asked for."""

    def __init__(self, spec: SweepSpec) -> None:
        self.spec = spec
        self.bases: list[Base] = [read_base(spec, given) for given in spec.scenarios]
        self._keys = [{axis.name: keys_of(spec, base, axis) for axis in spec.axes} for base in self.bases]
        by_seed: dict[int, Points] = {}
        for base in self.bases:
            seed = base.scenario.run.seed
            by_seed.setdefault(seed, by_seed[seed] if seed in by_seed else points(spec, seed))
        self._points = [by_seed[base.scenario.run.seed] for base in self.bases]
        self.each = len(self._points[0])  # cells of a base scenario
        self._runs: dict[str, tuple[int, int, str | None]] = {}
        self._checked: dict[int, Scenario] = {}

    def __len__(self) -> int:
        return self.each * len(self.bases)

    @overload
    def __getitem__(self, i: int) -> Cell: ...

    @overload
    def __getitem__(self, i: slice) -> list[Cell]: ...

    def __getitem__(self, i: int | slice) -> Cell | list[Cell]:
        """Cell i with its scenario, or several. Raises UserError if the scenario refuses its values."""
        found = range(len(self))[i]
        return self._built(found) if isinstance(found, int) else [self._built(each) for each in found]

    def planned(self, index: int) -> Planned:
        """Cell `index` without its scenario."""
        number, at = divmod(index, self.each)
        base, point = self.bases[number], self._points[number][at]
        changes: dict[str, Any] = {}
        for axis in self.spec.axes:
            value = point.values[axis.name]
            for key in self._keys[number][axis.name]:
                changes[key] = scaled(base, key, value) if axis.apply == "scale" else value
        if self.spec.noise == "fresh" and "run.seed" not in changes:
            changes["run.seed"] = _fresh(base.scenario.run.seed, index)
        return Planned(index, number, point, changes)

    @cached_property
    def ids(self) -> list[str]:
        """The id of every cell."""
        return [self.id_of(self.planned(index)) for index in range(len(self))]

    def id_of(self, planned: Planned) -> str:
        """The id of a cell."""
        return self._identities[planned.base].of(planned.changes)

    @cached_property
    def _identities(self) -> list[Identity]:
        return [Identity(base, self.spec.agent) for base in self.bases]

    def first_layout_ids(self) -> list[str]:
        """Ids as folders with a file a cell have them: every scenario is built for them."""
        return [first_layout_id(self._scenario(self.planned(i)), self.spec.agent) for i in range(len(self))]

    def check(self, indices: Iterable[int] | None = None) -> None:
        """Build the cells, or some. Raises UserError for a bad one."""
        for index in range(len(self)) if indices is None else indices:
            scenario = self._scenario(self.planned(index))
            if len(self._checked) < KEPT:
                self._checked[index] = scenario

    def check_count(self) -> None:
        """Whether so many cells can be run. Raises UserError."""
        if len(self) > MOST:
            remedy = (
                "give axes fewer values or fewer samples, or make several sweeps; --dry-run says what it would take"
            )
            raise self.spec.mistake(f"a sweep runs at most {MOST:,} cells", "axes", value=len(self), remedy=remedy)

    def run_of(self, index: int) -> tuple[int, int, str | None]:
        """Seed, paths and twin's name of a cell, of which only the settings of its run are looked at."""
        planned = self.planned(index)
        changes = {k: v for k, v in planned.changes.items() if k.partition(".")[0] == "run"}
        seed, paths = changes.pop("run.seed", None), changes.pop("run.paths", None)
        key = f"{planned.base} {json.dumps(changes, sort_keys=True, default=str)}"
        if key not in self._runs:
            scenario = self._scenario(planned) if changes else self.bases[planned.base].scenario
            twin = scenario.twin.name if scenario.twin else None
            self._runs[key] = scenario.run.seed, scenario.run.paths, twin
        found = self._runs[key]
        return (found[0] if seed is None else seed), (found[1] if paths is None else paths), found[2]

    def _built(self, index: int) -> Cell:
        planned = self.planned(index)
        point, name = planned.point, self.bases[planned.base].name
        scenario = self._checked.pop(index, None) or self._scenario(planned)
        made = self.id_of(planned)
        return Cell(index, made, name, point.values, scenario, self.spec.agent, point.block, point.row)

    def _scenario(self, planned: Planned) -> Scenario:
        try:
            return self.bases[planned.base].changed(planned.changes)
        except UserError as error:
            said = ", ".join(f"{name} = {text_of(value)}" for name, value in planned.point.values.items())
            at = f"{self.spec.file}: cell {planned.index} ({said}): {(error.place or '').removeprefix('--set ')}"
            raise UserError(error.rule, value=error.value, place=at, remedy=error.remedy) from None


def _fresh(seed: int, index: int) -> int:
    """A seed of its own for the cell, below 2^63."""
    state = np.random.SeedSequence(seed, spawn_key=(index,)).generate_state(1, np.uint64)
    return int(state[0] >> np.uint64(1))
