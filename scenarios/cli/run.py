"""`spiral run`: its arguments and options."""

from __future__ import annotations

from typing import Any

import click

from scenarios.commands.options import (
    FILE,
    PATHS,
    SEED,
    SETTINGS,
    WORKERS,
    as_given_setting,
    command,
    own_record,
    traced,
)


@command()
@click.argument("scenario", required=False)
@own_record
@PATHS
@SEED
@click.option(
    "--twin",
    type=click.Choice(["price_taker", "frozen", "none"]),
    help="The world to compare with: what desks do leaves no trace; every loop cut; none (nor the unhedged desk's).",
)
@click.option("--unhedged/--no-unhedged", default=None, help="With a twin, also run the desk unhedged (default: yes).")
@click.option(
    "--out",
    type=FILE,
    help="Folder; an earlier run there is replaced (default: runs/NAME-SEED, -2 for another one).",
)
@WORKERS
@click.option("--witnesses", type=click.IntRange(min=0), help="Paths of which every tick is kept.")
@SETTINGS
@as_given_setting
@click.option("--no-report", is_flag=True, help="Do not write report.html.")
@click.option("--profile", is_flag=True, help="Also print whose time the run took, by agent and phase.")
@click.option("--quiet", is_flag=True, help="No progress bar and no summary.")
@traced
def run(**options: Any) -> None:
    """Run SCENARIO (a preset's name or a .toml file) or your own record, summarise it, and write its report.

    A record contains the spiral that it suffered: the desks' own impact is taken out of it first, unless --exogenous.
    """
    from scenarios.worlds.workers import prepare_workers

    prepare_workers(options["workers"])  # they import while this process does
    from scenarios.commands.run import run_and_report

    run_and_report(**options)
