"""Lines of a table of quotes that quote nothing but shape a curve: turns of the year, and central-bank meetings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from markets.specs.curves import TurnSpec
from scenarios.files.csv_table import Row
from scenarios.files.layout import plain
from scenarios.parameters.models import build
from sim.named_tuple import NamedTuple

TURN, MEETING = "turn", "meeting"
WORDS = {
    TURN: ("turn", "turns", "turnofyear", "turnoftheyear", "jump", "yearend"),
    MEETING: ("meeting", "meetings", "meetingdate", "centralbank", "mpc", "fomc"),
}
KINDS = {word: kind for kind, words in WORDS.items() for word in words}


class Lines(NamedTuple):
    """The lines of one curve by what they say."""

    quotes: list[Row]
    turns: tuple[TurnSpec, ...]
    meetings: tuple[date, ...]


def apart(rows: Sequence[Row], rates: Mapping[str, float]) -> Lines:
    """Quotes, turns (start, end, rate) and meetings (their day as start) of a curve's lines.

    rates: the column of rates, with what a 1 in it is in decimals. Raises UserError with file and line.
    """
    of = {TURN: [row for row in rows if _kind(row) == TURN], MEETING: [row for row in rows if _kind(row) == MEETING]}
    return Lines(
        [row for row in rows if _kind(row) is None],
        tuple(_turn(row, rates) for row in of[TURN]),
        tuple(_meeting(row) for row in of[MEETING]),
    )


def _kind(row: Row) -> str | None:
    return KINDS.get(plain(row.text("kind") or ""))


def _turn(row: Row, rates: Mapping[str, float]) -> TurnSpec:
    cells: dict[str, Any] = {"start": row.day("start"), "end": row.day("end")}
    for column, scale in rates.items():
        value = row.number(column, percent=0.01 / scale)
        cells["rate"] = None if value is None else value * scale
    return build(TurnSpec, {key: value for key, value in cells.items() if value is not None}, row.place)


def _meeting(row: Row) -> date:
    day = row.day("start") or row.day("end")
    if day is None:
        remedy = "write it in the column start"
        raise row.place.at("start").error("a meeting has a day", remedy=remedy)
    return day
