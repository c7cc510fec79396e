"""`spiral capital`: its arguments and options."""

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
@click.option("--level", "levels", type=float, multiple=True, help="Share of paths (default: 0.95 and 0.99).")
@click.option("--agent", help="The hedger whose capital it is (default: the first by name).")
@PATHS
@SEED
@WORKERS
@SETTINGS
@as_given_setting
@click.option("--out", type=FILE, help="Folder of capital.html and capital.csv (default: runs/NAME-SEED-capital).")
@click.option("--quiet", is_flag=True, help="No progress and no table.")
@traced
def capital(**options: Any) -> None:
    """Find the capital with which 95 and 99 % of SCENARIO's paths (or your own record's) are never reduced by force.

    Runs the scenario with one capital of the desk after another, on the same random numbers.
    """
    from scenarios.commands.capital import search_and_show

    search_and_show(**options)
