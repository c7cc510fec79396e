"""A sweep's folder: what is finished stands in it whole, whatever is killed and when.

A cell's files are written aside, flushed to the disk and renamed; the row in `cells` comes last, so that a cell either
has finished or has to be run. Only the process that holds the folder's lock writes.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from analysis.summary import NAMES
from scenarios.sweeps.cell_run import DONE, FAILED, CellResult
from scenarios.sweeps.cells import Cell
from scenarios.sweeps.fingerprint import fingerprint, versions
from scenarios.sweeps.spec import Axis, SweepSpec, text_of
from sim.errors import SpiralError, UserError
from sim.sweep_dataset import ENDS, MANIFEST, PATHS, SweepResult, columns_of, open_sweep

if TYPE_CHECKING:
    import polars as pl

Changed = Literal["refuse", "recompute", "keep"]
LOCK, ASIDE, CELLS, PATHS_FOLDER, RUNS = ".lock", ".aside", "cells", "paths", "runs"


class Store:
    """The folder of one sweep, to be written to under its `lock`."""

    def __init__(self, folder: Path, spec: SweepSpec, cells: Sequence[Cell], command: str | None = None) -> None:
        self.folder, self.spec, self.cells = folder, spec, cells
        self.manifest = make_manifest(spec, cells, command)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Be the only one to write here; let go when the process ends, however it does. Raises UserError."""
        from filelock import FileLock, Timeout

        def refused(rule: str, value: str | None = None, remedy: str = "give another --out") -> UserError:
            return UserError(rule, value=value, place=str(self.folder), remedy=remedy)

        if self.folder.exists() and (not self.folder.is_dir() or self._foreign()):
            raise refused("a sweep goes into a folder of its own", "other files")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / LOCK, timeout=0)
            lock.acquire()
        except Timeout:
            wait = "wait for it, or give another --out"
            raise refused("another process is running this sweep", remedy=wait) from None
        except OSError as error:
            raise refused("the folder can be written", error.strerror) from None
        try:
            yield
        finally:
            lock.release()

    def begin(self, changed: Changed = "refuse") -> None:
        """Make the folder ready to go on with these cells.

        Where the sweep or the engine is not the one that began it: "refuse"; "recompute" all that would come out
        otherwise; "keep" what another engine made, and recompute only what the sweep changed. Raises UserError.
        """
        manifest = self.folder / MANIFEST
        for name in (ASIDE, CELLS, PATHS_FOLDER):
            (self.folder / name).mkdir(exist_ok=True)
        for left in (self.folder / ASIDE).iterdir():
            left.unlink()
        if manifest.is_file():
            earlier = open_sweep(self.folder)
            self.manifest["metrics"] |= earlier.manifest["metrics"]
            self._reconcile(earlier, changed)
        self._write_manifest()

    def todo(self, *, retry_failed: bool = False) -> list[Cell]:
        """The cells that have not finished; with `retry_failed` those that failed too."""
        result = open_sweep(self.folder)
        names = {cell.index: _name(cell) for cell in self.cells}
        finished = {index for index, place in result.files.items() if names.get(index) == place.name}
        rows = result.cells.select("cell", "status").collect() if finished else None
        for index, status in rows.iter_rows() if rows is not None else ():
            if index not in finished:  # a cell of another sweep
                continue
            kept = self.keep_folder(self.cells[index])
            if (status == FAILED and retry_failed) or (status == DONE and kept is not None and not kept.is_dir()):
                finished.remove(index)
        return [cell for cell in self.cells if cell.index not in finished]

    def write(self, result: CellResult) -> None:
        """Keep a finished cell: its paths first, its row last. Raises SpiralError where the disk does not take it."""
        cell = self.cells[result.index]
        if result.paths is not None and not result.paths.is_empty():
            self._write_paths(cell, result.paths)
        if any(self.manifest["metrics"][name] != label for name, label in result.labels.items()):
            self.manifest["metrics"] |= result.labels
            self._write_manifest()
        metrics = {
            f"{name}{end}": n for name, pair in result.metrics.items() for end, n in zip(ENDS, pair, strict=True)
        }
        found = {"status": result.status, "error": result.error, "seconds": round(result.seconds, 3)}
        self._write_row(cell, {**found, "engine": result.engine, **metrics})

    def keep_folder(self, cell: Cell) -> Path | None:
        """Where the cell's own dataset goes, None where it is not kept."""
        return self.folder / RUNS / f"{cell.index:05d}" if self.spec.keep else None

    def _write_row(self, cell: Cell, found: dict[str, Any]) -> None:
        """The cell's row from what was found of it; what else it holds is known beforehand."""
        import polars as pl

        run, columns = cell.scenario.run, columns_of(self.manifest)
        row: dict[str, Any] = dict.fromkeys(columns) | found
        row |= {"cell": cell.index, "id": cell.id, "scenario": cell.base, "seed": run.seed, "paths": run.paths}
        row |= {k: text_of(v) if columns[k] == "String" else v for k, v in cell.values.items()}
        row |= {"block": cell.block, "row": cell.row} if cell.block is not None else {}
        frame = pl.DataFrame([row], schema={k: getattr(pl, v) for k, v in columns.items()}).fill_nan(None)
        self._replace(self.folder / CELLS / _name(cell), frame.write_parquet)

    def _write_paths(self, cell: Cell, found: pl.DataFrame) -> None:
        import polars as pl

        kinds: Any = {k: getattr(pl, v) for k, v in PATHS.items()}
        frame = found.with_columns(pl.lit(cell.index).alias("cell")).select(*PATHS).cast(kinds)
        self._replace(self.folder / PATHS_FOLDER / _name(cell), frame.write_parquet)

    def _write_manifest(self) -> None:
        text = json.dumps(self.manifest, indent=1, ensure_ascii=False)
        self._replace(self.folder / MANIFEST, lambda part: part.write_text(text, encoding="utf-8"))

    def _replace(self, place: Path, write: Callable[[Path], Any]) -> None:
        """Write a file aside, flush it to the disk, and put it in place."""
        part = self.folder / ASIDE / f"{place.parent.name}-{place.name}"
        try:
            write(part)
            with part.open("rb") as stream:
                os.fsync(stream.fileno())
            os.replace(part, place)
        except OSError as error:
            why = error.strerror or error
            raise SpiralError(f"{place} cannot be written ({why}); the same command goes on from here") from None

    def _foreign(self) -> bool:
        inside = {p.name for p in self.folder.iterdir()}
        return bool(inside - {LOCK, ASIDE, CELLS, PATHS_FOLDER}) and MANIFEST not in inside

    def _reconcile(self, earlier: SweepResult, changed: Changed) -> None:
        """Make sure that what has finished is what these cells would give."""
        was = earlier.manifest
        engines = dict(earlier.cells.select("id", "engine").collect().iter_rows())  # of each finished cell
        kept = [] if changed == "recompute" else was["engine"]["kept"]  # other engines that the user said to keep
        others = {engine: cell_id for cell_id, engine in engines.items() if engine not in (fingerprint(), *kept)}
        same_sweep = all(was[key] == self.manifest[key] for key in ("ids", "axes", "design"))
        place = str(self.folder)
        if changed == "refuse" and not same_sweep:
            same = len({cell.id for cell in self.cells} & set(was["ids"]))
            value = f"another: {same} of its {len(was['ids'])} cells are among these {len(self.cells)}"
            remedy = "--changed recompute runs what differs, or give another --out"
            raise UserError("a sweep goes on as it began", value=value, place=place, remedy=remedy)
        if changed == "refuse" and others:
            value = f"engine {fingerprint()}, and {', '.join(sorted(others))} made some of its {earlier.done} cells"
            remedy = "--changed recompute runs those again, --changed keep keeps them, or give another --out"
            raise UserError("a sweep goes on with the engine that began it", value=value, place=place, remedy=remedy)
        if changed == "keep":
            kept = sorted({*kept, *others})
        self.manifest["engine"]["kept"] = kept
        usable = {cell_id for cell_id, engine in engines.items() if engine in (fingerprint(), *kept)}
        if not same_sweep or usable != engines.keys():
            self._carry_over(usable)

    def _carry_over(self, usable: Collection[str]) -> None:
        """Give the finished cells that are wanted and usable their new place, and throw the rest away.

        A cell is known by its id, wherever it stood. Where this is interrupted the old manifest still stands, and the
        same call goes on.
        """
        import polars as pl

        found = {place.stem.partition("-")[2]: place for place in (self.folder / CELLS).glob("*.parquet")}
        rows = {cell_id: pl.read_parquet(place) for cell_id, place in found.items() if cell_id in usable}
        wanted = [cell for cell in self.cells if cell.id in rows]
        for cell in wanted:
            paths = self.folder / PATHS_FOLDER / found[cell.id].name
            if paths.is_file():
                self._write_paths(cell, pl.read_parquet(paths))
            known = columns_of(self.manifest).keys() - set(cell.values)
            self._write_row(cell, {k: v for k, v in rows[cell.id].row(0, named=True).items() if k in known})
        names = {_name(cell) for cell in wanted}
        for folder in (CELLS, PATHS_FOLDER):
            for place in (self.folder / folder).glob("*.parquet"):
                if place.name not in names:
                    place.unlink()
        for index, place in ((p.name.partition("-")[0], p) for p in found.values()):
            if place.name not in names:
                shutil.rmtree(self.folder / RUNS / index, ignore_errors=True)


