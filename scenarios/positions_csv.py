"""A desk's own book from a CSV of positions."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path
from typing import Any, cast

from agents.hedger import Hedger
from agents.positions import Position
from scenarios.checks import check_position
from scenarios.csv_table import Row, read_rows
from scenarios.scenario import Scenario
from scenarios.schema import build
from sim.errors import UserError

COLUMNS = tuple(f.name for f in dataclasses.fields(Position))


def read_book(path: str | Path, start: date) -> tuple[Position, ...]:
    """Positions, one a line, from columns kind, strike, moneyness, expiry, months, quantity, notional, fixed_rate.

    Only `kind` must be there; the other columns as the instruments need them, empty cells where they do not.
    start: the scenario's first day, which every expiry must follow. Raises UserError with file and line.
    """
    return tuple(_position(row, start) for row in read_rows(path, required=("kind",), known=COLUMNS))


def with_book(scenario: Scenario, book: tuple[Position, ...], place: str) -> Scenario:
    """The scenario with the book of `hedger` (or else of its only Hedger) replaced. Raises UserError."""
    names = [agent.name for agent in scenario.agents if isinstance(agent, Hedger)]
    if not names:
        raise UserError(
            "the scenario has no Hedger to give the book to", place=place, remedy="add an [agents.hedger] table"
        )
    if "hedger" not in names and len(names) > 1:
        rule = "the scenario has several Hedgers, none of them named 'hedger'"
        raise UserError(rule, value=names, place=place, remedy="name one of them 'hedger'")
    owner = "hedger" if "hedger" in names else names[0]
    new = dataclasses.replace(cast(Hedger, scenario.agent(owner)), book=book)
    agents = tuple(new if agent.name == owner else agent for agent in scenario.agents)
    return dataclasses.replace(scenario, agents=agents)


def _position(row: Row, start: date) -> Position:
    cells: dict[str, Any] = {"kind": row.text("kind") or ""}
    for column in ("strike", "moneyness", "quantity", "notional", "fixed_rate"):
        cells[column] = row.number(column)
    cells |= {"expiry": row.day("expiry"), "months": row.whole("months")}
    position = build(Position, cells, row.place)
    check_position(position, start, row.place)
    return position
