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

CELLS = 1 << 21  # numbers that are read at a time, 16 MB; of more than two million paths a vector


def vectors(rows: pl.LazyFrame, times: pl.Series, paths: int, *columns: str) -> Iterator[tuple[datetime, FloatArray]]:
    """Each of `times`, ascending, and the columns then: (columns, paths), paths ascending.

    rows: a row for every such time and path, in any order. paths: about how many, to choose how much is read at once.
    """
    many = max(CELLS // (max(paths, 1) * len(columns)), 1)
    for begin in range(0, len(times), many):
        part = times[begin : begin + many]
        chosen = pl.col("time").is_between(part[0], part[-1])
        found = rows.filter(chosen).select("time", "path", *columns).collect()
        yield from zip(part.to_list(), _laid_out(found, part), strict=True)


def _laid_out(found: pl.DataFrame, times: pl.Series) -> FloatArray:
    """(times, columns, paths): what is found behind `time` and `path`."""
    close = np.searchsorted(times.to_physical().to_numpy(), found["time"].to_physical().to_numpy())
    path = found["path"].to_numpy().astype(np.int64)
    first, last = (int(path.min()), int(path.max())) if path.size else (0, -1)
    values = np.full((len(times), found.width - 2, last - first + 1), np.nan)
    for i, column in enumerate(found.columns[2:]):
        values[close, i, path - first] = found[column].to_numpy()
    return values


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
