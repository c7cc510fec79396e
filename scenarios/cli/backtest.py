"""`spiral backtest`: its arguments and options."""

from __future__ import annotations

from typing import Any

import click

from scenarios.commands.options import FILE, brief


@brief()
@click.argument("folder", type=FILE)
@click.option("--agent", help="The desk (default: the first hedger).")
@click.option("--world", default="actual", show_default=True, help="The world whose days are counted.")
@click.option("--level", type=float, default=0.99, show_default=True, help="Of value at risk.")
@click.option("--window", type=int, metavar="DAYS", help="Also by the history of so many days before.")
@click.option("--out", type=FILE, help="Also write the table as CSV.")
def backtest(**options: Any) -> None:
    """Hold the daily losses of a desk of the run in FOLDER against its value at risk.

    By delta, gamma and implied vol of the close before, by the vol of the stressed days, and by history: exceptions,
    tests of Kupiec and Christoffersen, traffic light, expected shortfall of 97.5 %.
    """
    from scenarios.commands.backtest import test_and_show

    test_and_show(**options)
