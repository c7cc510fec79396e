"""The event log: typed columns gathered as arrays, written once as Parquet."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.errors import BugError, SpiralError
from sim.files import writing
from sim.manifest import digest_of
from sim.names import malformed

if TYPE_CHECKING:
    import polars as pl

    from sim.clock import Clock
    from sim.columns import Table

BLOCK = 1 << 20  # floats
ALL = slice(None)  # paths
FEW = 64  # floats: a copy of so few is made faster by itself
GROUP = 1 << 16  # rows of a row group: who asks for one close of many reads little else
LONG = 1 << 10  # rows: parts of so many on average are written from where they lie, shorter ones are joined first
SINGLE = "single"
# Kinds of column that are gathered as arrays.
KINDS = {"number": np.float64, SINGLE: np.float32, "count": np.int64, "flag": np.bool_}


class EventLog:
    """Rows of one world and one chunk of paths."""

    def __init__(
        self, *, world: str, first: int, paths: int, witnesses: int, tables: tuple[str, ...] | None = None
    ) -> None:
        """tables: names of the tables to keep (default: all); rows of others are dropped at once.

        Raises BugError for a world with an invalid name: it becomes part of file names.
        """
        if malformed(world):
            raise BugError(f"a world cannot be called {world!r}")
        self.world = world
        self._wanted = tables
        self._room = _Room()
        self.paths = np.arange(first, first + paths, dtype=np.int32)
        self.witnesses = int(np.count_nonzero(self.paths < witnesses))  # of this chunk: its first paths
        self.witness = slice(self.witnesses)
        self._witness_paths = self.paths[self.witness]
        self._tables: dict[str, Table] = {}
        self._rows: dict[str, list[dict[str, Any]]] = {}
        self._singles: dict[str, frozenset[str]] = {}  # columns of single precision, by table

    def declare(self, *tables: Table) -> None:
        """Declare tables; each is written even when it stays empty."""
        for table in tables:
            self._tables[table.name] = table
            self._rows.setdefault(table.name, [])
            self._singles[table.name] = frozenset(c.name for c in table.columns if c.kind == SINGLE)

    @property
    def tables(self) -> list[str]:
        """Names of the declared tables."""
        return list(self._tables)

    def wants(self, table: str) -> bool:
        """Whether rows of a table are kept."""
        return self._wanted is None or table in self._wanted

    def sees(self, table: str) -> bool:
        """Whether there are witnesses, and rows of theirs are kept in a table."""
        return self.witnesses > 0 and self.wants(table)

    def add(
        self, table: str, seconds: int | NDArray[np.int64], mask: NDArray[Any] | slice | None = None, /, **columns: Any
    ) -> None:
        """Append one row per path, or per path of `mask` (bool, indices, a slice). Columns: (paths,) arrays or scalars.

        seconds: the time of all the rows, or of each.
        """
        if not self.wants(table):
            return
        mask = ALL if mask is None else mask
        ids = self.paths[mask]
        if ids.size == 0:
            return
        row: dict[str, Any] = {"time": seconds, "path": ids, "size": ids.size}
        singles, copy, views = self._singles[table], self._room.copy, isinstance(mask, slice)
        for name, value in columns.items():
            if isinstance(value, np.ndarray) and value.ndim:
                value = value[mask]
                if name in singles:
                    value = value.astype(np.float32)
                elif views:
                    value = copy(value)
            row[name] = value
        self._rows[table].append(row)

    def added(self, table: str, since: int = 0) -> list[dict[str, Any]]:
        """What has been appended to a table, from the `since`-th time on: time, paths, and columns as given.

        Of `add_each` a text is the tuple of all of them.
        """
        return self._rows[table][since:]

    def kinds(self, table: str) -> dict[str, Any]:
        """NumPy's type of each column that is gathered as arrays."""
        return {column.name: KINDS[column.kind] for column in self._tables[table].columns if column.kind in KINDS}

    def frame(self, name: str, clock: Clock) -> pl.DataFrame:
        """One table as a polars frame, which stands when the log is gone."""
        return self._frame(name, clock, lent=False)

    def _frame(self, name: str, clock: Clock, *, lent: bool) -> pl.DataFrame:
        """One table. lent: long vectors are read from where the log has them, and texts are numbers (`Enum`)."""
        import polars as pl

        table, rows = self._tables[name], self._rows[name]
        sizes = [row["size"] for row in rows]
        size = sum(sizes)
        apart = lent and size >= LONG * max(len(rows), 1)
        data: dict[str, pl.Series] = {}
        if not table.timeless:
            data["time"] = _times("time", [row["time"] for row in rows], sizes, clock)
        data["world"] = _texts("world", [self.world], [size], numbered=lent)
        data["path"] = _together("path", [row["path"] for row in rows], sizes, np.dtype(np.int32), apart=apart)
        for column in table.columns:
            name, values = column.name, [row[column.name] for row in rows]
            if column.kind == "time":
                data[name] = _times(name, values, sizes, clock)
            elif column.kind == "text":
                data[name] = _texts(name, values, sizes, numbered=lent)
            else:
                kind = np.dtype(KINDS[column.kind])
                data[name] = _together(name, values, sizes, kind, apart=apart)
        return pl.DataFrame(data)

    def add_witnesses(self, table: str, seconds: int, /, **columns: Any) -> None:
        """Append rows of the witness paths only."""
        self.add(table, seconds, self.witness, **columns)

    def add_seen(self, table: str, seconds: int, /, **columns: Any) -> None:
        """Append rows of the witness paths. Columns: new (witnesses,) arrays, or scalars. Only where a table `sees`."""
        self._rows[table].append({"time": seconds, "path": self._witness_paths, "size": self.witnesses, **columns})

    def seen(self, columns: dict[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
        """Copies of the witnesses' numbers, for `add_seen`. Columns: (paths,), or of the first paths alone."""
        size = self.witnesses
        block = np.concatenate([values[:size] for values in columns.values()])
        return dict(zip(columns, block.reshape(-1, size), strict=True))

    def block(self, rows: int) -> NDArray[np.float64]:
        """Storage for some vectors, (rows, paths), that stands as long as the rows, for `add_kept`."""
        paths = self.paths.size
        return self._room.take(rows * paths).reshape(rows, paths)

    def kept(self, columns: dict[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
        """Copies of vectors (paths,) that stand as long as the rows, for `add_kept`."""
        block = self.block(len(columns))
        np.concatenate(tuple(columns.values()), out=block.reshape(-1))
        return dict(zip(columns, block, strict=True))

    def add_kept(self, table: str, seconds: int, /, **columns: Any) -> None:
        """Append one row per path of a table that is wanted, and copy nothing.

        Columns: (paths,) arrays that nobody writes to any more, in the columns' own types, or scalars.
        """
        self._rows[table].append({"time": seconds, "path": self.paths, "size": self.paths.size, **columns})

    def add_taken(self, table: str, seconds: int, taken: NDArray[np.intp], /, **columns: Any) -> None:
        """Append rows of some paths, by their indices. Columns: new arrays of those paths, or scalars."""
        if self.wants(table) and taken.size:
            row = {"time": seconds, "path": self.paths[taken], "size": taken.size, **columns}
            self._rows[table].append(row)

    def add_each(self, table: str, seconds: int, paths: int, /, **columns: Any) -> None:
        """Append rows of several things on the first so many paths, one thing after the other, to a table that is
        wanted.

        Columns: new arrays, (things, paths); a text of each thing, in a tuple.
        """
        things = next(len(texts) for texts in columns.values() if isinstance(texts, tuple))
        ids = np.tile(self.paths[:paths], things)
        flat = {name: each if isinstance(each, tuple) else each.reshape(-1) for name, each in columns.items()}
        self._rows[table].append({"time": seconds, "path": ids, "size": ids.size, **flat})

    def write(
        self, folder: Path, clock: Clock, make_room: Callable[[], None] | None = None
    ) -> dict[str, tuple[int, str]]:
        """Write the tables that are wanted to `folder/<table>/<world>-<first path>.parquet`, and forget their rows.

        make_room: called where a table cannot be written, which is then tried once more. Returns size and SHA-256 of
        each file by name (`<table>/<file>`). A file appears whole or not at all. Raises SpiralError on a full disk.
        """
        made = {}
        for name in filter(self.wants, self._tables):
            place = folder / name / f"{self.world}-{int(self.paths[0]):07d}.parquet"
            try:
                found = self._write(name, place, clock)
            except SpiralError:
                if make_room is None:
                    raise
                make_room()
                found = self._write(name, place, clock)
            made[f"{name}/{place.name}"] = found
            self._rows[name].clear()
        self._room.leave()
        return made

    def _write(self, name: str, place: Path, clock: Clock) -> tuple[int, str]:
        import polars as pl

        part, frame = place.with_suffix(".part"), self._frame(name, clock, lent=True)
        with writing(place):
            place.parent.mkdir(exist_ok=True)  # without parents: if the run's own folder is gone, the run has ended
            texts = tuple((name, pl.String if kind == pl.Enum else kind) for name, kind in frame.schema.items())
            frame.write_parquet(
                part, compression="lz4", statistics=True, row_group_size=GROUP, metadata=_said_of(texts)
            )
            found = part.stat().st_size, digest_of(part)
            os.replace(part, place)
        return found


class _Room:
    """Storage for copies of vectors: side by side in large blocks, for which the system uses large pages.

    Blocks that are left are used again by the logs that this process makes next: to get new memory takes the system as
    long as to fill it.
    """

    _spare: list[NDArray[Any]] = []  # noqa: RUF012 - of all logs

    def __init__(self) -> None:
        self._blocks = [np.empty(0)]
        self._used = 0

    def copy(self, values: NDArray[Any]) -> NDArray[Any]:
        """A copy that stands until the room is left."""
        if values.size < FEW or values.dtype != np.float64:
            return values.copy()
        kept = self.take(values.size)
        kept[:] = values
        return kept

    def take(self, size: int) -> NDArray[Any]:
        """Storage for so many numbers."""
        begin, end = self._used, self._used + size
        if end > self._blocks[-1].size:
            self._blocks.append(self._block(size))
            begin, end = 0, size
        self._used = end
        return self._blocks[-1][begin:end]

    def _block(self, least: int) -> NDArray[Any]:
        while self._spare:
            block = self._spare.pop()
            if block.size >= least:
                return block
        return np.empty(max(least, min(2 * self._blocks[-1].size + 4096, BLOCK)))

    def leave(self) -> None:
        """Give the blocks back: copies are no longer needed."""
        self._spare += [block for block in self._blocks if block.size >= BLOCK]
        self._blocks, self._used = [np.empty(0)], 0


def _times(name: str, values: list[Any], sizes: list[int], clock: Clock) -> pl.Series:
    """A column of seconds, each one number or a vector."""
    import polars as pl

    if not any(isinstance(v, np.ndarray) for v in values):  # the same for all paths: laid out once, then repeated
        found = np.repeat(clock.timestamps(np.array(values, dtype=np.int64)), sizes)
    else:
        found = clock.timestamps(np.concatenate(_vectors(values, sizes, np.dtype(np.int64))))
    return pl.Series(name, found.view(np.int64)).cast(pl.Datetime("us"))


def _texts(name: str, values: list[Any], sizes: list[int], *, numbered: bool) -> pl.Series:
    """A column of texts, each of so many rows, or several that share them equally.

    numbered: each row a small number, as a Parquet dictionary has it.
    """
    import polars as pl

    if any(isinstance(value, tuple) for value in values):
        shared = [v if isinstance(v, tuple) else (v,) for v in values]
        sizes = [size // len(texts) for texts, size in zip(shared, sizes, strict=True) for _ in texts]
        values = [text for texts in shared for text in texts]
    known = {text: number for number, text in enumerate(dict.fromkeys(values))}
    texts = pl.Series(name, list(known), dtype=pl.Enum(list(known)) if numbered else pl.String)
    if len(known) == 1:
        return texts.new_from_index(0, sum(sizes))
    return texts.gather(np.repeat(np.array([known[text] for text in values], dtype=np.uint32), sizes))


@cache
def _said_of(columns: tuple[tuple[str, Any], ...]) -> dict[str, str]:
    """What polars writes of columns of these types into a file. Texts by number are read as texts where it says so."""
    import polars as pl

    file = BytesIO()
    pl.DataFrame(schema=dict(columns)).write_parquet(file)
    file.seek(0)
    return dict(pl.read_parquet_metadata(file))


def _vectors(values: list[Any], sizes: list[int], kind: np.dtype[Any]) -> list[NDArray[Any]]:
    """Each value as a vector of so many numbers."""
    return [
        v if type(v) is np.ndarray and v.dtype == kind and v.shape == (n,) else np.full(n, v, dtype=kind)
        for v, n in zip(values, sizes, strict=True)
    ]


def _together(name: str, values: list[Any], sizes: list[int], kind: np.dtype[Any], *, apart: bool) -> pl.Series:
    """One column of numbers or vectors, each of so many rows. apart: each stays where it is, as polars copies none."""
    import polars as pl

    if apart:
        return pl.concat([pl.Series(name, part) for part in _vectors(values, sizes, kind)], rechunk=False)
    return pl.Series(name, _joined(values, sizes, kind))


def _joined(values: list[Any], sizes: list[int], kind: np.dtype[Any]) -> NDArray[Any]:
    """The same as one vector. Fast path: all are vectors of this kind, as they mostly are."""
    if set(map(type, values)) == {np.ndarray} and {v.dtype for v in values} == {kind}:
        return np.concatenate(values)
    found, begin = np.empty(sum(sizes), kind), 0
    for value, size in zip(values, sizes, strict=True):
        found[begin : begin + size] = value
        begin += size
    return found
