"""`spiral sa-ccr`: exposures of netting sets."""

from __future__ import annotations

from pathlib import Path

from agents.capital.supervisory import QUALITIES
from analysis.csv_text import csv_text
from scenarios.commands.notes import say_notes
from scenarios.commands.output import say
from scenarios.commands.screen import screen
from scenarios.studies.charges.sa_ccr_exposure import sa_ccr
from sim.figure_text import fixed
from sim.files import check_target, write_whole
from sim.lists import Columns
from sim.screen.table import Table

HEADINGS = {"replacement_cost": "replacement cost", "add_on": "add-on"}


def expose_and_show(*, file: Path, sets: Path | None, out: Path | None) -> None:
    """A row a netting set. Raises UserError."""
    if out is not None:
        check_target(out)
    found = sa_ccr(file, sets)
    say_notes(found.notes)
    screen().print(_table(found.columns))
    say(f"Exposure at default {fixed(found.total, 2)}.")
    if out is not None:
        write_whole(out, csv_text(found.table))
        say(out)


def _table(found: Columns) -> Table:
    """Without the asset classes that no trade is of."""
    table = Table(title="Counterparty exposure", box=False)
    names = [name for name, column in found.items() if any(column) or name not in QUALITIES]
    for i, name in enumerate(names):
        table.add_column(HEADINGS.get(name, name), justify="right" if i else "left", no_wrap=True)
    for row in zip(*(found[name] for name in names), strict=True):
        table.add_row(*map(_cell, names, row))
    return table


def _cell(name: str, value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return fixed(value, 6) if name == "multiplier" else fixed(value, 2)
