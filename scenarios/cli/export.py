"""`spiral export`: its arguments and options."""

from __future__ import annotations

from pathlib import Path

import click

from scenarios.commands.options import FILE, brief


@brief()
@click.argument("folder", type=FILE)
@click.argument("file", type=FILE)
@click.option("--agent", help="Of a run: the desk (default: the first hedger; 'all' adds them up).")
@click.option("--sheet", help="The one sheet that a .csv FILE holds (default: figures; of a sweep: cells).")
@click.option("--force", is_flag=True, help="Replace a file that is there and is not as Spiral wrote it.")
def export(folder: Path, file: Path, agent: str | None, sheet: str | None, force: bool) -> None:
    """Write the tables of a finished run, sweep or frontier in FOLDER for a spreadsheet: FILE.xlsx, FILE.csv (one
    sheet), or a folder of CSV files.

    Of a run: figures with units and errors, parts of the cost, attribution, worst closes, book, daily medians and
    quantiles. Of a sweep: its cells; of policies also their frontier.
    """
    from scenarios.commands.export import export as write

    write(folder, file, agent=agent, sheet=sheet, force=force)
