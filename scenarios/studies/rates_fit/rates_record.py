"""Daily records of a curve and of stress: a file, or a folder whose files belong together by their names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scenarios.files.csv_table import Row, read_table
from scenarios.files.layout import Layout
from scenarios.studies.curves.curve_record import LIMITS, TENORS
from sim.errors import UserError

Vector = NDArray[np.float64]
POINTS = ("spx",)
PERCENT = ("sofr", "effr", "libor3m", "ois3m", "ig_oas", "hy_oas", "sofr_p01", "sofr_p25", "sofr_p75", "sofr_p99")
SWAPS = tuple(f"swap_{kind}_{years}y" for kind in ("sofr", "libor") for years in (2, 5, 10, 30))  # percent
BASIS_POINTS = ("move", "cdx_ig", "cdx_hy", "swap_spread_10y_bp")
NUMBERS = (*TENORS, *SWAPS, *PERCENT, *BASIS_POINTS, *POINTS)
PARTS = re.compile(r"_(curve|stress)$")  # of a file's name: the rest is the record's
FEWEST = 10  # days


@dataclass(frozen=True)
class RatesRecord:
    """days: in order. columns: (days,) decimals, points of the index, basis points as decimals; NaN where blank."""

    name: str
    days: tuple[date, ...]
    columns: dict[str, Vector]

    @property
    def nodes(self) -> tuple[str, ...]:
        """Tenors of the curve that most days have, the shortest first."""
        return tuple(n for n in TENORS if n in self.columns and np.isfinite(self.columns[n]).mean() > 0.5)

    def among(self, names: Sequence[str]) -> RatesRecord:
        """The days on which all of these columns are known."""
        whole = np.all([np.isfinite(self.columns[name]) for name in names], axis=0)
        days = tuple(day for day, known in zip(self.days, whole, strict=True) if known)
        return RatesRecord(self.name, days, {name: self.columns[name][whole] for name in self.columns})

    def has(self, *names: str) -> bool:
        """Whether all of these columns are there."""
        return set(names) <= self.columns.keys()


def read_rates(
    sources: Iterable[str | Path], *, dates: str | None = None, as_given: bool = False
) -> tuple[tuple[RatesRecord, ...], tuple[str, ...]]:
    """The records of files and folders, in the order of their first days; and notes on what was left out.

    A file has `date` and any of us1m ... us30y, swap_sofr_2y ..., sofr, effr, ig_oas, ... in percent, move, cdx_ig and
    cdx_hy in basis points, spx in points; other columns are ignored. In a folder, its own folders included,
    NAME.csv, NAME_curve.csv and NAME_stress.csv are one record. Raises UserError.
    """
    records, notes = [], []
    for name, files in _grouped(sources).items():
        columns: dict[str, dict[date, float]] = {}
        for file in files:
            _take(columns, file, dates, as_given=as_given)
        record = _record(name, columns)
        if len(record.days) < FEWEST or not {"us2y", "us10y"} <= set(record.nodes):
            notes.append(f"{name}: left out: fewer than {FEWEST} days, or no us2y and us10y")
        else:
            records.append(record)
    if not records:
        rule, remedy = "no file has a curve", "give a CSV file or a folder with columns date, us2y, us10y, ..."
        raise UserError(rule, value=", ".join(map(str, sources)) or "none", place="--rates", remedy=remedy)
    return tuple(sorted(records, key=lambda r: r.days[0])), tuple(notes)


def _grouped(sources: Iterable[str | Path]) -> dict[str, list[Path]]:
    """Files by the record that they are part of."""
    found: dict[str, list[Path]] = {}
    for source in map(Path, sources):
        if not source.exists():
            raise UserError("no such file or folder", value=str(source), place="--rates")
        for file in sorted(source.rglob("*.csv")) if source.is_dir() else [source]:
            found.setdefault(PARTS.sub("", file.stem), []).append(file)
    return found


def _take(columns: dict[str, dict[date, float]], file: Path, dates: str | None, *, as_given: bool) -> None:
    """Add a file's cells, by column and day; what an earlier file of the record says stands."""
    layout = Layout(
        "a record of rates", {"date": ("day", "time"), **dict.fromkeys(NUMBERS, ())}, ("date",), ("date",), NUMBERS
    )
    table, last = read_table(file, layout, dates=dates), None
    for row in table.rows:
        day = row.day("date")
        if day is None or (last is not None and day <= last):
            rule = "every line needs a date, later than the one before"
            raise row.place.at("date").error(rule, value=str(day) if day else None, remedy="sort the lines by date")
        last = day
        for name in NUMBERS:
            value = row.number(name)
            if value is not None:
                _check(row, name, value, as_given=as_given)
                columns.setdefault(name, {}).setdefault(day, value * _unit(name))


def _check(row: Row, name: str, value: float, *, as_given: bool) -> None:
    """Raises UserError at a rate that no market has had."""
    if (name in TENORS or name in SWAPS) and not LIMITS[0] <= value <= LIMITS[1] and not as_given:
        rule = f"rates are in percent, from {LIMITS[0]:g} to {LIMITS[1]:g}"
        raise row.place.at(name).error(rule, value=f"{value:g}", remedy="take it with --as-given")
    if name in ("spx", "move", "cdx_ig", "cdx_hy") and value <= 0:
        raise row.place.at(name).error("must be > 0", value=f"{value:g}", remedy="mend the cell, or empty it")


def _unit(name: str) -> float:
    return 1.0 if name in POINTS else 1e-4 if name in BASIS_POINTS else 1e-2


def _record(name: str, columns: dict[str, dict[date, float]]) -> RatesRecord:
    days = tuple(sorted(set().union(*(cells.keys() for cells in columns.values()))))
    levels = {key: np.array([cells.get(day, np.nan) for day in days]) for key, cells in columns.items()}
    return RatesRecord(name, days, levels)
