"""`spiral note`: the notes of a book by each model, as a table for a terminal and as a CSV file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from analysis.csv_text import csv_text
from scenarios.commands.notes import say_notes
from scenarios.commands.output import say
from scenarios.commands.screen import screen
from scenarios.studies.note import price_note
from sim.figure_text import fixed
from sim.jit import interpreted
from sim.listed_files import check_listed, write_listed
from sim.screen.table import Table

if TYPE_CHECKING:
    from scenarios.scenario import Scenario

WIDTH = 150  # characters, where the output is not a terminal
HEADINGS = {
    "note": "note",
    "model": "model",
    "value": "value\nper 100",
    "fixed": "principal\nand coupons",
    "option": "option",
    "vol": "vol of the\ncall, %",
    "at_par": "participation\nat par, %",
}
WORDS = ("note", "model")


@interpreted()
def show_notes(scenario: Scenario, *, agent: str | None, correlation: float, out: Path | None) -> None:
    """Print the table, and write it."""
    if out is not None:
        check_listed(out, ["notes.csv"])
    found = price_note(scenario, agent, correlation=correlation)
    say_notes(scenario.notes)
    table = Table(title="Notes at the start", box=False)
    for name, heading in HEADINGS.items():
        table.add_column(heading, justify="left" if name in WORDS else "right", no_wrap=name not in WORDS)
    for price in found.prices:  # no frame, which would need polars
        cells = ((name, getattr(price, name)) for name in HEADINGS)
        table.add_row(*(cell if name in WORDS else _percent(cell) for name, cell in cells))
    screen(WIDTH).print(table)
    if out is not None:
        write_listed(out, {"notes.csv": csv_text(found.table()).encode()})
        say(out)


def _percent(value: float) -> str:
    return "" if value != value else fixed(100 * value, 4)
