"""`spiral predict`: its arguments and options."""

from __future__ import annotations

from typing import Any

import click

from scenarios.commands.options import DATES, FILE, WORKERS, as_given, brief


@brief()
@click.argument("history", type=FILE, metavar="HISTORY.csv")
@click.option("--from", "since", type=click.DateTime(["%Y-%m-%d"]), help="First day; earlier rows are remembered.")
@click.option("--to", "until", type=click.DateTime(["%Y-%m-%d"]), help="Last day (default: the history's).")
@click.option("--paths", type=click.IntRange(min=20), default=512, show_default=True, help="Monte Carlo paths.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Seed of the noise.")
@WORKERS
@click.option("--calendar", help="Exchange whose trading days the history has (default: XNYS).")
@click.option("--chart", type=FILE, help="Also draw it into FILE (.html, .png, .svg, .json).")
@click.option("--out", type=FILE, help="Also write the days into FILE.csv.")
@click.option("--force", is_flag=True, help="Replace the file of --out if it is there.")
@DATES
@as_given
@click.option("--quiet", is_flag=True, help="No progress bar and no notes.")
def predict(**options: Any) -> None:
    """Vol and credit that the laws make of HISTORY's closes alone, beside what its vix and ig_oas say.

    Columns date,spx and, to compare with, vix and ig_oas; vol and credit are given on the first day only. No agents
    trade: whatever vol and credit do is the market's own answer to the price path.
    """
    from scenarios.commands.predict import predict_and_show

    predict_and_show(**options)
