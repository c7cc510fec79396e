"""A table read close by close, a few columns at a time: its memory is a vector over paths, not a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypeVar

import numpy as np
import polars as pl

from analysis.numbers import FloatArray
from analysis.spread import SHARES, at_shares

T = TypeVar("T")

BLOCK = 1 << 16  # rows that are put in their places at a time
CELLS = 1 << 21  # numbers that are read at a time, 16 MB; of more than two million paths a vector


def vectors(rows: pl.LazyFrame, times: pl.Series, paths: int, *columns: str) -> Iterator[tuple[datetime, FloatArray]]:
    """Each of `times`, ascending, and the columns then: (columns, paths), paths ascending.

    rows: a row for every such time and path, in any order. paths: about how many, to choose how much is read at once.
    """
    many = max(CELLS // (max(paths, 1) * len(columns)), 1)
    for begin in range(0, len(times), many):
        part = times[begin : begin + many]
        then = rows.filter(pl.col("time").is_between(part[0], part[-1]))
        values, done = np.empty((len(part), len(columns), 0)), 0
        for names in few(paths, columns):
            found = then.select("time", "path", *names).collect()
            values = values if done else _room(found, values.shape)
            _lay_out(found, part, values[:, done : done + len(names)])
            done += len(names)
        yield from zip(part.to_list(), values, strict=True)


def _room(found: pl.DataFrame, shape: tuple[int, ...]) -> FloatArray:
    """(times, columns, paths) for what is found, NaN where there is nothing."""
    paths = found.select(pl.col("path").max() - pl.col("path").min() + 1).item() or 0
    return np.full((*shape[:2], paths), np.nan)


def _lay_out(found: pl.DataFrame, times: pl.Series, values: FloatArray) -> None:
    """Put what is found behind `time` and `path` in its place, (times, columns, paths)."""
    physical, first = times.to_physical().to_numpy(), found["path"].min()
    for piece in found.iter_slices(BLOCK):
        close = np.searchsorted(physical, piece["time"].to_physical().to_numpy())
        path = piece["path"].to_numpy() - first
        for i, column in enumerate(found.columns[2:]):
            values[close, i, path] = piece[column].to_numpy()


def few(paths: int, columns: Sequence[T]) -> Iterator[Sequence[T]]:
    """The columns, in groups that are read together: as many as one vector over paths of each may take."""
    size = max(CELLS // max(paths, 1), 1)
    for begin in range(0, len(columns), size):
        yield columns[begin : begin + size]


def spread_of(rows: pl.LazyFrame, times: pl.Series, paths: int, columns: tuple[str, ...]) -> pl.DataFrame:
    """time, `<column>_q05` ... `<column>_q95` over paths (linearly interpolated), one row a time, ascending."""
    found = pl.DataFrame({"time": times})
    for group in few(paths, columns):
        levels = [[at_shares(np.sort(one)) for one in each] for _, each in vectors(rows, times, paths, *group)]
        table = np.array(levels).reshape(len(times), len(group), len(SHARES))
        found = found.with_columns(
            pl.Series(f"{column}_{name}", table[:, i, j])
            for i, column in enumerate(group)
            for j, name in enumerate(SHARES)
        )
    return found
