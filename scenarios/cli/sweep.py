"""`spiral sweep`: its arguments and options."""

from __future__ import annotations

from typing import Any

import click

from scenarios.cli.program import FAILED, OK
from scenarios.commands.options import FILE, as_given, command, own_record, runs_cells


@command()
@click.argument("file", type=FILE)
@own_record
@click.option("--out", type=FILE, help="Folder of the sweep (default: sweeps/NAME); one that was begun there goes on.")
@click.option("--paths", type=click.IntRange(min=1), help="Monte Carlo paths of a cell (default: the file's).")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of the noise and of samples (default: the file's).")
@click.option("--keep", is_flag=True, default=None, help="Keep each cell's own dataset.")
@as_given
@runs_cells
def sweep(**options: Any) -> int:
    """Run every cell of a sweep FILE (.toml): scenarios over axes of parameters.

    --history puts your own record in the place of the file's scenarios, in sweeps/NAME_RECORD.
    Killed or interrupted at any moment, the same command goes on where it stopped. Exit code 1: some cells failed.
    """
    from scenarios.commands.sweep import sweep_and_report

    return OK if sweep_and_report(**options) else FAILED
