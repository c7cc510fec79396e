"""`spiral cds`: its arguments and options."""

from __future__ import annotations

from typing import Any

import click

from scenarios.commands.options import DATES, FILE, as_given, looks


@looks()
@click.argument("file", type=FILE)
@click.option("--date", "day", metavar="DATE", help="Valuation day, where the file does not say it.")
@click.option("--rate", type=float, help="Continuous rate that discounts, decimal.")
@click.option("--curves", type=FILE, help="CSV of quotes: the first of its curves discounts.")
@click.option("--recovery", type=float, help="Decimal, of names that do not say theirs; 0.4 without it.")
@click.option(
    "--contract",
    type=click.Choice(["rolling", "standard"]),
    default="rolling",
    show_default=True,
    help="Whole years from the day; or ending on 20 June and December, with fixed coupons and an upfront.",
)
@click.option("--cds", "cds", multiple=True, metavar="TEXT", help="'buy 20m 120bp 2029-03-21'; may be given again.")
@click.option("--cva", "cva", multiple=True, metavar="TEXT", help="'acme: pay 4.3% 6Y 50m', a swap with a name.")
@click.option("--vol", type=float, help="Of --cva: of the short rate, decimal per root of a year; 0.0095 is 95 bp.")
@DATES
@as_given
@click.option("--out", type=FILE, help="Folder of credit.html and the tables as CSV.")
@click.option("--quiet", is_flag=True, help="No tables in the terminal.")
def cds(**options: Any) -> None:
    """Solve the hazard rates of names from FILE, a CSV of CDS quotes, and value contracts on them.

    The CSV has the columns name, tenor and spread_bp; or upfront_percent and coupon_bp. Risk is exact: by quote.
    """
    from scenarios.commands.cds import solve_and_show

    solve_and_show(**options)
