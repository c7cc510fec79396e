"""The tables that a margin model may name: weights, correlations, a record of its factors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from scenarios.files.csv_table import Row, read_table
from scenarios.files.layout import Layout
from scenarios.files.lines import SEPARATORS
from scenarios.files.text import read_text

WEIGHTS = Layout(
    "weights",
    {"factor": ("name", "riskfactor"), "weight": ("riskweight",), "risk_class": ("class",), "threshold": ()},
    ("factor", "weight"),
    (),
    ("weight", "threshold"),
    ("note", "notes", "comment"),
)
CORRELATIONS = Layout(
    "correlations",
    {"one": ("factor",), "other": (), "rho": ("correlation",)},
    ("one", "other", "rho"),
    (),
    ("rho",),
    ("note", "notes", "comment"),
)


def read_weights(file: Path) -> dict[str, Any]:
    """`agents.funding.weights_margin.FactorWeight` by factor: a line each. Raises UserError."""
    found: dict[str, Any] = {}
    for row in read_table(file, WEIGHTS).rows:
        name = _text(row, "factor")
        if name in found:
            raise row.place.at("factor").error("stands there twice", value=name, remedy="write one line a factor")
        weight = _number(row, "weight")
        more = {"risk_class": row.text("risk_class"), "threshold": row.number("threshold")}
        found[name] = {"weight": weight, **{key: value for key, value in more.items() if value is not None}}
    return found


def read_correlations(file: Path) -> list[dict[str, Any]]:
    """`agents.funding.weights_margin.Correlation`, a line each. Raises UserError."""
    rows = read_table(file, CORRELATIONS).rows
    return [{"one": _text(row, "one"), "other": _text(row, "other"), "rho": _number(row, "rho")} for row in rows]


def read_record(file: Path) -> dict[str, Any]:
    """`agents.funding.factor_record.FactorRecord`: a line a day, a column a factor. Raises UserError."""
    names = _columns(file)
    layout = Layout("record", {"date": ("day",), **dict.fromkeys(names, ())}, ("date",), ("date",), names, ())
    table = read_table(file, layout)
    days = [row.day("date") for row in table.rows]
    for row, day in zip(table.rows, days, strict=True):
        if day is None:
            raise row.place.at("date").error("a date is needed", remedy="write YYYY-MM-DD")
    factors = {name: {"values": [_number(row, name) for row in table.rows]} for name in names}
    return {"dates": days, "factors": factors}


def _columns(file: Path) -> tuple[str, ...]:
    """Names of the columns beside that of the dates, as the file has them."""
    first = next((line for line in read_text(file)[0].splitlines() if line.strip()), "")
    mark = max(SEPARATORS, key=first.count)
    names = (name.strip().strip('"') for name in first.split(mark))
    return tuple(name for name in names if name and name.lower() not in ("date", "day"))


def _text(row: Row, column: str) -> str:
    text = row.text(column)
    if text is None:
        raise row.place.at(column).error("a name is needed", remedy="leave no cell empty")
    return text


def _number(row: Row, column: str) -> float:
    value = row.number(column)
    if value is None:
        raise row.place.at(column).error("a number is needed", remedy="leave no cell empty")
    return value


READERS: dict[str, Callable[[Path], Any]] = {
    "weights": read_weights,
    "correlations": read_correlations,
    "record": read_record,
}
