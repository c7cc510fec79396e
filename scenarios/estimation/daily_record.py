"""A daily record of a market, read from CSV into arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scenarios.csv_table import Row, read_rows
from scenarios.history import COLUMNS, increasing_days, level_of

Vector = NDArray[np.float64]
NEEDED = ("date", "spx", "vix")
MORE = (*COLUMNS, ("hy_oas", "high_yield", 0.01))
LONGEST_GAP = timedelta(days=6)  # between two trading days: a weekend and holidays


@dataclass(frozen=True)
class DailyRecord:
    """Closes by day. levels: spot, vol, overnight, us2y, us10y, credit, high_yield (those that the file has), (days,)
    in decimals, NaN where a cell is empty; spot and vol are whole."""

    name: str
    days: tuple[date, ...]
    levels: dict[str, Vector]

    def among(self, *names: str) -> DailyRecord:
        """The days on which all of these levels are known."""
        whole = np.all([np.isfinite(self.levels[name]) for name in names], axis=0)
        kept = tuple(day for day, known in zip(self.days, whole, strict=True) if known)
        return DailyRecord(self.name, kept, {name: values[whole] for name, values in self.levels.items()})

    def changes(self, name: str) -> Vector:
        """Daily changes of a level, (days - 1,); NaN next to an empty cell."""
        return np.diff(self.levels[name])

    def log_changes(self, name: str) -> Vector:
        """Daily changes of ln level, (days - 1,)."""
        return np.diff(np.log(self.levels[name]))


def read_record(path: str | Path) -> DailyRecord:
    """Columns date, spx, vix and any of overnight, us2y, us10y, ig_oas, hy_oas, in percent but for spx.

    Lines without spx or vix are left out. Raises UserError with file and line: dates that do not increase, a gap of a
    week or more (a record has a line for every trading day), a level that cannot be.
    """
    rows = read_rows(path, required=NEEDED)
    increasing_days(rows)
    known = [row for row in rows if row.text("spx") and row.text("vix")]
    days = _consecutive(known)
    levels = {}
    for column, key, factor in MORE:
        values = [level_of(row, column) for row in known]
        if any(value is not None for value in values):
            levels[key] = factor * np.array([np.nan if value is None else value for value in values], dtype=np.float64)
            if key in ("credit", "high_yield"):
                levels[key][levels[key] <= 0] = np.nan  # has no logarithm
    return DailyRecord(Path(path).stem, tuple(days), levels)


def _consecutive(rows: Sequence[Row]) -> list[date]:
    days = increasing_days(rows)
    for (before, after), row in zip(pairwise(days), rows[1:], strict=True):
        if after - before > LONGEST_GAP:
            remedy = "add the days between, or give the two parts as two files"
            raise row.place.at("date").error(
                f"a record has a line for every trading day ({before} stands before)", value=str(after), remedy=remedy
            )
    return days
