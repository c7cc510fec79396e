"""`spiral curve`: its arguments and options."""

from __future__ import annotations

from typing import Any

import click

from scenarios.commands.options import DATES, FILE, as_given, looks


@looks()
@click.argument("file", type=FILE)
@click.option("--date", "day", metavar="DATE", help="Valuation day, where the file does not say it.")
@click.option("--convention", help="Of curves that do not say theirs: usd_sofr, gbp_sonia, eur_estr, ...")
@click.option("--interpolation", help="log_linear, linear_zero or log_cubic, in place of the file's.")
@click.option("--history", is_flag=True, help="All days of FILE, a table of several days; of a folder always.")
@click.option("--swap", "swaps", multiple=True, metavar="TEXT", help="'receive 3.5% 9Y 50m'; may be given again.")
@click.option("--swaps", "book", type=FILE, help="CSV of swaps: side, rate, tenor, notional.")
@click.option("--fair", "fair", multiple=True, metavar="TEXT", help="Fair quote of 'ois 9Y', 'fra 1x4 on sofr', ...")
@click.option("--stress", "stress", multiple=True, metavar="TEXT", help="'parallel 50', '2Y 10, 10Y -5 on sofr'.")
@click.option(
    "--tents",
    type=click.Choice(["partition", "fixed"]),
    default="partition",
    show_default=True,
    help="Key rates: to the neighbouring keys, adding up; or of fixed widths, with their coverage.",
)
@DATES
@as_given
@click.option("--out", type=FILE, help="Folder of curve.html and the tables as CSV.")
@click.option("--quiet", is_flag=True, help="No tables in the terminal.")
def curve(**options: Any) -> None:
    """Solve the curves of FILE, a CSV of quotes or a TOML file of curves, and value swaps on them.

    Of a folder of dated CSV files, solve every day and say how zero rates moved.

    A CSV has the columns curve, kind, tenor and rate (or rate_percent). Risk is exact: by quote, by node, by tenor.
    """
    from scenarios.commands.curve import solve_and_show

    solve_and_show(**options)
