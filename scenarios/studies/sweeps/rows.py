"""Writes the rows of a sweep's folder: the journal, and segments of rows moved out of it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from contextlib import nullcontext, suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.studies.sweeps.tidying import clear_segments
from scenarios.studies.sweeps.writing import Tail, put_segment, replace, sync, writing
from sim.errors import SpiralError
from sim.sweep_folder import CELLS, PATHS_FOLDER, SEGMENT, journal_name, listed
from sim.sweep_journal import Journal, Record, Segment, begin, encode
from sim.sweep_manifest import columns_of
from sim.sweep_parts import Segments, frame_of

if TYPE_CHECKING:
    import polars as pl

ROWS = 256  # cells of a segment
BYTES = 64_000_000  # of a journal: beyond it a segment is written sooner


class Rows:
    """The finished cells that count: `segments` in their order, and the journal's `records` since.

    manifest: says which journal it is, and the columns; it may change between two calls.
    """

    def __init__(self, folder: Path, manifest: Mapping[str, Any]) -> None:
        self.folder, self._manifest = folder, manifest
        self.segments: list[Segment] = []
        self.records: list[Record] = []
        self._tail: Tail | None = None

    @property
    def journal(self) -> Path:
        """The journal's file."""
        return self.folder / journal_name(self._manifest["generation"])

    def go_on(self, found: Journal) -> None:
        """Take over the folder's present rows. Raises SpiralError."""
        self.segments, self.records = list(found.segments), list(found.records)
        if found.end == 0:  # it had been lost
            self.write_journal()
        else:
            self._tail = Tail(self.journal, found.end)

    def flush(self) -> None:
        """Write the journal's records to a segment. Raises SpiralError."""
        if self.records:
            self._take(self._segment_of(self.records))

    def merge(self) -> None:
        """Make one segment of small ones that follow each other: every interruption leaves one."""
        kept: list[Segment] = []
        for segment in self.segments:
            small = kept and len(kept[-1].numbers) + len(segment.numbers) <= ROWS
            kept = [*kept[:-1], self._joined(kept[-1], segment)] if small else [*kept, segment]
        if kept != self.segments:
            self.segments = kept
            self.write_journal(self.records)
            self.clear()

    def _purge(self) -> None:
        """Leave every cell in one segment only: a cell that was run again is in two."""
        parts = Segments(self.folder, Journal(tuple(self.segments), (), 0))
        mine = [parts.mine(i) for i in range(len(self.segments))]
        if any(len(own) < len(segment.numbers) for own, segment in zip(mine, self.segments, strict=True)):
            self.segments = [
                segment if len(own) == len(segment.numbers) else self._kept_of(parts, i)
                for i, (own, segment) in enumerate(zip(mine, self.segments, strict=True))
                if own
            ]
            self.write_journal()
            self.clear()

    def clear(self) -> None:
        """Remove the files of segments that do not count."""
        with writing(self.folder):
            clear_segments(self.folder, {name for s in self.segments for name in (s.cells, s.paths) if name})

    def _joined(self, *both: Segment) -> Segment:
        parts = Segments(self.folder, Journal(both, (), 0))
        return self.put(parts.rows(columns_of(self._manifest)), parts.paths().collect())

    def _kept_of(self, parts: Segments, i: int) -> Segment:
        """Segment i without the cells that were run again."""
        mine = set(parts.mine(i))
        rows = parts.rows(columns_of(self._manifest))
        return self.put(rows.filter(rows["cell"].is_in(mine)), parts.paths(mine).collect())

    def _segment_of(self, records: list[Record]) -> Segment:
        import polars as pl

        found = Segments(self.folder, Journal((), tuple(records), 0)).records()
        rows = frame_of((record.row for record in found), columns_of(self._manifest))
        frames = [pl.read_ipc(BytesIO(record.paths)) for record in found if record.paths]
        return self.put(rows, pl.concat(frames) if frames else None)

    def put(self, rows: pl.DataFrame, paths: pl.DataFrame | None) -> Segment:
        """Two files of a segment; neither counts before the journal names it."""
        number = self._next_number()
        found = put_segment(self.folder, PATHS_FOLDER, number, paths) if paths is not None and paths.height else None
        return Segment(put_segment(self.folder, CELLS, number, rows), found, tuple(rows["cell"].to_list()))

    def _next_number(self) -> int:
        """The number of the next segment."""
        names = (SEGMENT.fullmatch(place.name) for place in listed(self.folder / CELLS))
        return max((int(found[1]) + 1 for found in names if found), default=0)

    def _take(self, segment: Segment) -> None:
        """From now on the segment counts, and the journal's records do not."""
        self.segments.append(segment)
        self.write_journal()

    def write_journal(self, records: Iterable[Record] = ()) -> None:
        """A journal with the segments that count, in the place of the one before. Raises SpiralError."""
        self._let_go()
        self.records = list(records)
        data = begin(tuple(self.segments)) + b"".join(encode(r.row, r.paths) for r in self.records)
        for name in (CELLS, PATHS_FOLDER):
            sync(self.folder / name)
        replace(self.folder, self.journal, data)
        self._tail = Tail(self.journal, len(data))

    def add(self, record: Record) -> None:
        """Keep a finished cell. Raises SpiralError if the disk does not take it."""
        self.records.append(record)  # first: an interrupted write must not lose a row that a reader has seen
        try:
            self._opened().add(encode(record.row, record.paths))
        except SpiralError:
            self.records.pop()
            raise
        if len(self.records) >= ROWS or self._opened().end > BYTES:
            self.flush()

    def _opened(self) -> Tail:
        assert self._tail is not None, "begin() opens the journal"
        return self._tail

    def _let_go(self) -> None:
        if self._tail is not None:
            self._tail.close()
            self._tail = None

    def close(self) -> None:
        """Put the last records into a segment; where the sweep ends in an error that is told, not this one's."""
        try:
            if self._tail is not None:
                with suppress(SpiralError) if sys.exc_info()[0] is not None else nullcontext():
                    self.flush()
                    self._purge()
        finally:
            self._let_go()
