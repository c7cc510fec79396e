"""A table read close by close, a few columns at a time: its memory is a vector over paths, not a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain

import numpy as np
import polars as pl

from analysis.columns import Columns
from analysis.numbers import FloatArray
from analysis.spread import SHARES, at_shares
from sim.aside import ALL, Rows
from sim.blockwise import BLOCK

CELLS = 1 << 19  # numbers that are read at a time, 4 MB; of more paths a vector


def vectors(rows: pl.LazyFrame, times: pl.Series, paths: int, *columns: str) -> Iterator[tuple[datetime, FloatArray]]:
    """Each of `times`, ascending, and the columns then: (columns, paths), paths ascending.

    rows: a row for every such time and path, in any order. paths: about how many, to choose how much is read at once.
    """
    many = max(CELLS // (max(paths, 1) * len(columns)), 1)
    for begin in range(0, len(times), many):
        part = times[begin : begin + many]
        then = rows.filter(pl.col("time").is_between(part[0], part[-1]))
        found = then.select("time", "path", *columns).collect()
        if (written := _as_written(found, part)) is not None:
            yield from zip(part.to_list(), written, strict=True)
            continue
        values = _room(found, (len(part), len(columns)))
        _lay_out(found, part, values)
        yield from zip(part.to_list(), values, strict=True)


def _as_written(found: pl.DataFrame, times: pl.Series) -> list[FloatArray] | None:
    """(columns, paths) close by close, of rows that stand as a run writes them: close by close, the same paths at each.

    None where they stand otherwise.
    """
    paths = found.height // len(times)
    if not paths or paths * len(times) != found.height:
        return None
    time, path = (found[name].to_physical().to_numpy().reshape(-1, paths) for name in ("time", "path"))
    ascending = np.arange(path[0, 0], path[0, 0] + paths)
    if not ((time == times.to_physical().to_numpy()[:, None]).all() and (path == ascending).all()):
        return None
    each = [found[name].to_numpy().reshape(-1, paths) for name in found.columns[2:]]
    return [np.stack([column[close] for column in each]) for close in range(len(times))]


def _room(found: pl.DataFrame, shape: tuple[int, ...]) -> FloatArray:
    """(times, columns, paths) for what is found, NaN where there is nothing."""
    paths = found.select(pl.col("path").max() - pl.col("path").min() + 1).item() or 0
    return np.full((*shape, paths), np.nan)


def _lay_out(found: pl.DataFrame, times: pl.Series, values: FloatArray) -> None:
    """Put what is found behind `time` and `path` in its place, (times, columns, paths)."""
    physical, first = times.to_physical().to_numpy(), found["path"].min()
    for piece in found.iter_slices(BLOCK):
        close = np.searchsorted(physical, piece["time"].to_physical().to_numpy())
        path = piece["path"].to_numpy() - first
        for i, column in enumerate(found.columns[2:]):
            values[close, i, path] = piece[column].to_numpy()


class Closes:
    """Columns of a table at each of its closes: memory holds a column of one close, or of some of its paths."""

    def __init__(self, times: pl.Series, paths: int, read: Callable[[int, str, slice], FloatArray]) -> None:
        """read: gives a column at the close of that number of some paths, in new memory."""
        self.times = times
        self.paths = paths
        self._read = read

    def at(self, close: int, column: str, paths: slice = ALL) -> FloatArray:
        """(paths,) a column at the close of that number, in new memory."""
        return self._read(close, column, paths)

    @classmethod
    def of_rows(cls, chunks: Sequence[pl.LazyFrame], times: pl.Series, paths: int, *columns: str) -> Closes:
        """Chunks, ascending, have a row for each of `times` and each of their paths. paths: of all of them."""
        aside, found = Columns(paths), 0
        for rows in chunks:
            values = np.empty((len(columns), 0))
            for close, (_, values) in enumerate(vectors(rows, times, paths // len(chunks) + 1, *columns)):
                aside.add({f"{close} {name}": each for name, each in zip(columns, values, strict=True)})
            found += values.shape[1]
        return cls(times, found, lambda close, column, part: aside.read(f"{close} {column}", part))

    @classmethod
    def of_aside(
        cls, rows: Rows, times: pl.Series, paths: int, sums: Mapping[str, Sequence[str]], *columns: str
    ) -> Closes | None:
        """Of rows as they were laid aside; None where they are not these, of all paths: a chunk may have found no room.

        sums: columns that are sums of others.
        """
        if rows.paths != paths or not rows.stand_at(times.to_physical().to_numpy()):
            return None
        if not all(name in rows for name in {*columns, *chain(*sums.values())}):
            return None

        def read(close: int, column: str, part: slice) -> FloatArray:
            first, *others = sums.get(column, (column,))
            found = rows.at(close, first, part)
            for other in others:
                found += rows.at(close, other, part)
            return found

        return cls(times, paths, read)

    def changes(self, close: int, *columns: str) -> Iterator[FloatArray]:
        """(columns, paths) from the close before to that of this number, to the first from zero: block by block."""
        for begin in range(0, self.paths, BLOCK):
            part = slice(begin, begin + BLOCK)
            found = np.stack([self.at(close, name, part) for name in columns])
            for i, name in enumerate(columns if close else ()):
                found[i] -= self.at(close - 1, name, part)
            yield found

    def means(self, column: str) -> FloatArray:
        """(closes,) means over paths of a column."""
        return np.array([self.at(close, column).mean() for close in range(len(self.times))])

    def spread(self, *columns: str) -> pl.DataFrame:
        """time, `<column>_q05` ... `<column>_q95` over paths (linearly interpolated), one row a close, ascending."""
        found = {"time": self.times}
        for column in columns:
            levels = [at_shares(self.at(close, column)) for close in range(len(self.times))]
            for name, values in zip(SHARES, np.array(levels).reshape(-1, len(SHARES)).T, strict=True):
                found[f"{column}_{name}"] = pl.Series(values)
        return pl.DataFrame(found)
