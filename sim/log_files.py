"""The files of a log: rows are gathered until they make a group, or written at once where they are one."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.columns import Table
from sim.files import writing
from sim.parquet_file import ParquetFile
from sim.parquet_pages import COUNT, FLAG, NUMBER, PATH, SINGLE, TEXT, TIME, Runs, is_constant

if TYPE_CHECKING:
    from sim.clock import Clock

GROUP = 1 << 14  # rows of a row group: who asks for one close of many reads little else
DIRECT = 1 << 12  # rows that are worth a group of their own: written from where they lie, without a copy
KINDS = {"number": NUMBER, "single": SINGLE, "count": COUNT, "flag": FLAG, "text": TEXT, "time": TIME, "path": PATH}

Row = dict[str, Any]  # columns of an addition: vectors, or what is the same in all rows; its `size` in rows


class LogFiles:
    """One world's and chunk's files, a table each. To be used as a block; what is not finished there is given up."""

    def __init__(self, folder: Path, name: str, world: str, clock: Clock, tables: list[Table]) -> None:
        self._folder, self._name, self._world, self._clock = folder, name, world, clock
        self._tables = {table.name: _columns(table) for table in tables}
        self._rows: dict[str, list[Row]] = {table: [] for table in self._tables}
        self._sizes = dict.fromkeys(self._tables, 0)
        self._open: dict[str, ParquetFile] = {}

    def __enter__(self) -> LogFiles:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for file in self._open.values():
            with suppress(OSError):
                file.close()

    def add(self, table: str, row: Row) -> None:
        """Add rows to a table. Vectors are not kept where `DIRECT` rows or more come at once."""
        size = row["size"]
        row["world"] = self._world
        if size >= DIRECT:
            self._flush(table)
        self._rows[table].append(row)
        self._sizes[table] += size
        if size >= DIRECT or self._sizes[table] >= GROUP:
            self._flush(table)

    def finish(self) -> dict[str, tuple[int, str]]:
        """Write what is left of every table; files get their names. Returns size and SHA-256 by name."""
        made = {}
        for table in self._tables:
            self._flush(table)
            place = self._place(table)
            with writing(place):
                digest = self._file(table).finish()
                made[f"{table}/{self._name}"] = self._open[table].size, digest
        for table in self._tables:
            place = self._place(table)
            with writing(place):
                os.replace(place.with_suffix(".part"), place)
        return made

    def _place(self, table: str) -> Path:
        return self._folder / table / self._name

    def _file(self, table: str) -> ParquetFile:
        """The open file; made without the folders above: if the run's own folder is gone, the run has ended."""
        if table not in self._open:
            place = self._place(table)
            place.parent.mkdir(exist_ok=True)
            kinds = [(name, KINDS[kind]) for name, kind in self._tables[table]]
            self._open[table] = ParquetFile(place.with_suffix(".part"), kinds)
        return self._open[table]

    def _flush(self, table: str) -> None:
        rows = self._rows[table]
        if not rows:
            return
        values = [self._values(name, kind, rows) for name, kind in self._tables[table]]
        with writing(self._place(table)):
            self._file(table).add(values, self._sizes[table])
        rows.clear()
        self._sizes[table] = 0

    def _values(self, name: str, kind: str, rows: list[Row]) -> NDArray[Any] | Runs:
        """A column of a group."""
        found, sizes = [row[name] for row in rows], [row["size"] for row in rows]
        if kind == "text":
            return Runs(found, sizes)
        dtype = KINDS[kind].dtype
        if kind == "time":
            return self._times(found, sizes)
        if not any(map(_is_vector, found)):
            each = np.array(found, dtype)
            return Runs([each[0]], [sum(sizes)]) if is_constant(each) else np.repeat(each, sizes)
        return _joined(found, sizes, dtype)

    def _times(self, found: list[Any], sizes: list[int]) -> NDArray[Any] | Runs:
        """Seconds as microseconds since 1970."""
        same = not any(map(_is_vector, found))
        seconds = np.array(found, np.int64) if same else _joined(found, sizes, np.dtype(np.int64))
        stamps = self._clock.timestamps(seconds).view(np.int64)
        return Runs(stamps.tolist(), sizes) if same else stamps


def _is_vector(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.ndim > 0


def _joined(found: list[Any], sizes: list[int], dtype: Any) -> NDArray[Any]:
    """Vectors, and numbers that are the same in so many rows, one after the other."""
    vectors = [
        value if isinstance(value, np.ndarray) and value.shape == (size,) else np.full(size, value, dtype)
        for value, size in zip(found, sizes, strict=True)
    ]
    return np.ascontiguousarray(vectors[0], dtype) if len(vectors) == 1 else np.concatenate(vectors, dtype=dtype)


def _columns(table: Table) -> list[tuple[str, str]]:
    """Names and kinds of what is written of a table."""
    own = [(column.name, column.kind) for column in table.columns]
    return [*([] if table.timeless else [("time", "time")]), ("world", "text"), ("path", "path"), *own]
