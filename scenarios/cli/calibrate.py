"""`spiral calibrate`: its arguments and options."""

from __future__ import annotations

from typing import Any

import click

from scenarios.commands.options import FILE, WORKERS, as_given, command, own_record


@command()
@click.argument("scenario", required=False)
@own_record
@click.option(
    "--out", type=FILE, help="File to write (default: SCENARIO itself; NAME.calibrated.toml for a preset or a record)."
)
@click.option("--force", is_flag=True, help="Replace another file that is there.")
@click.option("--paths", type=click.IntRange(min=100), help="Monte Carlo paths of the last rounds (default: 16384).")
@WORKERS
@as_given
@click.option("--quiet", is_flag=True, help="No progress bar and no tables.")
def calibrate(scenario: str | None, **options: Any) -> None:
    """Take the desks' own impact out of SCENARIO's anchors, so that its median path passes through the record.

    Writes the outside world that it finds into the scenario's file. With --history it is your own record, as a file.
    """
    from scenarios.commands.calibrate import calibrate_and_write

    calibrate_and_write(scenario, **options)
