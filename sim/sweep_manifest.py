"""`sweep.json`, the description of a sweep: checked as a whole before use; gives the columns of its tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sim import schema
from sim.errors import UserError
from sim.json_file import read_json
from sim.names import malformed
from sim.sweep_shape import is_right

MANIFEST = "sweep.json"
POLICY = "policy"  # the axis of a sweep over policies, of which there is a frontier
NEEDED = ("name", "scenarios", "design", "axes", "cells", "metrics")
ENDS = ("", "_error")
# Columns of `cells` before and after those of the axes (those of the metrics follow); and columns of `paths`.
BEFORE = {"cell": "Int32", "id": "String", "scenario": "String"}
BLOCKS = {"block": "String", "row": "Int32"}
AFTER = {
    "seed": "Int64",
    "paths": "Int64",
    "status": "String",
    "error": "String",
    "seconds": "Float64",
    "engine": "String",
}
SCAN = ("value", "error", "cells", "bin")  # columns of a scan along an axis, besides the axis
PATHS = {
    "cell": "Int32",
    "world": "String",
    "path": "Int64",
    "pnl": "Float64",
    "unhedged_pnl": "Float64",
    "drawdown": "Float64",
    "capital_needed": "Float64",
    "reduced": "Boolean",
    "liquidated": "Boolean",
}
NEWEST = 2  # layout: 1 has one file per cell, 2 a journal and segments of many cells
AGAIN = "sweep again, or give the folder that `spiral sweep` wrote"


def read_manifest(place: Path) -> dict[str, Any]:
    """The manifest in a file. Raises UserError, with the key, if it is not a sweep's manifest."""
    try:
        found = read_json(place)
    except OSError as error:
        raise UserError("a manifest can be read", place=str(place), value=error.strerror) from None
    except ValueError as error:  # also for invalid UTF-8 and integers of thousands of digits
        raise UserError("a manifest is JSON", place=str(place), value=str(error), remedy=AGAIN) from None
    if not isinstance(found, dict):
        raise UserError("a manifest is a table", place=str(place), value=type(found).__name__, remedy=AGAIN)
    lacking = [key for key in NEEDED if key not in found]
    if lacking:
        raise UserError("a manifest is complete", place=str(place), value=f"lacks {', '.join(lacking)}", remedy=AGAIN)
    _check_types(found, place)
    _check_names(found, place)
    return found


def columns_of(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Names of the columns of `cells` and their polars types, from the manifest, so that all files have the same."""
    metrics = {f"{twin}{m}{e}": "Float64" for twin in ("", "twin_") for m in manifest["metrics"] for e in ENDS}
    blocks = BLOCKS if manifest["design"] == "saltelli" else {}
    return {**BEFORE, **{a["name"]: _kind(a) for a in manifest["axes"]}, **blocks, **AFTER, **metrics}


def _kind(axis: Mapping[str, Any]) -> str:
    """The type of an axis' column. Mixed values and tables are stored as text."""
    written = [entry["value"] for entry in axis["values"] or []]
    if written and all(isinstance(v, bool) for v in written):
        return "Boolean"
    if written and all(isinstance(v, int) and not isinstance(v, bool) for v in written):
        return "Int64"
    return "Float64" if all(isinstance(v, int | float) for v in written) else "String"


def _check_types(found: Mapping[str, Any], place: Path) -> None:
    described = {"tables": {}, **found}
    if is_right(found) and schema.is_right(described):
        return
    from pydantic import ValidationError

    from sim.sweep_schema import Manifest

    try:
        Manifest.model_validate(found)
        schema.read(described)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        rule = f"{key}: {first['msg'][:1].lower()}{first['msg'][1:]}" if key else str(first["msg"])
        value = None if first["type"] in ("missing", "value_error") else str(first["input"])[:40]
        raise UserError(rule, place=str(place), value=value, remedy=AGAIN) from None


def _check_names(found: Mapping[str, Any], place: Path) -> None:
    """Names are names, no two columns share one, and every cell has one id."""
    names = [axis["name"] for axis in found["axes"]]
    for what, name in [*(("axes", name) for name in names), *(("metrics", name) for name in found["metrics"])]:
        if (wrong := malformed(name)) is not None:  # "*" would stand for all columns
            raise UserError(wrong[0], place=f"{place}: {what}", value=name, remedy=AGAIN)
    others = columns_of({**found, "axes": []})
    twice = [name for i, name in enumerate(names) if name in others or name in names[:i]]
    if twice:
        raise UserError("an axis has a name of its own", place=f"{place}: axes", value=twice[0], remedy=AGAIN)
    if "ids" in found and len(found["ids"]) != found["cells"]:
        value = f"{len(found['ids'])} ids for {found['cells']} cells"
        raise UserError("every cell has an id", place=str(place), value=value, remedy=AGAIN)
