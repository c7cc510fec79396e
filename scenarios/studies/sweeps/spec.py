"""A sweep: base scenarios, axes, design, noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import numpy as np

from scenarios.reading.overrides import plain
from scenarios.scenario import Scenario
from scenarios.studies.sweeps.axis_names import check_axis_name
from sim.errors import UserError
from sim.names import same_name
from sim.params import param

Design = Literal["grid", "list", "latin_hypercube", "sobol", "saltelli"]
Kind = Literal["sweep", "frontier", "crowding"]
SCENARIOS = 'e.g. scenarios = ["covid_crash_2020"]'
SAMPLED: tuple[Design, ...] = ("latin_hypercube", "sobol", "saltelli")


def check_no_dates(place: str, low: Any, high: Any) -> None:
    """Raise UserError for a range between dates: which days lie between, holidays left out, its file has to say."""
    for name, value in (("low", low), ("high", high)):
        if _date(value):
            remedy = f'list the dates: values = ["{value}", ...]'
            raise UserError("a range is of numbers", value=str(value), place=f"{place}.{name}", remedy=remedy)


def _date(value: Any) -> bool:
    if not isinstance(value, str):
        return isinstance(value, date)
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One thing that a sweep varies: a key of the scenario, or several together.

    Either `values` lists them, or `low` and `high` bound a range. Raises UserError if neither or both are given, or
    where a range cannot be laid out.
    """

    name: str = param(help="name of the axis: a column of the results")
    keys: tuple[str, ...] = param((), help="dotted keys of the scenario that take the value, as in --set")
    key: str = param("", help="the same where there is one")
    values: tuple[Any, ...] = param((), help="the values; tables (a policy) are allowed")
    low: float | None = param(None, help="least value of a range")
    high: float | None = param(None, help="largest value of a range")
    steps: int = param(5, help="values of a range in a grid, both ends included", ge=2, le=1_000_000)
    scale: Literal["linear", "log"] = param("linear", help="how the range is divided, and drawn")
    integer: bool = param(False, help="whole numbers only: a range's values are rounded")
    apply: Literal["set", "scale"] = param("set", help="set the key to the value, or multiply what the scenario has")
    label: str = param("", help="what charts call it (default: the name)")
    unit: str = param("", help="unit of the value, for charts")

    def __post_init__(self) -> None:
        if self.key:
            object.__setattr__(self, "keys", (self.key, *self.keys))
            object.__setattr__(self, "key", "")
        place = f"axes.{self.name}"
        check_axis_name(self.name, place)
        if not self.keys:
            raise UserError("an axis has a key", place=place, remedy='e.g. key = "agents.hedger.policy.interval"')
        check_no_dates(place, self.low, self.high)
        ranged = self.low is not None or self.high is not None
        if ranged == bool(self.values):
            got = "both" if ranged else "neither, or no values"
            raise UserError("an axis has values, or low and high", value=got, place=place, remedy="give one of the two")
        self._check_values(place)
        if ranged:
            self._check_range(place)
        elif self.apply == "scale" and not all(_number(v) for v in self.values):
            raise UserError("a scaled axis has numbers", value=list(self.values), place=f"{place}.values")

    def _check_values(self, place: str) -> None:
        """Raise UserError for a value that stands twice: its cells would count twice in charts and means."""
        seen: set[Any] = set()
        for value in self.values:
            scalar = isinstance(value, bool | int | float | str)
            key = (isinstance(value, bool), value) if scalar else text_of(value)  # 1 is 1.0, and not true
            if key in seen:
                where = f"{place}.values"
                raise UserError("a value stands twice", value=text_of(value), place=where, remedy="drop one")
            seen.add(key)

    def _check_range(self, place: str) -> None:
        if self.low is None or self.high is None or not self.low < self.high:
            value = f"low {self.low}, high {self.high}"
            raise UserError("a range has low < high", value=value, place=place, remedy="give both")
        if self.scale == "log" and self.low <= 0:
            raise UserError("a log scale begins above zero", value=self.low, place=f"{place}.low")

    @property
    def ranged(self) -> bool:
        """Whether the axis is a range rather than a list of values."""
        return self.low is not None

    @property
    def drawn(self) -> Literal["linear", "log", "category"]:
        """The scale of a chart's axis."""
        if self.ranged or all(_number(v) for v in self.values):
            return self.scale
        return "category"

    def levels(self) -> list[Any]:
        """The values of a grid."""
        if not self.ranged:
            return list(self.values)
        return list(dict.fromkeys(self.at(i / (self.steps - 1)) for i in range(self.steps)))

    def at(self, share: float) -> Any:
        """The value at this share of the axis, in [0, 1]: of a range between its ends, of a list by position."""
        if self.low is None or self.high is None:
            return self.values[min(int(share * len(self.values)), len(self.values) - 1)]
        if self.scale == "log":
            found = self.low ** (1 - share) * self.high**share
        else:
            found = self.low * (1 - share) + self.high * share
        # twelve digits: steps of a range read 0.1, not 0.1000000001, and are the same on every machine
        rounded = float(np.format_float_scientific(found, precision=11))
        return round(rounded) if self.integer else min(max(rounded, self.low), self.high)


