"""A daily record of a market, read from CSV into arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scenarios.files.csv_table import Row
from scenarios.files.frames import Source, is_path
from scenarios.files.record_rows import COLUMNS, HIGH_YIELD, RANGE, RecordRows, increasing_days, read_record_rows
from sim.dataclass import dataclass
from sim.errors import UserError
from sim.sessions import TRADING_DAYS, Sessions, exchange_sessions

Vector = NDArray[np.float64]
NEEDED = ("date", "spx", "vix")
MORE = (*COLUMNS, HIGH_YIELD)
CALENDAR = "XNYS"
MOST_BLANK = 3  # most trading days in a row without spx or vix
MANY = 10  # missing days: more are two records rather than one with a hole


@dataclass(frozen=True)
class DailyRecord:
    """Closes by day. levels: spot, vol, overnight, us2y, us10y, credit, high_yield (those that the file has), (days,)
    in decimals, NaN if a cell is empty; spot is whole, and vol unless `blank_vol` was asked for; where the
    file has all three, open, high and low of the day's spot. days_a_year: of its exchange's calendar."""

    name: str
    days: tuple[date, ...]
    levels: dict[str, Vector]
    source: str = ""  # what messages call it
    notes: tuple[str, ...] = ()  # what was assumed to read it
    days_a_year: float = TRADING_DAYS

    @property
    def day(self) -> float:
        """A trading day, in trading years."""
        return 1 / self.days_a_year

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


def read_record(
    history: Source,
    calendar: str | None = None,
    *,
    dates: str | None = None,
    as_given: bool = False,
    blank_vol: bool = False,
) -> DailyRecord:
    """Columns date, spx, vix and any of overnight, us2y, us10y, ig_oas, hy_oas, in percent but for spx; the day's range
    as spx_open, spx_high, spx_low.

    history: a CSV file, a frame, or a table of arrays. calendar: of the exchange whose trading days the record has
    (default: XNYS). dates: order of day and month where they do not tell ('mdy', 'dmy', 'iso'). as_given: take levels
    and moves that no market has had. Lines without spx or vix are left out. blank_vol: lines with spx alone are
    kept, for the laws that follow from the whole path.
    Raises UserError with file and line: dates that do not increase, a trading day of that exchange without a line, a
    level that cannot be.
    """
    record = read_record_rows(history, needed=NEEDED, dates=dates)
    sessions = _sessions(increasing_days(record.rows), calendar or CALENDAR)
    _check_every_session(record, sessions, calendar or CALENDAR)
    whole = ("spx",) if blank_vol else ("spx", "vix")
    known = tuple(row for row in record.rows if all(row.text(column) for column in whole))
    if not known:
        rule = f"no line of the record has {' and '.join(whole)}"
        raise UserError(rule, place=record.name, remedy="fill what is empty")
    _check_blanks(known, sessions, " or ".join(whole))
    days = tuple(increasing_days(known))
    record = replace(record, rows=known, days=days)
    levels = {}
    for column, key, factor in MORE:
        values = record.levels(column, as_given=as_given)
        if any(value is not None for value in values):
            levels[key] = factor * np.array([np.nan if value is None else value for value in values], dtype=np.float64)
            if key in ("credit", "high_yield"):
                levels[key][levels[key] <= 0] = np.nan  # has no logarithm
    levels |= _range(known, levels["spot"], as_given=as_given)
    name = Path(history).stem if is_path(history) else "frame"
    notes = tuple(f"{record.name}: {note}" for note in record.notes)
    return DailyRecord(name, days, levels, record.name, notes, sessions.a_year)


def _range(rows: Sequence[Row], close: Vector, *, as_given: bool) -> dict[str, Vector]:
    """open, high, low of the days, (days,) points, NaN on a day that does not have all three; {} where none has."""
    found = np.array([[row.number(column) or np.nan for column in RANGE] for row in rows], dtype=np.float64)
    found[np.isnan(found).any(axis=1)] = np.nan
    opened, high, low = found.T
    if np.isnan(found).all():
        return {}
    wrong = (high < np.maximum(opened, close)) | (low > np.minimum(opened, close)) | (low <= 0)
    if wrong.any() and not as_given:
        at = int(np.argmax(wrong))
        column = "spx_low" if low[at] > min(opened[at], close[at]) or low[at] <= 0 else "spx_high"
        rule = "open and close lie between the day's low, above 0, and its high"
        raise rows[at].place.at(column).error(rule, value=rows[at].text(column), remedy="mend the cell, or empty it")
    return dict(zip(RANGE.values(), found.T, strict=True))


def _sessions(days: Sequence[date], calendar: str) -> Sessions:
    try:
        return exchange_sessions(calendar, days[0], days[-1])
    except UserError as error:
        raise UserError(error.rule, value=error.value, place="--calendar", remedy=error.remedy) from None


def _check_every_session(record: RecordRows, sessions: Sessions, calendar: str) -> None:
    """Every trading day of the exchange between the first and the last line has its line, if only with empty cells."""
    lines = set(record.lines)
    for (before, after), row in zip(pairwise(record.days), record.rows[1:], strict=True):
        missing = [day for day in sessions.missing(before, after) if day not in lines]
        if not missing:
            continue
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        remedy = f"add {missing[0]}{more}, with empty cells where a level is not known"
        remedy = "give the two parts as two files, or add the days between" if len(missing) > MANY else remedy
        raise row.place.at("date").error(
            f"a record has a line for every trading day of {calendar} ({before} stands before)",
            value=str(after),
            remedy=f"{remedy}; another exchange: --calendar",
        )


def _check_blanks(known: Sequence[Row], sessions: Sessions, whole: str) -> None:
    """Changes from one known day to the next are taken for a day's: not over more than a few blank ones."""
    days = increasing_days(known)
    for (before, after), row in zip(pairwise(days), known[1:], strict=True):
        if len(blank := sessions.missing(before, after)) > MOST_BLANK:
            rule = f"{whole} is empty on {len(blank)} trading days in a row (known last on {before})"
            remedy = "fill the cells, or give the two parts as two files"
            raise row.place.at("date").error(rule, value=str(after), remedy=remedy)
