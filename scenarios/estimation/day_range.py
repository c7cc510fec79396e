"""Open, high and low of the index by day, where a record has them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scenarios.csv_table import Row

Vector = NDArray[np.float64]
KEYS = {"spx_open": "open", "spx_high": "high", "spx_low": "low"}  # column of the file -> level of the record


def add_ranges(levels: dict[str, Vector], rows: Sequence[Row]) -> None:
    """Put open, high and low of the rows, (days,) points, NaN where empty, into the levels.

    Raises UserError where they do not hold the close between them.
    """
    for column, key in KEYS.items():
        values = [_points(row, column) for row in rows]
        if any(value is not None for value in values):
            levels[key] = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    if "spot" in levels:
        _check(levels, rows)


def has_ranges(levels: dict[str, Vector]) -> bool:
    """Whether some day has open, high and low."""
    return all(key in levels for key in KEYS.values())


def _points(row: Row, column: str) -> float | None:
    value = row.number(column)
    if value is not None and value <= 0:
        raise row.place.at(column).error("must be > 0", value=value)
    return value


def _check(levels: dict[str, Vector], rows: Sequence[Row]) -> None:
    """low <= open, close <= high, to rounding."""
    unknown = np.full(len(rows), np.nan)
    inside = [levels["spot"], levels.get("open", unknown)]
    for column, sign, word in (("spx_high", 1.0, "above"), ("spx_low", -1.0, "below")):
        edge = levels.get(KEYS[column], unknown)
        for level in inside:
            wrong = np.flatnonzero(sign * (level - edge) > 1e-4 * level)
            if wrong.size:
                place, value = rows[wrong[0]].place.at(column), float(edge[wrong[0]])
                raise place.error(f"open and close must not lie {word} it", value=value, remedy="mend the line")
