"""Manifests that are accepted without pydantic are those that it accepts; keys are the same in both declarations."""

from __future__ import annotations

import copy
import dataclasses
import json
import math
import random
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from agents.desk.loss import LOSS
from agents.tables import TABLES
from sim import manifest_model, manifest_shape, schema, sweep_schema, sweep_shape
from sim.columns import Column
from sim.manifest import read_manifest
from sim.split import Group, Part, Split
from tests.synthetic_run import write_run
from tests.test_accepted import places

ODD: tuple[Any, ...] = (
    *(0, 1, -1, 2.0, -2.5, 1e300, 2**53 + 1, 2**63, 10**400, math.nan, math.inf, True, False, None),
    *("", "actual", "2020-03-16", "2020-13-16", "\ud800", "x" * 20_001, "a" * 64, "a" * 64 + "\n", "$"),
    *([], [1], ["a"], ["actual"], {}, {"a": 1}, {"a": "b"}, {"size": 3}, {"size": -1}, {"x": {"y": 1.0}}),
)
RUN: dict[str, Any] = {
    "name": "covid",
    "title": "Covid",
    "scenario": {
        "regime": "crisis",
        "description": "Much sold.",
        "clock": {"calendar": "XNYS"},
        "storyline": {
            "anchors": "observed",
            "calibration": {
                "paths": 100,
                **{name: {"actual": 0.3, "price_taker": 0.2, "error": 1} for name in manifest_shape.FIGURES},
            },
        },
        "agents": {"desk": {"type": "hedger", "capital": 1e9}},
    },
    "seed": 1,
    "paths": 100,
    "witnesses": 32,
    "worlds": ["actual", "price_taker"],
    "twin": "price_taker",
    "unhedged": None,
    "versions": {"polars": "2"},
    "content_hash": "ab",
    "timing": {"seconds": 3.0},
    "clock": {"first": "2020-02-19T16:00:00", "last": "2020-04-03T16:00:00", "ticks": 3, "days": 2},
    "anchors": [{"date": "2020-02-19", "spot": 3386.0, "vol": 0.1, "overnight": 0, "us2y": 0.0, "us10y": None}],
    "base": {"spot": 3386.0},
    "command": "spiral run",
    "profile": {"desk": {"TRADE": 0.1}},
    "digest": "cd",
    "files": {
        "marks/actual-0000000.parquet": {"size": 3, "sha256": "a" * 64},
        "marks/price_taker-0000000.parquet": 3,
    },
    **json.loads(json.dumps(schema.described(TABLES[:2], LOSS))),  # every table costs time in every trial
}
SWEEP: dict[str, Any] = {
    "name": "depth",
    "title": "",
    "description": "",
    "kind": "sweep",
    "scenarios": ["covid"],
    "design": "grid",
    "samples": None,
    "noise": "common",
    "seed": 1,
    "paths": 50,
    "twin": None,
    "agent": "desk",
    "keep": False,
    "settings": {"market.xi": 0.5},
    "desks": {"covid": {"name": "desk", "policy": ["kind"]}},
    "axes": [
        {
            "name": "depth",
            "keys": ["venue.asset.depth"],
            "apply": "set",
            "label": "Depth",
            "unit": "$",
            "scale": "log",
            "integer": False,
            "values": [{"value": 1.0, "text": "1"}, {"value": 2, "text": "2"}],
            "low": None,
            "high": 3,
        }
    ],
    "cells": 2,
    "ids": ["a", "b"],
    "metrics": {"pnl": {"label": "P&L", "unit": "$"}},
    "engine": {"fingerprint": "ab", "versions": {"polars": "2"}, "kept": []},
    "command": None,
    "layout": 2,
    "generation": 0,
    "loss": RUN["loss"],
}


def by_pydantic(model: type[BaseModel], told: Any, described: Any) -> Any:
    """What pydantic makes of the tables' description; False for a manifest that it refuses."""
    try:
        model.model_validate(told)
        return schema._adapter().validate_python(dict(described)) if schema.has_schema(described) else None
    except (ValidationError, RecursionError):
        return False


def of_run(told: Any) -> bool:
    """Whether it is plainly right; then pydantic says so too, and reads the same schema."""
    right = manifest_shape.is_right(told) and schema.is_right(told)
    if right:
        assert repr(schema.read(told)) == repr(by_pydantic(manifest_model.Manifest, told, told))
    return right


def of_sweep(told: Any) -> bool:
    described = {"tables": {}, **told}
    right = sweep_shape.is_right(told) and schema.is_right(described)
    if right:
        assert repr(schema.read(described)) == repr(by_pydantic(sweep_schema.Manifest, told, described))
    return right


def test_what_a_run_writes_is_plainly_right(tmp_path: Path) -> None:
    assert of_run(read_manifest(write_run(tmp_path / "run")))
    assert of_run(RUN)
    assert of_sweep(SWEEP)
    bare = {key: RUN[key] for key in manifest_shape.NEEDED}
    assert of_run(bare | {"of a later version": [1]})
    assert schema.read(bare) is None


@pytest.mark.parametrize(("told", "held"), [(RUN, of_run), (SWEEP, of_sweep)], ids=["run", "sweep"])
def test_changed_manifests_are_accepted_only_if_pydantic_does(told: dict[str, Any], held: Any) -> None:
    draw, yes = random.Random(7), 0
    every = [way for way in places(told) if way[0] not in ("tables", "rows")]
    every += [way for way in places(told) if way[0] in ("tables", "rows")][:40]
    for way in every:
        for value in draw.sample(ODD, 6):
            yes += held(changed(told, way, value))
        yes += held(changed(told, way, None, remove=True))
    assert 0.05 < yes / len(every) / 7 < 0.6


def changed(told: Any, way: tuple[Any, ...], value: Any, *, remove: bool = False) -> Any:
    """A copy with another value in one place, or without it."""
    if not way:
        return value
    found, (key, *rest) = copy.copy(told), way
    if remove and not rest:
        del found[key]
    else:
        found[key] = changed(told[key], tuple(rest), value, remove=remove)
    return found


def keys(model: Any) -> set[str]:
    return set(model.model_fields)


def needed(model: Any) -> set[str]:
    return {name for name, field in model.model_fields.items() if field.is_required()}


def test_both_declarations_have_the_same_keys() -> None:
    shape, model = manifest_shape, manifest_model
    pairs: list[tuple[dict[str, Any], Any]] = [
        (shape.MANIFEST, model.Manifest),
        (shape.FILE, model.File),
        (shape.CLOCK, model.Clock),
        (shape.ANCHOR, model.Anchor),
        (shape.EXPLAINED, model.Explained),
        (shape.CALIBRATION, model.Calibration),
        (shape.STORYLINE, model.Storyline),
        (shape.SCENARIO, model.Scenario),
        (sweep_shape.MANIFEST, sweep_schema.Manifest),
        (sweep_shape.AXIS, sweep_schema.Axis),
        (sweep_shape.METRIC, sweep_schema.Metric),
    ]
    for known, of in pairs:
        assert set(known) == keys(of), of
    assert set(shape.NEEDED) == needed(model.Manifest)
    assert set(sweep_shape.NEEDED) == needed(sweep_schema.Manifest)
    made: list[tuple[Any, Any]] = [(schema.COLUMN, Column), (schema.PART, Part), (schema.SPLIT, Split)]
    for reader, cls in (*made, (schema.SCHEMA, schema.Schema)):
        assert set(reader.args[2]) == {field.name for field in dataclasses.fields(cls)}
    assert {field.name for field in dataclasses.fields(Group)} == {"name", "label", "within"}
