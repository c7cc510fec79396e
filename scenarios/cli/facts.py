"""`spiral facts`: its arguments and options."""

from __future__ import annotations

from typing import Any

import click

from scenarios.commands.options import FILE, SEED, SETTINGS, WORKERS, as_given_setting, command, own_record


@command()
@click.argument("scenario", required=False)
@own_record
@click.option("--loops", is_flag=True, help="Also every feedback loop alone, and every loop left out.")
@click.option(
    "--years",
    type=click.IntRange(min=1, max=50),
    help="Run on from the start for so long with nothing told, and set each path beside ten years of the S&P 500.",
)
@click.option("--alone", is_flag=True, help="With --years: the market without its cast.")
@click.option(
    "--paths", type=click.IntRange(min=1), help="Monte Carlo paths (default: the scenario's; with --years at most 200)."
)
@SEED
@click.option(
    "--witnesses", type=click.IntRange(min=1), help="Paths whose ticks are measured (default: 200; with --years none)."
)
@WORKERS
@SETTINGS
@as_given_setting
@click.option("--out", type=FILE, help="Folder for facts.html and CSV files.")
@click.option("--quiet", is_flag=True, help="No progress bar and no tables.")
def facts(**options: Any) -> None:
    """Stylised facts of SCENARIO's returns, or your own record's: tails, memory, asymmetry; with feedback, without.

    Variance of ticks, hours and weeks over days, Zumbach and leverage effects, implied and realised vol among them.
    With --years each path of a long run that is told nothing is set beside ten years of the S&P 500.
    """
    from scenarios.commands.facts import print_facts

    print_facts(**options)
