"""A sweep's folder: what is finished stands in it whole, whatever is killed and when.

A cell that finishes is one record, appended to the journal and flushed to the disk. Some hundreds of records become a
segment: two Parquet files, written aside and renamed, which count from the moment in which a new journal that names
them takes the old one's place. Only the process that holds the folder's lock writes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

from scenarios.sweeps.carrying import Carried, Changed, settle
from scenarios.sweeps.cell_run import DONE, FAILED, CellResult
from scenarios.sweeps.cells import Cell, Plan
from scenarios.sweeps.described import found_of, known_of, make_manifest, paths_of
from scenarios.sweeps.fingerprint import fingerprint
from scenarios.sweeps.spec import SweepSpec
from scenarios.sweeps.tidying import clear_aside, clear_journals, clear_segments, is_foreign
from scenarios.sweeps.writing import Tail, arrow, put_segment, replace, sync, writing
from sim.errors import SpiralError, UserError
from sim.sweep_dataset import SweepResult, open_sweep
from sim.sweep_folder import ASIDE, CELLS, LOCK, PATHS_FOLDER, RUNS, SEGMENT, check_links, journal_name, listed
from sim.sweep_journal import Journal, Record, Segment, begin, encode, read
from sim.sweep_manifest import MANIFEST, columns_of, read_manifest
from sim.sweep_parts import Segments, frame_of

ROWS = 256  # cells of a segment
BYTES = 64_000_000  # of a journal: beyond it a segment is written sooner


class Store:
    """The folder of one sweep, to be written to under its `lock`."""

    def __init__(self, folder: Path, spec: SweepSpec, cells: Plan, command: str | None = None) -> None:
        self.folder, self.spec, self.cells, self._command = folder, spec, cells, command
        self._segments: list[Segment] = []
        self._records: list[Record] = []
        self._tail: Tail | None = None

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What `sweep.json` says, or is going to."""
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
        except (OSError, NotImplementedError, ValueError) as error:
            raise self._refused("the folder can be written", getattr(error, "strerror", None) or str(error)) from None
        try:
            yield
        finally:
            try:
                self._close()
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
        if (self.folder / MANIFEST).is_file():
            self._go_on(changed)
        else:
            self._write_journal()
        self._write_manifest()
        with writing(self.folder):
            clear_journals(self.folder, self._journal.name)
        self._clear()
        self._merge()

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
        """Keep a finished cell. Raises SpiralError where the disk does not take it."""
        if any(self.manifest["metrics"][name] != label for name, label in result.labels.items()):
            self.manifest["metrics"] |= result.labels
            self._write_manifest()
        row = known_of(self.cells, result.index, columns_of(self.manifest)) | found_of(result)
        paths = paths_of(result)
        self._add(Record(row, b"" if paths is None else arrow(paths)))
        if len(self._records) >= ROWS or self._opened().end > BYTES:
            self.flush()

    def flush(self) -> None:
        """Write the journal's records to a segment. Raises SpiralError."""
        if self._records:
            self._take(self._segment_of(self._records, self._next()))

    def keep_folder(self, cell: Cell) -> Path | None:
        """Where the cell's own dataset goes, None where it is not kept."""
        return self._keep_folder(cell.index) if self.spec.keep else None

    def _keep_folder(self, index: int) -> Path:
        return self.folder / RUNS / f"{index:05d}"

    def _kept(self, index: int) -> bool:
        """Whether all that is to be kept of a finished cell is there."""
        return not self.spec.keep or (self._keep_folder(index) / "manifest.json").is_file()

    def _refused(self, rule: str, value: str | None = None, remedy: str = "give another --out") -> UserError:
        return UserError(rule, value=value, place=str(self.folder), remedy=remedy)

    @property
    def _journal(self) -> Path:
        return self.folder / journal_name(self.manifest["generation"])

    def _go_on(self, changed: Changed) -> None:
        """Take over what has finished, as far as it is what these cells would give."""
        earlier = self._mended()
        was = earlier.manifest
        self.manifest["metrics"] |= was["metrics"]
        self.manifest["generation"] = was.get("generation", 0)
        carried = settle(self.folder, self.manifest, self.cells, earlier, changed)
        if carried is not None:
            self._carry(carried)
        elif isinstance(parts := earlier.parts, Segments):
            self._segments, self._records = list(parts.journal.segments), list(parts.journal.records)
            if parts.journal.end == 0:  # it had been lost
                self._write_journal()
            else:
                self._tail = Tail(self._journal, parts.journal.end)

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

    def _carry(self, carried: Carried) -> None:
        """Give the finished cells that are wanted and usable their new place; the old one counts until all is done.

        A cell is known by its id, wherever it stood. Where this is interrupted the old manifest still stands, and the
        same call goes on.
        """
        carried.check()
        self._segments = [
            self._put(rows, paths, self._next() + i) for i, (rows, paths) in enumerate(carried.batches(ROWS))
        ]
        self.manifest["generation"] += 1
        self._write_journal()
        carried.discard()

    def _merge(self) -> None:
        """Make one segment of small ones that follow each other: every interruption leaves one."""
        kept: list[Segment] = []
        for segment in self._segments:
            small = kept and len(kept[-1].numbers) + len(segment.numbers) <= ROWS
            kept = [*kept[:-1], self._joined(kept[-1], segment)] if small else [*kept, segment]
        if kept != self._segments:
            self._segments = kept
            self._write_journal(self._records)
            self._clear()

    def _purge(self) -> None:
        """Leave every cell in one segment: one that was run again stands in two."""
        parts = Segments(self.folder, Journal(tuple(self._segments), (), 0))
        mine = [parts.mine(i) for i in range(len(self._segments))]
        if any(len(own) < len(segment.numbers) for own, segment in zip(mine, self._segments, strict=True)):
            self._segments = [
                segment if len(own) == len(segment.numbers) else self._kept_of(parts, i)
                for i, (own, segment) in enumerate(zip(mine, self._segments, strict=True))
                if own
            ]
            self._write_journal()
            self._clear()

    def _clear(self) -> None:
        """Remove the files of segments that do not count."""
        with writing(self.folder):
            clear_segments(self.folder, {name for s in self._segments for name in (s.cells, s.paths) if name})

    def _joined(self, *both: Segment) -> Segment:
        parts = Segments(self.folder, Journal(both, (), 0))
        return self._put(parts.rows(columns_of(self.manifest)), parts.paths().collect(), self._next())

    def _kept_of(self, parts: Segments, i: int) -> Segment:
        """Segment i without the cells that were run again."""
        mine = set(parts.mine(i))
        rows = parts.rows(columns_of(self.manifest))
        return self._put(rows.filter(rows["cell"].is_in(mine)), parts.paths(mine).collect(), self._next())

    def _segment_of(self, records: list[Record], number: int) -> Segment:
        import polars as pl

        found = Segments(self.folder, Journal((), tuple(records), 0)).records()
        rows = frame_of((record.row for record in found), columns_of(self.manifest))
        frames = [pl.read_ipc(BytesIO(record.paths)) for record in found if record.paths]
        return self._put(rows, pl.concat(frames) if frames else None, number)

    def _put(self, rows: Any, paths: Any, number: int) -> Segment:
        """Two files of a segment; neither counts before the journal names it."""
        with_paths = paths is not None and paths.height > 0
        found = put_segment(self.folder, PATHS_FOLDER, number, paths) if with_paths else None
        return Segment(put_segment(self.folder, CELLS, number, rows), found, tuple(rows["cell"].to_list()))

    def _next(self) -> int:
        """The number of the next segment."""
        names = (SEGMENT.fullmatch(place.name) for place in listed(self.folder / CELLS))
        return max((int(found[1]) + 1 for found in names if found), default=0)

    def _take(self, segment: Segment) -> None:
        """From now on the segment counts, and the journal's records do not."""
        self._segments.append(segment)
        self._write_journal()

    def _write_journal(self, records: Iterable[Record] = ()) -> None:
        """A journal with the segments that count, in the place of the one before. Raises SpiralError."""
        self._let_go()
        self._records = list(records)
        data = begin(tuple(self._segments)) + b"".join(encode(r.row, r.paths) for r in self._records)
        for name in (CELLS, PATHS_FOLDER):
            sync(self.folder / name)
        replace(self.folder, self._journal, data)
        self._tail = Tail(self._journal, len(data))

    def _add(self, record: Record) -> None:
        self._opened().add(encode(record.row, record.paths))
        self._records.append(record)

    def _opened(self) -> Tail:
        assert self._tail is not None, "begin() opens the journal"
        return self._tail

    def _write_manifest(self) -> None:
        text = json.dumps(self.manifest, indent=1, ensure_ascii=False)
        replace(self.folder, self.folder / MANIFEST, text.encode())

    def _let_go(self) -> None:
        if self._tail is not None:
            self._tail.close()
            self._tail = None

    def _close(self) -> None:
        """Put the last records into a segment; where the sweep ends in an error that is told, not this one's."""
        try:
            if self._tail is not None:
                with suppress(SpiralError) if sys.exc_info()[0] is not None else nullcontext():
                    self.flush()
                    self._purge()
        finally:
            self._let_go()
