"""`spiral bond`: its arguments and options."""

from __future__ import annotations

from typing import Any

import click

from scenarios.commands.options import command


@command()
@click.argument("texts", nargs=-1, required=True, metavar="TEXT...")
@click.option("--settled", required=True, metavar="DATE", help="Settlement day.")
@click.option("--market", default="us_treasury", show_default=True, help="us_treasury or uk_gilt.")
def bond(**options: Any) -> None:
    """Price, yield, accrued interest, durations and convexity of bonds and bills.

    TEXT is '3.875% 2031-02-28 at 100.46' (clean price), '... at 3.77%' (yield), or 'bill 2026-06-04 at 4.07%'.
    """
    from scenarios.commands.bond import price_and_show

    price_and_show(**options)
