"""`spiral risk`: the risk of a book at the start, as tables for a terminal and as CSV files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from scenarios.commands.notes import say_notes
from scenarios.commands.output import say
from scenarios.commands.screen import screen
from scenarios.studies.risk.book_risk import book_risk
from scenarios.studies.risk.shown import RiskTable, risk_columns, risk_tables
from scenarios.worlds.assumed import assumed
from sim.errors import UserError
from sim.jit import interpreted
from sim.listed_files import check_listed, write_listed
from sim.lists import framed
from sim.screen.table import Table

if TYPE_CHECKING:
    from scenarios.commands.options import Record
    from scenarios.scenario import Scenario

WIDTH = 170  # characters, where the output is not a terminal


def bare(
    book: Path, record: Record, settings: tuple[str, ...], *, day: str | None, normal_vol: float | None
) -> Scenario:
    """The scenario of a book alone. Raises UserError."""
    if record.curves is None:
        remedy = f"spiral risk {book} --curves QUOTES.csv"
        raise UserError("a book alone has no market", value=str(book), remedy=remedy)
    for option, given in (("--book", record.book), ("--history", record.history), ("--set", settings or None)):
        if given is not None:
            raise UserError("does not go with a book alone", value=option, remedy="leave it out, or give a scenario")
    from scenarios.studies.risk.bare_book import bare_book  # with all that reads tables, a twentieth of the command

    vol = None if normal_vol is None else normal_vol * 1e-4
    return bare_book(book, record.curves, day=day, dates=record.dates, normal_vol=vol)


@interpreted()
def show_risk(scenario: Scenario, *, agent: str | None, keys: str | None, tents: str, out: Path | None) -> None:
    """Print the tables, and write them."""
    risk = book_risk(scenario, agent, **({} if keys is None else {"keys": _years(keys)}))
    found = risk_columns(risk, tents=tents)
    if out is not None:
        check_listed(out, [f"{name}.csv" for name in found])
    say_notes(assumed(scenario))
    terminal = screen(WIDTH)
    for each in risk_tables(found, risk.currency, tents):
        terminal.print(_table(each), f"{each.note}\n")
    if out is not None:
        from analysis.csv_text import csv_text

        write_listed(out, {f"{name}.csv": csv_text(framed(columns)).encode() for name, columns in found.items()})
        say(out)


def _years(text: str) -> tuple[float, ...]:
    try:
        years = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise UserError("is not a list of years", value=text, place="--keys", remedy="write 1,2,5,10,30") from None
    if not years or any(not 0 < year <= 100 for year in years) or sorted(set(years)) != list(years):
        raise UserError("key rates rise, from above 0 to 100 years", value=text, place="--keys", remedy="1,2,5,10,30")
    return years


def _table(shown: RiskTable) -> Table:
    """A table for the terminal."""
    table = Table(title=shown.title, box=False)
    for name in shown.names:
        words = not shown.has_numbers(name)
        table.add_column(shown.heads[name], justify="left" if words else "right", no_wrap=not words)
    for row in shown.rows:
        table.add_row(*row)
    if shown.total:
        table.add_row(*shown.sums, style="bold")
    return table
