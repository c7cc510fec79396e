"""A desk's marks path by path and close by close, as arrays."""

from __future__ import annotations

import numpy as np
import polars as pl

from analysis.numbers import FloatArray


def laid_out(rows: pl.DataFrame, times: pl.Series) -> list[FloatArray]:
    """The columns behind `path` and `time`, (paths, times) each; rows in any order, one a path and time."""
    paths, closes = rows["path"].to_numpy(), max(len(times), 1)
    if not rows.height:
        return [np.empty((0, closes)) for _ in rows.columns[2:]]
    close = np.searchsorted(times.to_physical().to_numpy(), rows["time"].to_physical().to_numpy())
    place = (paths.astype(np.int64) - int(paths.min())) * closes + close
    found = []
    for column in rows.columns[2:]:
        values = np.empty(rows.height)
        values[place] = rows[column].to_numpy()
        found.append(values.reshape(-1, closes))
    return found
