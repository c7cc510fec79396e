"""A sweep as a dataset on disk: a manifest and a row a finished cell, opened lazily, while it runs or after."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.arguments import path, takes
from sim.dataset import Run, open_run
from sim.errors import UserError

if TYPE_CHECKING:
    import polars as pl

MANIFEST = "sweep.json"
NEEDED = ("name", "scenarios", "design", "axes", "cells", "metrics")
MAGIC = b"PAR1"  # what a whole Parquet file begins and ends with
ENDS = ("", "_error")
# Columns of `cells` around the axes' own, before the metrics'; and those of `paths`.
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
SCAN = ("value", "error", "cells", "bin")  # columns that a scan along an axis puts beside the axis' own
PATHS = {
    "cell": "Int32",
    "world": "String",
    "path": "Int64",
    "pnl": "Float64",
    "unhedged_pnl": "Float64",
    "cost_of_survival": "Float64",
    "liquidated": "Boolean",
}


class SweepResult:
    """A sweep, finished or under way. Every property reads the folder anew: what has finished since is in it.

    `manifest` says what was asked for; `cells` and `paths` are lazy polars frames over what has finished. A cell has
    finished when its file stands in `cells`: files of `paths` without one belong to a cell that was interrupted.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: tuple[list[tuple[str, int]], pl.DataFrame] | None = None

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Scenarios, design, axes, metrics with labels and units, engine, command."""
        manifest: dict[str, Any] = json.loads((self.path / MANIFEST).read_text(encoding="utf-8"))
        return manifest

    @property
    def axes(self) -> list[dict[str, Any]]:
        """The axes in the order of their columns: name, keys, apply, label, unit, scale, values or low and high."""
        return list(self.manifest["axes"])

    @property
    def files(self) -> dict[int, Path]:
        """The file of each finished cell by its number; the newer one where a cell was computed again."""
        found: dict[int, Path] = {}
        for place in sorted((self.path / "cells").glob("[0-9]*-*.parquet"), key=lambda place: place.name):
            number = int(place.name.partition("-")[0])
            if number not in found or _age(place) >= _age(found[number]):
                found[number] = place
        return found

    @property
    def done(self) -> int:
        """How many cells have finished, the failed ones among them."""
        return len(self.files)

    @property
    def complete(self) -> bool:
        """Whether every cell has finished."""
        return self.done >= int(self.manifest["cells"])

    @property
    def cells(self) -> pl.LazyFrame:
        """A row a finished cell, sorted by `cell`: parameters, status, metrics with their standard errors.

        The files are read when they have changed, at most once each time: a thousand small ones take a second.
        """
        places = list(self.files.values())
        stamp = [(place.name, _age(place)) for place in places]
        if self._read is None or self._read[0] != stamp:
            self._read = stamp, _scan(places, self.columns()).sort("cell").collect()
        return self._read[1].lazy()

    @property
    def paths(self) -> pl.LazyFrame:
        """A row a path and world of each cell that is done: the desk's results, sorted by cell, world and path."""
        places = [self.path / "paths" / place.name for _, place in sorted(self.files.items())]
        return _scan([place for place in places if place.is_file()], PATHS)

    def run(self, cell: int) -> Run:
        """The cell's own dataset. Raises UserError where it was not kept."""
        folder = self.path / "runs" / f"{cell:05d}"
        if not folder.is_dir():
            raise UserError(
                "a cell's own tables are there when the sweep keeps them",
                value=cell,
                place=str(folder),
                remedy="sweep with `keep = true`",
            )
        return open_run(folder)

    def columns(self) -> dict[str, str]:
        """Names and types of `cells`, see `columns_of`."""
        return columns_of(self.manifest)

    def __repr__(self) -> str:
        return (
            f"SweepResult({str(self.path)!r}: {self.manifest['name']}, {self.done} of {self.manifest['cells']} cells)"
        )


def columns_of(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Names of the columns of `cells` and their polars types, as a manifest has them: the same in every file."""
    metrics = {f"{twin}{m}{e}": "Float64" for twin in ("", "twin_") for m in manifest["metrics"] for e in ENDS}
    blocks = BLOCKS if manifest["design"] == "saltelli" else {}
    return {**BEFORE, **{a["name"]: _kind(a) for a in manifest["axes"]}, **blocks, **AFTER, **metrics}


@takes(folder=path)
def open_sweep(folder: str | Path) -> SweepResult:
    """Open a sweep's folder. Raises UserError where there is none or where it is broken."""
    place = Path(folder) / MANIFEST
    if not Path(folder).is_dir():
        raise UserError("a sweep is a folder", value=str(folder), remedy="give the folder that `spiral sweep` wrote")
    if not place.is_file():
        raise UserError(
            f"a sweep's folder has a {MANIFEST}", place=str(folder), remedy="give the folder that `spiral sweep` wrote"
        )
    sweep = SweepResult(Path(folder))
    try:
        lacking = [key for key in NEEDED if key not in sweep.manifest]
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UserError("a manifest is JSON", place=str(place), value=str(error), remedy="sweep again") from None
    if lacking:
        value = f"lacks {', '.join(lacking)}"
        raise UserError("a manifest is complete", place=str(place), value=value, remedy="sweep again")
    _check(sweep)
    return sweep


def _check(sweep: SweepResult) -> None:
    """Whether every finished cell's files are whole, as far as their ends tell."""
    for place in sweep.files.values():
        for part in (place, sweep.path / "paths" / place.name):
            if part.is_file() and not _whole(part):
                raise UserError(
                    "a cell's file is whole",
                    place=str(part),
                    value="a broken file",
                    remedy="delete it and sweep again: the other cells are kept",
                )


def _whole(place: Path) -> bool:
    with place.open("rb") as stream:
        first = stream.read(len(MAGIC))
        stream.seek(0, 2)
        if first != MAGIC or stream.tell() < 3 * len(MAGIC):
            return False
        stream.seek(-len(MAGIC), 2)
        return stream.read() == MAGIC


def _age(place: Path) -> int:
    return place.stat().st_mtime_ns


def _kind(axis: Mapping[str, Any]) -> str:
    """The type of an axis' column. Mixed values are text, as tables are."""
    written = [entry["value"] for entry in axis["values"] or []]
    if written and all(isinstance(v, bool) for v in written):
        return "Boolean"
    if written and all(isinstance(v, int) and not isinstance(v, bool) for v in written):
        return "Int64"
    return "Float64" if all(isinstance(v, int | float) for v in written) else "String"


def _scan(places: list[Path], columns: dict[str, str]) -> pl.LazyFrame:
    import polars as pl

    if places:
        return pl.scan_parquet(places)
    return pl.LazyFrame(schema={name: getattr(pl, kind) for name, kind in columns.items()})
