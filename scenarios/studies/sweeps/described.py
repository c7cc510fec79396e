"""A sweep's manifest, and the row of a finished cell."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from agents.desk.loss import loss
from markets.specs.smiles import smile_moves
from scenarios.studies.sweeps.bases import Base
from scenarios.studies.sweeps.cell_run import CellResult
from scenarios.studies.sweeps.cells import Plan
from scenarios.studies.sweeps.fingerprint import versions
from scenarios.studies.sweeps.spec import Axis, SweepSpec, text_of
from scenarios.worlds.tables import has_counterparty
from sim import schema
from sim.metric_names import metrics
from sim.sweep_manifest import ENDS, NEWEST


def make_manifest(spec: SweepSpec, cells: Plan, command: str | None, engine: str) -> dict[str, Any]:
    """The sweep and the engine that answers it (its fingerprint), as in `sweep.json`."""
    runs = {cells.run_of(index) for index in range(len(cells))}
    twins = {twin for _, _, twin in runs}
    parts = loss(
        fx=any(bool(base.scenario.market.fx) for base in cells.bases),
        credit=any(bool(base.scenario.market.credits) for base in cells.bases),
        smile=any(smile_moves(base.scenario.market, base.scenario.assets) for base in cells.bases),
        counterparty=any(has_counterparty(base.scenario) for base in cells.bases),
    )
    manifest = {
        "name": spec.name,
        "title": spec.title or spec.name,
        "description": spec.description,
        "kind": spec.kind,
        "scenarios": list(dict.fromkeys(base.name for base in cells.bases)),
        "design": spec.design,
        "samples": spec.samples,
        "noise": spec.noise,
        "seed": cells.run_of(0)[0] if spec.seed is None else spec.seed,
        "paths": max(paths for _, paths, _ in runs),
        "twin": twins.pop() if len(twins) == 1 else None,
        "agent": spec.agent,
        "keep": spec.keep,
        "settings": spec.common,
        "desks": {base.name: _desk(base) for base in cells.bases if base.desk is not None and base.folder is not None},
        "axes": [_axis(axis) for axis in spec.axes],
        "cells": len(cells),
        "ids": cells.ids,
        "metrics": {name: {"label": name, "unit": "number"} for name in metrics(parts)},
        "loss": schema.described((), parts)["loss"],
        "engine": {"fingerprint": engine, "versions": versions(), "kept": []},
        "command": command,
        "layout": NEWEST,
        "generation": 0,
    }
    read_back: dict[str, Any] = json.loads(json.dumps(manifest, default=str))  # dates are texts in both
    return read_back


def _desk(base: Base) -> dict[str, Any]:
    """The desk that `{desk}` stands for, and the keys of its policy that a change by key would leave behind."""
    above = f"agents.{base.desk}.policy."
    agents = base.tables.get("agents")
    own = agents.get(base.desk) if isinstance(agents, Mapping) else None
    policy = own.get("policy") if isinstance(own, Mapping) else None
    written = list(policy) if isinstance(policy, Mapping) else []
    written += [key.removeprefix(above) for key in base.settings if key.startswith(above)]
    return {"name": base.desk, "policy": list(dict.fromkeys(written))}


def _axis(axis: Axis) -> dict[str, Any]:
    values = None if axis.ranged else [{"value": value, "text": text_of(value)} for value in axis.values]
    return {
        "name": axis.name,
        "keys": list(axis.keys),
        "apply": axis.apply,
        "label": axis.label or axis.name,
        "unit": axis.unit,
        "scale": axis.drawn,
        "integer": axis.integer,
        "values": values,
        "low": axis.low,
        "high": axis.high,
    }


def known_of(cells: Plan, index: int, columns: Mapping[str, str]) -> dict[str, Any]:
    """A cell's row before it runs: its number, id, scenario, axis values, seed and paths."""
    planned = cells.planned(index)
    seed, paths, _ = cells.run_of(index)
    point = planned.point
    row: dict[str, Any] = {"cell": index, "id": cells.ids[index], "scenario": cells.bases[planned.base].name}
    row |= {"seed": seed, "paths": paths}
    row |= {k: text_of(v) if columns[k] == "String" else v for k, v in point.values.items()}
    return row | ({"block": point.block, "row": point.row} if point.block is not None else {})


def found_of(result: CellResult) -> dict[str, Any]:
    """The result in a cell's row: status, and every figure with its standard error; a missing figure is null."""
    figures = {f"{name}{end}": n for name, pair in result.metrics.items() for end, n in zip(ENDS, pair, strict=True)}
    plain = {k: None if n is None or math.isnan(n) else float(n) for k, n in figures.items()}
    seconds = round(result.seconds, 6)
    return {"status": result.status, "error": result.error, "seconds": seconds, "engine": result.engine, **plain}
