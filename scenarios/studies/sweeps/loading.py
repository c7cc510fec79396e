"""Sweep files: TOML into a SweepSpec."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scenarios.parameters.models import build
from scenarios.reading.shipped import read_toml
from scenarios.scenario import plain_value
from scenarios.studies.sweeps.axis_names import check_axis_name
from scenarios.studies.sweeps.spec import Axis, SweepSpec, check_no_dates
from sim.errors import UserError
from sim.nearest import nearest
from sim.place import Place

REQUIRED = ("name", "scenarios", "axes")
NOT_IN_FILES = ("kind", "folder", "file")


def load_sweep(path: str | Path, scenarios: tuple[Any, ...] | None = None) -> SweepSpec:
    """A sweep file; over these scenarios, if given, in place of its own, which it then need not have.

    Raises UserError, with the file and the key, for what it gets wrong.
    """
    file = Path(path)
    tables = read_toml(file)
    if scenarios is None:
        return sweep_from_dict(tables, place=str(path), folder=file.parent.resolve())
    found = sweep_from_dict({**tables, "scenarios": [""]}, place=str(path), folder=file.parent.resolve())
    return dataclasses.replace(found, scenarios=scenarios)


def sweep_from_dict(tables: Mapping[str, Any], *, place: str = "sweep", folder: Path | None = None) -> SweepSpec:
    """A sweep from nested tables, as a TOML file gives them. Raises UserError."""
    root = Place(place)
    known = [f.name for f in dataclasses.fields(SweepSpec) if f.name not in NOT_IN_FILES]
    for key in tables:
        if key not in known:
            raise root.at(key).error("unknown key", remedy=nearest(key, known))
    for key in REQUIRED:
        if key not in tables:
            raise root.at(key).error("this key is required", remedy="docs/scenarios.md shows a sweep file")
    axes = _axes(tables["axes"], root.at("axes"))
    least = SweepSpec(name="sweep", scenarios=("",), axes=axes, file=place, folder=folder)
    return build(SweepSpec, {k: v for k, v in tables.items() if k != "axes"}, root, default=least)


def checked_spec(spec: SweepSpec) -> SweepSpec:
    """The same sweep, its own values held to the types and limits of a file's. Raises UserError."""
    own = [f for f in dataclasses.fields(SweepSpec) if f.name not in ("scenarios", "axes", "cells", "settings")]
    values = {f.name: getattr(spec, f.name) for f in own if f.name not in NOT_IN_FILES}
    plain = {key: plain_value(value) for key, value in values.items()}
    defaults = {f.name: f.default for f in own}
    given = {k: v for k, v in plain.items() if type(v) is not type(defaults[k]) or v != defaults[k]}
    return build(SweepSpec, given, Place(spec.file), default=spec)


def _axes(tables: Any, place: Place) -> tuple[Axis, ...]:
    if not isinstance(tables, Mapping) or not tables:
        raise place.error("must be a table of axes", value=tables, remedy="write [axes.NAME] with a key and values")
    made = []
    for name, table in tables.items():
        check_axis_name(name, str(place.at(name)))
        if isinstance(table, Mapping) and "name" in table:
            raise place.at(name, "name").error("an axis' name is its table's", remedy=f"rename [axes.{name}] instead")
        values = {**table, "name": name} if isinstance(table, Mapping) else table
        made.append(_axis(name, values, place.at(name)))
    return tuple(made)


def _axis(name: str, values: Any, place: Place) -> Axis:
    """An axis; what it refuses itself is told with the file."""
    own = f"axes.{name}"
    try:
        if isinstance(values, Mapping):
            check_no_dates(own, values.get("low"), values.get("high"))
        return build(Axis, values, place)
    except UserError as error:
        if error.place is None or not error.place.startswith(own):
            raise
        where = f"{place}{error.place.removeprefix(own)}"
        raise UserError(error.rule, value=error.value, place=where, remedy=error.remedy) from None
