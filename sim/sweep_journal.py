"""The journal of a sweep: an append-only file of checksummed records, which also says which segments count.

    MAGIC, the head record, then one record per cell finished since the last segment was written

A record is MARK, the lengths of its two parts (uint32 each), the CRC-32 of lengths and parts, then JSON and bytes. The
head's JSON lists the segments. Records are appended and flushed to the disk one by one, so a kill or a power cut can
damage only the last one. One rename both adds a segment to the head and removes its rows from the journal. So one
reading of the file gives every finished cell exactly once.
"""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path
from typing import Any

from sim.dataclass import dataclass
from sim.errors import UserError
from sim.ordinary import LARGE, read_ordinary
from sim.sweep_folder import SEGMENT

MAGIC = b"spiral sweep 2\n\0"
MARK = b"\x00cell\xf5\n"
MOST_CLAIMED = 20  # times the journal's length, by marks after its last whole record
HEAD = struct.Struct("<7sIII")  # MARK, length of the JSON, length of the bytes, CRC-32


@dataclass(frozen=True)
class Record:
    """A finished cell: its row by column, and its paths (an Arrow file; empty if it has none)."""

    row: dict[str, Any]
    paths: bytes


@dataclass(frozen=True)
class Segment:
    """Rows of many cells in two Parquet files, each named by its own digest."""

    cells: str  # file in `cells`
    paths: str | None  # file in `paths`, None if no cell of it has any
    numbers: tuple[int, ...]  # of its cells

    def to_json(self) -> dict[str, Any]:
        """Its entry in the journal's head."""
        return {"cells": self.cells, "paths": self.paths, "numbers": list(self.numbers)}


@dataclass(frozen=True)
class Journal:
    """A journal's content: segments in order of writing, records since, and the end of the last one."""

    segments: tuple[Segment, ...]
    records: tuple[Record, ...]
    end: int  # bytes; anything beyond is an incomplete record


def begin(segments: tuple[Segment, ...]) -> bytes:
    """A journal without records."""
    return MAGIC + encode({"segments": [segment.to_json() for segment in segments]})


def encode(row: dict[str, Any], paths: bytes = b"") -> bytes:
    """A record's bytes."""
    text = json.dumps(row, ensure_ascii=False).encode()
    lengths = struct.pack("<II", len(text), len(paths))
    return HEAD.pack(MARK, len(text), len(paths), zlib.crc32(paths, zlib.crc32(lengths + text))) + text + paths


def read(place: Path) -> Journal:
    """The journal in a file. Raises UserError if it is broken, FileNotFoundError if there is none.

    An incomplete last record is left out: its cell has not finished. An incomplete record before others is an error.
    """
    data = read_ordinary(place, LARGE)
    found = _record(data, len(MAGIC)) if data.startswith(MAGIC) else None
    if found is None:
        raise broken(place)
    head, at = found
    records = []
    while (found := _record(data, at)) is not None:
        records.append(found[0])
        at = found[1]
    if _goes_on(data, at + 1):
        raise broken(place)
    try:
        segments = tuple(
            Segment(str(s["cells"]), s["paths"] and str(s["paths"]), tuple(map(int, s["numbers"])))
            for s in head.row["segments"]
        )
        numbers = [record.row["cell"] for record in records]
    except (KeyError, TypeError, ValueError):
        raise broken(place) from None
    files = (name for segment in segments for name in (segment.cells, segment.paths) if name is not None)
    if not all(isinstance(number, int) for number in numbers) or not all(map(SEGMENT.fullmatch, files)):
        raise broken(place)
    return Journal(segments, tuple(records), at)


def broken(place: Path) -> UserError:
    """The error for a file of a sweep that is not as it was written."""
    remedy = "delete it and sweep again: the other cells are kept"
    return UserError("a cell's file is whole", place=str(place), value="a broken file", remedy=remedy)


def _record(data: bytes, at: int) -> tuple[Record, int] | None:
    """The record that begins here, and its end; None if it is incomplete."""
    if len(data) < at + HEAD.size:
        return None
    mark, text_size, paths_size, checksum = HEAD.unpack_from(data, at)
    begun, end = at + HEAD.size, at + HEAD.size + text_size + paths_size
    if mark != MARK or end > len(data):
        return None
    view = memoryview(data)
    if zlib.crc32(view[begun:end], zlib.crc32(view[at + len(MARK) : begun - 4])) != checksum:
        return None
    try:
        row = json.loads(data[begun : begun + text_size])
    except (ValueError, RecursionError):
        return None
    return (Record(row, data[begun + text_size : end]), end) if isinstance(row, dict) else None


def _goes_on(data: bytes, at: int) -> bool:
    """Whether a whole record follows, or more marks than chance explains: each may claim all that is left."""
    claimed = 0
    while (at := data.find(MARK, at)) >= 0:
        if _record(data, at) or claimed > MOST_CLAIMED * len(data):
            return True
        claimed += len(data) - at
        at += 1
    return False