@dataclass(frozen=True, kw_only=True)
class SweepSpec:
    """Base scenarios and what varies. Raises UserError for axes and a design that do not fit together."""

    name: str = param(help="short name: letters, digits, - and _; names the sweep's folder")
    title: str = param("", help="one line for charts (default: the name)")
    description: str = param("", help="what is asked")
    scenarios: tuple[Any, ...] = param(help="base scenarios: presets' names, files or Scenarios; each has every cell")
    axes: tuple[Axis, ...] = param((), help="what varies, one table each")
    design: Design = param(
        "grid", help="grid: every combination; list: [[cells]]; latin_hypercube, sobol: samples; saltelli: for indices"
    )
    cells: tuple[Mapping[str, Any], ...] = param((), help="the cells of a list: one table of axis values each")
    samples: int | None = param(
        None, help="points of a sampled design; saltelli has samples x (axes + 2) cells", ge=2, le=2**20
    )
    noise: Literal["common", "fresh"] = param("common", help="the same random numbers in every cell, or others in each")
    seed: int | None = param(
        None, help="seed of the noise and of a sampled design (default: the scenario's)", ge=0, lt=2**63
    )
    paths: int | None = param(None, help="Monte Carlo paths of a cell (default: the scenario's)", gt=0)
    twin: Literal["price_taker", "frozen", "none"] | None = param(
        None, help="the world to compare with (default: the scenario's)"
    )
    agent: str | None = param(None, help="desk whose figures are kept, or all (default: the first hedger)")
    keep: bool = param(False, help="keep each cell's own dataset too")
    settings: Mapping[str, Any] = param(factory=dict, help="keys that every cell has, dotted or as tables")
    kind: Kind = param("sweep", help="what reads it: the sweep's report, or the frontier's")
    folder: Path | None = None  # of the sweep's file: scenarios are looked for there
    file: str = "sweep"  # what messages call it; neither is a key of the file

    def __post_init__(self) -> None:
        if not self.name or not self.name.replace("-", "").replace("_", "").isalnum() or not self.name.isascii():
            raise self.mistake("must be letters, digits, - and _", "name", value=self.name)
        if isinstance(self.scenarios, str | Path | Scenario):
            raise self.mistake("base scenarios are a list", "scenarios", value=self.scenarios, remedy=SCENARIOS)
        if not self.scenarios:
            raise self.mistake("a sweep has a scenario", "scenarios", remedy=SCENARIOS)
        for base in self.scenarios:
            if not isinstance(base, str | Path | Scenario):
                raise self.mistake("a base scenario is a name or a file", "scenarios", value=base, remedy=SCENARIOS)
        if not self.axes:
            raise self.mistake("a sweep has an axis", "axes", remedy="write [axes.NAME] with a key and values")
        names = [axis.name for axis in self.axes]
        if len(set(map(same_name, names))) < len(names):
            raise self.mistake("axes have different names", "axes", value=", ".join(names))
        self._check_keys()
        if self.design in SAMPLED and self.samples is None:
            raise self.mistake("a sampled design says how many", "samples", remedy="e.g. samples = 64")
        if self.design in ("sobol", "saltelli") and self.samples and self.samples & (self.samples - 1):
            near = 2 ** round(np.log2(self.samples))
            remedy = f"e.g. {near}: a Sobol sequence is balanced there"
            raise self.mistake("must be a power of two", "samples", value=self.samples, remedy=remedy)
        self._check_list(names)

    def _check_keys(self) -> None:
        """Raise UserError for a key that a later axis sets once more, itself or with the table that it stands in."""
        for i, axis in enumerate(self.axes):
            for key, later in ((key, later) for key in axis.keys for later in self.axes[i + 1 :]):
                if any(f"{key}.".startswith(f"{other}.") for other in later.keys):
                    rule = f"the axes {axis.name} and {later.name} set the same key: {axis.name} changes nothing"
                    remedy = "drop one; a table comes before a key in it"
                    raise self.mistake(rule, f"axes.{later.name}", value=key, remedy=remedy)

    def _check_list(self, names: list[str]) -> None:
        if (self.design == "list") != bool(self.cells):
            remedy = "give both or neither"
            raise self.mistake("[[cells]] belong to design = 'list'", "cells", value=self.design, remedy=remedy)
        for i, cell in enumerate(self.cells):
            if set(cell) != set(names):
                wrong = sorted(set(cell) ^ set(names))
                rule = "a cell has a value for each axis, and no other"
                raise self.mistake(rule, f"cells.{i + 1}", value=", ".join(wrong), remedy=f"axes: {', '.join(names)}")

    def mistake(self, rule: str, key: str, *, value: Any = None, remedy: str | None = None) -> UserError:
        """The user's mistake at a key of the sweep."""
        return UserError(rule, value=value, place=f"{self.file}: {key}", remedy=remedy)

    @property
    def common(self) -> dict[str, Any]:
        """The settings by dotted key."""
        return dict(plain(self.settings))


def text_of(value: Any) -> str:
    """A value as results write it: `kind=band width=0.02` for a table."""
    if isinstance(value, Mapping):
        return " ".join(f"{key}={text_of(inner)}" for key, inner in value.items())
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
