"""`spiral margin`: its arguments and options."""

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
@click.option("--rule", "names", multiple=True, help="Compare this rule; may be given again (default: all).")
@click.option("--map", "only_map", is_flag=True, help="Only the book by the short rate: no run.")
@click.option("--agent", metavar="NAME", help="Whose margin (default: the first hedger by name).")
@click.option("--level", type=float, default=0.99, show_default=True, help="Of the book by the short rate.")
@click.option("--days", type=click.IntRange(min=1), default=10, show_default=True, help="Margin period, trading days.")
@click.option("--reversion", type=float, default=0.03, show_default=True, help="Of the short rate, 1/year.")
@click.option("--sigma", type=float, default=0.01, show_default=True, help="Its vol, decimal per sqrt(year).")
@PATHS
@SEED
@WORKERS
@SETTINGS
@as_given_setting
@click.option("--out", type=FILE, help="Folder of margin.html, CSV tables and runs (default: runs/NAME-SEED-margin).")
@click.option("--quiet", is_flag=True, help="No progress and no table.")
@traced
def margin(**options: Any) -> None:
    """Rules of initial margin in SCENARIO: how far each rises, what it covers, and what it calls.

    The scenario is run once for each rule, on the same random numbers. A book in rates is also shown as a function of
    the short rate, day by day: where it turns, its exact margin, and what cheaper rules would ask.
    """
    from scenarios.commands.margin import margin_and_show

    margin_and_show(**options)
