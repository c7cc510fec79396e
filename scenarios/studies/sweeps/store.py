"""A sweep's folder: finished cells in it are complete, after a kill at any moment.

A cell that finishes is one record, appended to the journal and flushed to the disk. Some hundreds of records become a
segment: two Parquet files, written aside and renamed, which count from the moment in which a new journal that names
them takes the old one's place. Only the process that holds the folder's lock writes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from scenarios.studies.sweeps.carrying import Carried, Changed, settle
from scenarios.studies.sweeps.cell_run import DONE, FAILED, CellResult, as_kept
from scenarios.studies.sweeps.cells import Cell, Plan
from scenarios.studies.sweeps.described import found_of, known_of, make_manifest
from scenarios.studies.sweeps.fingerprint import fingerprint
from scenarios.studies.sweeps.rows import Rows
from scenarios.studies.sweeps.spec import SweepSpec
from scenarios.studies.sweeps.tidying import clear_aside, clear_journals, is_foreign
from scenarios.studies.sweeps.writing import arrow, replace, writing
from sim.errors import UserError
from sim.sweep_dataset import SweepResult, open_sweep
from sim.sweep_folder import ASIDE, CELLS, LOCK, PATHS_FOLDER, RUNS, check_links, journal_name
from sim.sweep_journal import Record, Segment, begin, encode, read
from sim.sweep_manifest import MANIFEST, columns_of, read_manifest
from sim.sweep_parts import Segments


class Store:
    """The folder of one sweep, to be written to under its `lock`."""

    def __init__(self, folder: Path, spec: SweepSpec, cells: Plan, command: str | None = None) -> None:
        self.folder, self.spec, self.cells, self._command = folder, spec, cells, command
        self._rows: Rows | None = None

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """The content of `sweep.json`, written or still to be written."""
        return make_manifest(self.spec, self.cells, self._command, fingerprint())

    def check_folder(self) -> None:
        """Whether the folder is a sweep's or can become one; nothing is written. Raises UserError."""
        try:
            if self.folder.is_symlink() and not self.folder.exists():
                raise self._refused("a sweep goes into a folder", "a link to nothing")
            if self.folder.exists() and not self.folder.is_dir():
                raise self._refused("a sweep goes into a folder of its own", "other files")
            check_links(self.folder)
            if is_foreign(self.folder):
                raise self._refused("a sweep goes into a folder of its own", "other files")
            lock = self.folder / LOCK
            if lock.exists() and (not lock.is_file() or lock.stat().st_size):
                raise self._refused("a sweep goes into a folder of its own", f"another's {LOCK}")
        except OSError as error:
            raise self._refused("the folder can be read", error.strerror) from None
        if (self.folder / MANIFEST).exists():
            read_manifest(self.folder / MANIFEST)

    def new_cells(self) -> Iterable[int]:
        """The cells that this engine has not checked in this folder before."""
        try:
            was = read_manifest(self.folder / MANIFEST)
        except UserError:
            return range(len(self.cells))
        if was.get("layout", 1) == 1 or was["engine"].get("fingerprint") != fingerprint():
            return range(len(self.cells))
        known = set(was.get("ids", []))
        return [index for index, cell_id in enumerate(self.cells.ids) if cell_id not in known]

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Be the only one to write here; let go when the process ends, however it does. Raises UserError."""
        from filelock import FileLock, Timeout

        self.check_folder()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / LOCK, timeout=0)
            lock.acquire()
        except Timeout:
            wait = "wait for it, or give another --out"
            raise self._refused("another process is running this sweep", remedy=wait) from None
        except (OSError, NotImplementedError, ValueError) as error:  # the second: a file system without locks
            raise self._refused("the folder can be written", getattr(error, "strerror", None) or str(error)) from None
        try:
            yield
        finally:
            try:
                if self._rows is not None:
                    self._rows.close()
            finally:
                lock.release()

    def begin(self, changed: Changed = "refuse") -> None:
        """Make the folder ready to go on with these cells.

        Where the sweep or the engine is not the one that began it: "refuse"; "recompute" all that would come out
        otherwise; "keep" what another engine made, and recompute only what the sweep changed. Raises UserError.
        """
        with writing(self.folder):
            for name in (ASIDE, CELLS, PATHS_FOLDER):
                (self.folder / name).mkdir(exist_ok=True)
            clear_aside(self.folder)
        self._rows = rows = Rows(self.folder, self.manifest)
        if (self.folder / MANIFEST).is_file():
            self._go_on(rows, changed)
        else:
            rows.write_journal()
        self._write_manifest()
        with writing(self.folder):
            clear_journals(self.folder, rows.journal.name)
        rows.clear()
        rows.merge()

    def todo(self, *, retry_failed: bool = False) -> list[int]:
        """The cells that have not finished; with `retry_failed` those that failed too."""
        result = open_sweep(self.folder)
        first_layout = result.manifest.get("layout", 1) == 1
        ids = self.cells.first_layout_ids() if first_layout else self.cells.ids
        finished = set()
        for index, cell_id, status in result.cells.select("cell", "id", "status").collect().iter_rows():
            if index >= len(ids) or ids[index] != cell_id:  # a cell of another sweep
                continue
            again = (status == FAILED and retry_failed) or (status == DONE and not self._kept(index))
            if not again:
                finished.add(index)
        return [index for index in range(len(ids)) if index not in finished]

    def write(self, result: CellResult) -> None:
        """Keep a finished cell. Raises SpiralError if the disk does not take it."""
        if any(self.manifest["metrics"][name] != label for name, label in result.labels.items()):
            self.manifest["metrics"] |= result.labels
            self._write_manifest()
        row = known_of(self.cells, result.index, columns_of(self.manifest)) | found_of(result)
        paths = as_kept(result.paths, result.index)
        assert self._rows is not None, "begin() opens the journal"
        self._rows.add(Record(row, b"" if paths is None else arrow(paths)))

    def keep_folder(self, cell: Cell) -> Path | None:
        """Where the cell's own dataset goes, None if it is not kept. Raises UserError if a link is there."""
        if not self.spec.keep:
            return None
        place = self._keep_folder(cell.index)
        if place.is_symlink():
            remedy = "move it away, or give another --out"
            raise UserError("a cell's dataset is no link", place=str(place), remedy=remedy)
        return place

    def _keep_folder(self, index: int) -> Path:
        return self.folder / RUNS / f"{index:05d}"

    def _kept(self, index: int) -> bool:
        """Whether all that is to be kept of a finished cell is there."""
        return not self.spec.keep or (self._keep_folder(index) / "manifest.json").is_file()

    def _refused(self, rule: str, value: str | None = None, remedy: str = "give another --out") -> UserError:
        return UserError(rule, value=value, place=str(self.folder), remedy=remedy)

    def _go_on(self, rows: Rows, changed: Changed) -> None:
        """Take over finished cells whose results these cells would have."""
        earlier = self._mended()
        was = earlier.manifest
        self.manifest["metrics"] |= was["metrics"]
        self.manifest["generation"] = was.get("generation", 0)
        carried = settle(self.folder, self.manifest, self.cells, earlier, changed)
        if carried is not None:
            self._carry(rows, carried)
        elif isinstance(parts := earlier.parts, Segments):
            rows.go_on(parts.journal)

    def _mended(self) -> SweepResult:
        """The sweep as it was left, without segments whose files have been deleted: their cells run again."""
        was = read_manifest(self.folder / MANIFEST)
        place = self.folder / journal_name(was.get("generation", 0))
        if was.get("layout", 1) == 2 and place.exists():
            journal = read(place)
            there = tuple(s for s in journal.segments if self._there(s))
            if there != journal.segments:
                again = b"".join(encode(record.row, record.paths) for record in journal.records)
                replace(self.folder, place, begin(there) + again)
        return open_sweep(self.folder)

    def _there(self, segment: Segment) -> bool:
        paths = segment.paths is None or (self.folder / PATHS_FOLDER / segment.paths).is_file()
        return paths and (self.folder / CELLS / segment.cells).is_file()

    def _carry(self, rows: Rows, carried: Carried) -> None:
        """Give the finished cells that are wanted and usable their new place; the old one counts until all is done.

        A cell is known by its id, wherever it stood. Where this is interrupted the old manifest still stands, and the
        same call goes on.
        """
        carried.check()
        rows.segments = [rows.put(cells, paths) for cells, paths in carried.batches()]
        self.manifest["generation"] += 1
        rows.write_journal()
        with writing(self.folder / RUNS):
            carried.discard()

    def _write_manifest(self) -> None:
        text = json.dumps(self.manifest, indent=1, ensure_ascii=False)
        replace(self.folder, self.folder / MANIFEST, text.encode())
