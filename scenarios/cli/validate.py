"""`spiral validate`: its arguments and options."""

from __future__ import annotations

from typing import Any

import click

from scenarios.cli.program import FAILED, OK
from scenarios.commands.options import FILE, WORKERS, command


@command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--fast", is_flag=True, help="Only the cases that take a few seconds.")
@click.option("--list", "listed", is_flag=True, help="Name the cases and their sources; run none.")
@click.option("--out", type=FILE, help="Folder of validation.html and validation.json (default: runs/validation).")
@WORKERS
@click.option("--seed", type=click.IntRange(min=0), help="Repeat every case on other noise (default: its own seeds).")
@click.option("--generator", type=click.Choice(["numpy", "philox"]), help="Of the noise (default: of each case).")
@click.option("--quiet", is_flag=True, help="No progress bar and no table.")
def validate(**options: Any) -> int:
    """Reproduce known answers from the literature through the engine: all, or the cases and chapters NAME.

    Exit code 0: every reading lies within its standard errors; 1: some do not.
    """
    from scenarios.commands.validate import validate_and_report

    return OK if validate_and_report(**options) else FAILED
