"""`spiral frtb`: the charges of a table of sensitivities."""

from __future__ import annotations

from pathlib import Path

from analysis.csv_text import csv_text
from scenarios.commands.notes import say_notes
from scenarios.commands.output import say
from scenarios.commands.screen import screen
from scenarios.studies.charges.frtb_charge import MarketCharge, frtb_charge
from sim.figure_text import fixed
from sim.files import check_target, write_whole
from sim.screen.table import Table


def charge_and_show(*, file: Path, home: str, out: Path | None) -> None:
    """A row a charge, a column a scenario. Raises UserError."""
    if out is not None:
        check_target(out)
    found = frtb_charge(file, home=home)
    say_notes(found.notes)
    screen().print(_table(found, home.upper()))
    say(f"Capital {fixed(found.total, 2)} {home.upper()} ({found.scenario} correlations).")
    if out is not None:
        write_whole(out, csv_text(found.table))
        say(out)


def _table(found: MarketCharge, home: str) -> Table:
    table = Table(title=f"Standardised approach, {home}", box=False)
    for i, name in enumerate(found.columns):
        table.add_column(name, justify="right" if i > 1 else "left", no_wrap=True)
    for name, measure, *amounts in zip(*found.columns.values(), strict=True):
        style = "bold" if name == "total" else ""
        table.add_row(name, measure, *(fixed(amount, 2) for amount in amounts), style=style)
    return table
