"""The event log: typed columns gathered as arrays, and written as Parquet while the run goes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.errors import BugError
from sim.log_files import DIRECT, LogFiles
from sim.names import malformed

if TYPE_CHECKING:
    import polars as pl

    from sim.clock import Clock
    from sim.columns import Table

BLOCK = 1 << 20  # floats
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
        self.witness = np.flatnonzero(self.paths < witnesses)
        self._witness_paths = self.paths[self.witness]
        self._tables: dict[str, Table] = {}
        self._rows: dict[str, list[dict[str, Any]]] = {}
        self._singles: dict[str, frozenset[str]] = {}  # columns of single precision, by table
        self._files: LogFiles | None = None  # while rows are written as they come

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
        return self.witness.size > 0 and self.wants(table)

    def add(
        self, table: str, seconds: int | NDArray[np.int64], mask: NDArray[Any] | None = None, /, **columns: Any
    ) -> None:
        """Append one row per path, or per path of `mask` (bool or indices). Columns: (paths,) arrays or scalars.

        seconds: the time of all the rows, or of each.
        """
        if not self.wants(table):
            return
        ids = self.paths if mask is None else self.paths[mask]
        if ids.size == 0:
            return
        row: dict[str, Any] = {"time": seconds, "path": ids, "size": ids.size}
        singles, kept = self._singles[table], self._files is None or ids.size < DIRECT
        for name, value in columns.items():
            if not isinstance(value, np.ndarray) or not value.ndim:
                row[name] = value
            elif name in singles:
                row[name] = (value if mask is None else value[mask]).astype(np.float32)
            elif mask is None:
                row[name] = self._room.copy(value) if kept else value
            else:
                row[name] = value[mask]
        self._append(table, row)

    def added(self, table: str, since: int = 0) -> list[dict[str, Any]]:
        """What has been appended to a table, from the `since`-th time on: time, paths, and columns as given."""
        return self._rows[table][since:]

    def add_witnesses(self, table: str, seconds: int, /, **columns: Any) -> None:
        """Append rows of the witness paths only."""
        if self.witness.size:
            self.add(table, seconds, self.witness, **columns)

    def frame(self, name: str, clock: Clock) -> pl.DataFrame:
        """One table as a polars frame."""
        import polars as pl

        table, rows = self._tables[name], self._rows[name]
        data: dict[str, pl.Series] = {}
        if not table.timeless:
            data["time"] = self._times("time", [(r["time"], r["size"]) for r in rows], clock)
        size = sum(r["size"] for r in rows)
        data["world"] = pl.Series("world", [self.world], dtype=pl.String).new_from_index(0, size)
        paths = np.concatenate([r["path"] for r in rows]) if rows else np.zeros(0, dtype=np.int32)
        data["path"] = pl.Series("path", paths, dtype=pl.Int32)
        for column in table.columns:
            name, pairs = column.name, [(r[column.name], r["size"]) for r in rows]
            timed = column.kind == "time"
            data[name] = self._times(name, pairs, clock) if timed else _series(name, column.kind, pairs)
        return pl.DataFrame(data)

    def _times(self, name: str, pairs: list[tuple[Any, int]], clock: Clock) -> pl.Series:
        import polars as pl

        if all(np.ndim(v) == 0 for v, _ in pairs):  # the same time for all paths: laid out once, then repeated
            each = clock.timestamps(np.array([v for v, _ in pairs], dtype=np.int64))
            return pl.Series(name, np.repeat(each, [n for _, n in pairs]), dtype=pl.Datetime("us"))
        parts = [np.broadcast_to(np.asarray(v, dtype=np.int64), (n,)) for v, n in pairs]
        return pl.Series(name, clock.timestamps(np.concatenate(parts)), dtype=pl.Datetime("us"))

    def add_seen(self, table: str, seconds: int, /, **columns: Any) -> None:
        """Append rows of the witness paths. Columns: new (witnesses,) arrays, or scalars. Only where a table `sees`."""
        size = self.witness.size
        self._append(table, {"time": seconds, "path": self._witness_paths, "size": size, **columns})

    def _append(self, table: str, row: dict[str, Any]) -> None:
        if self._files is None:
            self._rows[table].append(row)
        else:
            self._files.add(table, row)

    @contextmanager
    def written(self, folder: Path, clock: Clock) -> Iterator[dict[str, tuple[int, str]]]:
        """A block whose rows are written to `folder/<table>/<world>-<first path>.parquet`, with those from before it.

        Gives size and SHA-256 of the files by name, once the block is over; only then do they have their names. Rows
        are not remembered. Raises SpiralError if the disk is full.
        """
        made: dict[str, tuple[int, str]] = {}
        name = f"{self.world}-{int(self.paths[0]):07d}.parquet"
        files = LogFiles(folder, name, self.world, clock, [self._tables[t] for t in self._tables if self.wants(t)])
        with files:
            for table, rows in self._rows.items():
                for row in rows:
                    files.add(table, row)
                rows.clear()
            self._files = files
            yield made
            made |= files.finish()
        self._files = None


class _Room:
    """Storage for copies of vectors: side by side in large blocks, for which the system uses large pages."""

    def __init__(self) -> None:
        self._block = np.empty(0)
        self._used = 0

    def copy(self, values: NDArray[Any]) -> NDArray[Any]:
        """A permanent copy."""
        if values.dtype != np.float64:
            return values.copy()
        if self._used + values.size > self._block.size:
            self._block = np.empty(max(values.size, min(2 * self._block.size + 4096, BLOCK)))
            self._used = 0
        kept = self._block[self._used : self._used + values.size]
        kept[:] = values
        self._used += values.size
        return kept


def _series(name: str, kind: str, pairs: list[tuple[Any, int]]) -> pl.Series:
    import polars as pl

    if kind == "text":
        known = {pair: pl.Series(name, pair[:1], dtype=pl.String).new_from_index(0, pair[1]) for pair in set(pairs)}
        return pl.concat([known[pair] for pair in pairs]) if pairs else pl.Series(name, [], dtype=pl.String)
    wanted = np.dtype(KINDS[kind])
    arrays: list[NDArray[Any]] = [
        v if isinstance(v, np.ndarray) and v.dtype == wanted and v.shape == (n,) else np.full(n, v, dtype=wanted)
        for v, n in pairs
    ]
    return pl.Series(name, np.concatenate(arrays) if arrays else np.zeros(0, dtype=wanted))
