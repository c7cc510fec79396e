"""A record of a curve: zero rates by day and tenor, from a table."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from scenarios.files.csv_table import Table, read_table
from scenarios.files.frames import Source
from scenarios.files.layout import Layout
from sim.dataclass import dataclass
from sim.errors import UserError

Floats = NDArray[np.float64]
TENORS = {
    **{f"us{months}m": months / 12 for months in (1, 2, 3, 4, 6)},
    **{f"us{years}y": float(years) for years in (1, 2, 3, 4, 5, 7, 10, 12, 15, 20, 25, 30)},
}  # years by column
NEEDED = ("us2y", "us10y")  # of every curve of the market
FEWEST = 20  # days
LIMITS = (-5.0, 30.0)  # percent: no curve of a market has been outside


@dataclass(frozen=True)
class CurveRecord:
    """days: in order. names: of the tenors, the shortest first. rates: (days, tenors) decimal, taken as zero rates."""

    days: tuple[date, ...]
    names: tuple[str, ...]
    rates: Floats
    notes: tuple[str, ...]

    @property
    def years(self) -> Floats:
        """Of the tenors, (tenors,)."""
        return np.array([TENORS[name] for name in self.names])

    @property
    def month_ends(self) -> Floats:
        """The last day of each month, (months, tenors)."""
        months = [(day.year, day.month) for day in self.days]
        last = [i for i, month in enumerate(months) if i + 1 == len(months) or months[i + 1] != month]
        return self.rates[last]


def read_record(source: Source, *, dates: str | None = None, as_given: bool = False) -> CurveRecord:
    """A CSV file or a frame with a column `date` and of us1m ... us30y those that it has, in percent.

    Days on which a tenor is missing are left out, and tenors that hardly any day has. Raises UserError.
    """
    aliases = {name: (name[2:], f"z{name[2:]}", f"dgs{name[2:]}", f"zero{name[2:]}") for name in TENORS}
    layout = Layout(
        "a record of a curve", {"date": ("day", "time"), **aliases}, ("date", *NEEDED), ("date",), (*TENORS,)
    )
    table = read_table(source, layout, dates=dates)
    cells = np.array([[_number(row.number(name)) for name in TENORS] for row in table.rows], dtype=np.float64)
    there = np.isfinite(cells)
    used = [i for i, name in enumerate(TENORS) if there[:, i].mean() > 0.5 or name in NEEDED]
    whole = np.flatnonzero(there[:, used].all(axis=1))
    days = _days(table, whole)
    if len(days) < FEWEST:
        rule = f"a record of a curve has at least {FEWEST} days on which all tenors are there"
        raise UserError(rule, value=len(days), place=table.name, remedy="leave out columns that are mostly empty")
    rates = cells[whole][:, used]
    _check(table, rates, whole, as_given=as_given)
    left_out = len(table.rows) - len(days)
    notes = [f"{table.name}: {left_out} days without every tenor left out"] if left_out else []
    notes += [f"{table.name}: {note}" for note in table.notes]
    return CurveRecord(days, tuple(list(TENORS)[i] for i in used), rates / 100, tuple(notes))


def _number(value: float | None) -> float:
    return np.nan if value is None else value


def _days(table: Table, rows: NDArray[np.int64]) -> tuple[date, ...]:
    found: list[date] = []
    for i in rows.tolist():
        row = table.rows[i]
        day = row.day("date")
        if day is None:
            raise row.place.at("date").error("the line has no date", remedy="write one on every line")
        if found and day <= found[-1]:
            raise row.place.at("date").error("days must rise", value=str(day), remedy=f"sort them; before: {found[-1]}")
        found.append(day)
    return tuple(found)


def _check(table: Table, rates: Floats, rows: NDArray[np.int64], *, as_given: bool) -> None:
    """Raises UserError at the first rate that no market has had."""
    wrong = np.argwhere((rates < LIMITS[0]) | (rates > LIMITS[1]))
    if len(wrong) and not as_given:
        day, tenor = wrong[0].tolist()
        place = table.rows[int(rows[day])].place
        raise place.error(
            f"rates are in percent, from {LIMITS[0]:g} to {LIMITS[1]:g}",
            value=f"{rates[day, tenor]:g}",
            remedy="take it with --as-given",
        )
