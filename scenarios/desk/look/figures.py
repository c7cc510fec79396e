"""Figures as cells of tables: in their units, with what they sort by."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis import frames, parts
from analysis.numbers import MINUS, Number, money
from analysis.paths import days

if TYPE_CHECKING:
    from datetime import datetime

    import polars as pl

    from scenarios.desk.look.asked import Asked
    from sim.columns import Column
    from sim.dataset import Run

LARGE = 1e5  # from which on a plain number has no decimals
MARKET = ("mid", "vol", "half_spread", "depth", "credit")
MARGIN = ("margin_required", "margin_posted", "free_cash", "borrowed", "line")


@dataclass(frozen=True)
class Cell:
    """A cell of a table: what it says, what it sorts by, where it leads."""

    text: str
    key: str = ""
    to: str = ""


def cell(value: Any, column: Column) -> Cell:
    """A figure in its unit; nothing where it is unknown."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return Cell("")
    if not math.isfinite(value):
        return Cell("unknown, large", "1e308")
    return Cell(Number(value=float(value), unit=column.unit or "number", label="").text(), repr(float(value)))


def dollars(amount: float | None) -> Cell:
    """An amount; nothing where it is unknown."""
    if amount is None or not math.isfinite(amount):
        return Cell("")
    return Cell(money(amount), repr(amount))


def plain_number(value: float | None) -> str:
    """A number of units or a price: six figures, no exponent, a true minus sign."""
    if value is None or not math.isfinite(value):
        return ""
    size = abs(value)
    text = f"{size:,.0f}" if size >= LARGE else f"{size:,.6g}"
    return f"{MINUS}{text}" if value < 0 and text != "0" else text


def standing(run: Run, path: int, wanted: Asked, start: datetime | None, end: datetime) -> list[tuple[str, str, str]]:
    """Market, position and margin at two closes: label, at the first (nothing where there is none), at the second."""
    found = _levels(run, "closes", MARKET, days.market(run, path, wanted.world), start, end)
    if frames.desks(run, wanted.agent):
        held = days.held(run, path, wanted.agent, wanted.world)
        found += _levels(run, "marks", days.HELD, held, start, end)
        found += _levels(run, "funding", MARGIN, days.funding(run, path, wanted.agent, wanted.world), start, end)
    return found


def _levels(
    run: Run, table: str, names: tuple[str, ...], found: pl.DataFrame, start: datetime | None, end: datetime
) -> list[tuple[str, str, str]]:
    rows = {row["time"]: row for row in found.iter_rows(named=True)}
    before, after = rows.get(start, {}), rows.get(end, {})
    columns = [parts.schema_of(run).column(table, name) for name in names if name in found.columns]
    return [(c.label, cell(before.get(c.name), c).text, cell(after.get(c.name), c).text) for c in columns if after]
