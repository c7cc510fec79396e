"""The unit of a column of rates: its heading decides, and a table has them in one unit."""

from __future__ import annotations

from collections.abc import Mapping

from scenarios.files.csv_table import Table
from sim.errors import UserError

PERCENT_SIGNS = ("%", "pct", "percent")


def one_unit(table: Table, units: Mapping[str, float]) -> dict[str, float]:
    """Of the columns in `units` the one that the table has, with what a 1 in it is in decimals; none: empty.

    A heading like 'Rate (%)' or 'Rate (bp)' says its unit itself. Raises UserError where there are two.
    """
    found = [column for column in units if column in table.columns]
    headings = dict(zip(table.columns, table.headings, strict=True))
    if len(found) > 1:
        names = ", ".join(headings[column] for column in found)
        raise UserError("two columns hold the same in two units", value=names, place=table.name, remedy="drop one")
    return {column: _unit(headings[column].lower(), units[column]) for column in found}


def _unit(heading: str, usual: float) -> float:
    if any(sign in heading for sign in PERCENT_SIGNS):
        return 0.01
    return 1e-4 if "bp" in heading else usual
