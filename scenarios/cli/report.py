"""`spiral report`: its arguments and options."""

from __future__ import annotations

import os
from pathlib import Path

import click

from scenarios.commands.options import FILE, brief
from sim.errors import UserError


@brief()
@click.argument("folder", type=FILE)
@click.option(
    "--verify", is_flag=True, help="Of a run: first compare every file with its checksum, not only those read."
)
def report(folder: Path, verify: bool) -> None:
    """Rebuild the summary and the report of a finished run, sweep or frontier from its FOLDER."""
    from scenarios.commands import finished, finished_sweep
    from sim.sweep_manifest import MANIFEST

    if not os.path.isfile(folder / MANIFEST):
        finished.rebuild(folder, verify=verify)
    elif verify:
        raise UserError(
            "--verify is for the folder of a run", place=str(folder), value="a sweep", remedy="leave it out"
        )
    else:
        finished_sweep.rebuild(folder)
