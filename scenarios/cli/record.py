"""`spiral record`: its arguments and options."""

from __future__ import annotations

from typing import Any

import click

from scenarios.commands.options import DATES, FILE, PATHS, SEED, SETTINGS, WORKERS, as_given_setting, command


@command()
@click.argument("scenario")
@click.argument("history", type=FILE, metavar="HISTORY.csv")
@PATHS
@SEED
@click.option("--world", default="actual", show_default=True, help="The world to compare: actual, or the twin's name.")
@WORKERS
@SETTINGS
@click.option("--calendar", help="Exchange whose trading days the history has (default: the scenario's).")
@as_given_setting
@click.option("--chart", type=FILE, help="Also draw it into FILE (.html, .png, .svg, .json).")
@DATES
@click.option("--markdown", is_flag=True, help="Print the table for a page.")
@click.option("--quiet", is_flag=True, help="No progress bar.")
def record(**options: Any) -> None:
    """Compare SCENARIO (a preset, a .toml file, or the folder of a finished run) with the daily history of its crisis.

    Realised vol, its variance within days and over weeks, drawdown, peak vol, and the same-day response of vol and
    credit, of the record and of every path, and published measurements of depth, spread and margin beside the
    ensemble's. HISTORY.csv: date,spx,vix and any of ig_oas, hy_oas, and the day's spx_open,spx_high,spx_low.
    """
    from scenarios.commands.record import compare_and_show

    compare_and_show(**options)