def _name(cell: Cell) -> str:
    return f"{cell.index:05d}-{cell.id}.parquet"


def make_manifest(spec: SweepSpec, cells: Sequence[Cell], command: str | None) -> dict[str, Any]:
    """What was asked for and by what it is answered, as `sweep.json` holds it."""
    twins = {cell.scenario.twin.name if cell.scenario.twin else None for cell in cells}
    manifest = {
        "name": spec.name,
        "title": spec.title or spec.name,
        "description": spec.description,
        "kind": spec.kind,
        "scenarios": list(dict.fromkeys(cell.base for cell in cells)),
        "design": spec.design,
        "samples": spec.samples,
        "noise": spec.noise,
        "seed": cells[0].scenario.run.seed if spec.seed is None else spec.seed,
        "paths": max(cell.scenario.run.paths for cell in cells),
        "twin": twins.pop() if len(twins) == 1 else None,
        "agent": spec.agent,
        "keep": spec.keep,
        "settings": spec.common,
        "axes": [_axis(axis) for axis in spec.axes],
        "cells": len(cells),
        "ids": [cell.id for cell in cells],
        "metrics": {name: {"label": name, "unit": "number"} for name in NAMES},
        "engine": {"fingerprint": fingerprint(), "versions": versions(), "kept": []},
        "command": command,
    }
    read_back: dict[str, Any] = json.loads(json.dumps(manifest, default=str))  # dates are texts in both
    return read_back


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
