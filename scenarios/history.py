"""A user's own record, replayed day by day."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

from scenarios import overrides as override
from scenarios.csv_table import Row, read_rows
from scenarios.loading import from_dict
from scenarios.positions_csv import read_book, with_book
from scenarios.scenario import Scenario
from scenarios.shipped import catalogue, read_toml
from sim.errors import UserError

# Column of the file, key of an anchor, factor from percent to decimals.
COLUMNS = (
    ("spx", "spot", 1.0),
    ("vix", "vol", 0.01),
    ("overnight", "overnight", 0.01),
    ("us2y", "us2y", 0.01),
    ("us10y", "us10y", 0.01),
    ("ig_oas", "credit", 0.01),
)
DISPERSION = 0.25  # every row pins the bridge, and paths stay a quarter as far from the record as free ones
LOWEST_VIX = 3.0  # percent; a smaller number is a decimal by mistake
LEVERAGE = 1.2  # the presets' law, fitted: ln vol answers a fall of ln S by this over vol
CAST = "calm_market"  # the preset whose agents replay a record


def from_history(
    csv_path: str | Path, book: str | Path | None = None, *, overrides: override.Overrides = ()
) -> Scenario:
    """A scenario that replays a record: every row of the CSV is an anchor.

    csv_path: columns date,spx,vix,overnight,us2y,us10y,ig_oas; dates ISO, increasing, the index in points, the rest in
    percent (vix 15.04, us10y 1.58); more columns are ignored. Missing cells are interpolated, those before a column's
    first number take that number. `market.dispersion` is 0.25, so that paths spread around the record and stay near
    it; `overrides` may say otherwise. The agents are those of the presets.
    book: CSV of positions for the hedger; by default short puts 5 and 10 % out of the money that outlive the record.
    Raises UserError with file and line.
    """
    place = str(csv_path)
    rows = read_rows(csv_path, required=["date", *(column for column, _, _ in COLUMNS)])
    anchors = _anchors(rows, place)
    tables = _tables(Path(csv_path), anchors)
    scenario = from_dict(tables, place=place, overrides=overrides)
    return scenario if book is None else with_book(scenario, read_book(book, scenario.start), str(book))


def _anchors(rows: Sequence[Row], place: str) -> list[dict[str, Any]]:
    """Anchor tables in decimals; a column's leading gaps take its first number."""
    if len(rows) < 2:
        raise UserError("a record needs at least two days", value=len(rows), place=place)
    days = increasing_days(rows)
    anchors: list[dict[str, Any]] = [{"date": day} for day in days]
    for column, key, factor in COLUMNS:
        values = [level_of(row, column) for row in rows]
        known = next((value for value in values if value is not None), None)
        if known is None:
            raise UserError(f"the column '{column}' has no number", place=place, remedy="fill at least one cell")
        values[0] = known if values[0] is None else values[0]
        for anchor, value in zip(anchors, values, strict=True):
            if value is not None:
                anchor[key] = value * factor
    return anchors


def increasing_days(rows: Sequence[Row]) -> list[date]:
    """The dates of a record's lines; UserError where they do not increase."""
    days = [_day(row) for row in rows]
    for (before, after), row in zip(pairwise(days), rows[1:], strict=True):
        if after <= before:
            rule = f"dates must increase from line to line ({before} stands before)"
            raise row.place.at("date").error(rule, value=str(after), remedy="sort the lines, one a date")
    return days


def _day(row: Row) -> date:
    day = row.day("date")
    if day is None:
        raise row.place.at("date").error("every line needs its date", remedy="write YYYY-MM-DD")
    return day


def level_of(row: Row, column: str) -> float | None:
    """A cell as its file has it (points, percent), None where it is empty; UserError where it cannot be that level."""
    value = row.number(column)
    if value is None:
        return None
    if column == "spx" and value <= 0:
        raise row.place.at(column).error("must be > 0", value=value)
    if column == "vix" and value < LOWEST_VIX:
        raise row.place.at(column).error(
            f"must be in percent, >= {LOWEST_VIX:g}", value=value, remedy="write 15.04, not 0.1504"
        )
    if column == "ig_oas" and value < 0:
        raise row.place.at(column).error("must be >= 0", value=value)
    return value


def _tables(path: Path, anchors: list[dict[str, Any]]) -> dict[str, Any]:
    """A scenario's tables: the record's anchors and the presets' cast."""
    first, last = anchors[0]["date"], anchors[-1]["date"]
    tables = read_toml(catalogue()[CAST])
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", path.stem).strip("_-") or "history"
    tables |= {
        "name": name,
        "title": f"Replay of {path.name}, {first} to {last}",
        "description": f"Every close of {path.name} is an anchor; the agents are those of the presets.",
        "regime": "a record, day by day",
        "market": {"dispersion": DISPERSION, "beta": LEVERAGE / anchors[0]["vol"]},
        "storyline": {"anchors": "exogenous", "anchor": anchors},
    }
    length = math.ceil((last - first).days / 30)
    tables["agents"]["hedger"]["book"] = [
        {"kind": "put", "moneyness": 0.95, "months": length + 1, "notional": -6e9},
        {"kind": "put", "moneyness": 0.90, "months": length + 3, "notional": -6e9},
    ]
    return tables
