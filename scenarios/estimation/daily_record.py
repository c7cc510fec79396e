"""A daily record of a market, read from CSV into arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scenarios.csv_table import Row
from scenarios.files.frames import Source, is_path
from scenarios.record_rows import COLUMNS, HIGH_YIELD, increasing_days, read_record_rows

Vector = NDArray[np.float64]
NEEDED = ("date", "spx", "vix")
MORE = (*COLUMNS, HIGH_YIELD)
LONGEST_GAP = timedelta(days=6)  # between two trading days: a weekend and holidays


@dataclass(frozen=True)
class DailyRecord:
    """Closes by day. levels: spot, vol, overnight, us2y, us10y, credit, high_yield (those that the file has), (days,)
    in decimals, NaN where a cell is empty; spot and vol are whole."""

    name: str
    days: tuple[date, ...]
    levels: dict[str, Vector]
    source: str = ""  # what messages call it
    notes: tuple[str, ...] = ()  # what was assumed to read it

    def among(self, *names: str) -> DailyRecord:
        """The days on which all of these levels are known."""
        whole = np.all([np.isfinite(self.levels[name]) for name in names], axis=0)
        kept = tuple(day for day, known in zip(self.days, whole, strict=True) if known)
        levels = {name: values[whole] for name, values in self.levels.items()}
        return replace(self, days=kept, levels=levels)

    def changes(self, name: str) -> Vector:
        """Daily changes of a level, (days - 1,); NaN next to an empty cell."""
        return np.diff(self.levels[name])

    def log_changes(self, name: str) -> Vector:
        """Daily changes of ln level, (days - 1,)."""
        return np.diff(np.log(self.levels[name]))


def read_record(history: Source, *, dates: str | None = None, as_given: bool = False) -> DailyRecord:
    """Columns date, spx, vix and any of overnight, us2y, us10y, ig_oas, hy_oas, in percent but for spx.

    history: a CSV file, a frame, or a table of arrays. dates: order of day and month where they do not tell ('mdy',
    'dmy', 'iso'). as_given: take levels and moves that no market has had.
    Lines without spx or vix are left out. Raises UserError with file and line: dates that do not increase, a gap of a
    week or more (a record has a line for every trading day), a level that cannot be.
    """
    record = read_record_rows(history, needed=NEEDED, dates=dates)
    known = tuple(row for row in record.rows if row.text("spx") and row.text("vix"))
    days = _consecutive(known)
    record = replace(record, rows=known, days=tuple(days))
    levels = {}
    for column, key, factor in MORE:
        values = record.levels(column, as_given=as_given)
        if any(value is not None for value in values):
            levels[key] = factor * np.array([np.nan if value is None else value for value in values], dtype=np.float64)
            if key in ("credit", "high_yield"):
                levels[key][levels[key] <= 0] = np.nan  # has no logarithm
    name = Path(history).stem if is_path(history) else "frame"
    notes = tuple(f"{record.name}: {note}" for note in record.notes)
    return DailyRecord(name, tuple(days), levels, record.name, notes)


def _consecutive(rows: Sequence[Row]) -> list[date]:
    days = increasing_days(rows)
    for (before, after), row in zip(pairwise(days), rows[1:], strict=True):
        if after - before > LONGEST_GAP:
            remedy = "add the days between, or give the two parts as two files"
            raise row.place.at("date").error(
                f"a record has a line for every trading day ({before} stands before)", value=str(after), remedy=remedy
            )
    return days
