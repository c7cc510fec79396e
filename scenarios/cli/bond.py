"""`spiral bond`: its arguments and options."""

from __future__ import annotations

from typing import Any

import click

from scenarios.commands.options import FILE, looks


@looks()
@click.argument("texts", nargs=-1, required=True, metavar="TEXT...")
@click.option("--settled", required=True, metavar="DATE", help="Settlement day.")
@click.option("--market", default="us_treasury", show_default=True, help="us_treasury or uk_gilt.")
@click.option("--day-count", default="", help="Of the coupons, where it is not the market's: 30/360, act/365f, ...")
@click.option("--frequency", type=int, help="Coupons a year, where they are not the market's.")
@click.option("--curves", type=FILE, help="CSV of quotes: spreads above the first of its curves are shown, too.")
@click.option("--date", "day", metavar="DATE", help="Valuation day of the quotes, where their file does not say it.")
def bond(**options: Any) -> None:
    """Price, yield, accrued interest, durations and convexity of bonds, bills and certificates of deposit.

    TEXT is '3.875% 2031-02-28 at 100.46' (clean price), '... at 3.77%' (yield), 'bill 2026-06-04 at 4.07%', or
    'cd 5% 2026-03-03 to 2026-09-01 at 4.9%'.
    """
    from scenarios.commands.bond import price_and_show

    price_and_show(**options)
