"""`spiral shock`: its arguments and options."""

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
@click.option(
    "--stress", default="", metavar="TEXT", help="'parallel 50', 'steepener 25', '2Y 10, 10Y -5 on eur', in bp."
)
@click.option("--spot", type=float, default=0.0, metavar="PERCENT", help="Move of the asset's price.")
@click.option("--vol", type=float, default=0.0, metavar="POINTS", help="Move of implied vol.")
@click.option("--credit", type=float, default=0.0, metavar="BP", help="Move of the credit spread.")
@click.option("--shocks", type=FILE, help="CSV of factor and shock in place of these: spot, vol, credit, 2Y, 10Y ...")
@click.option("--at", required=True, metavar="DATE", help="Day of the shock.")
@click.option("--time", "hour", default="", metavar="HH:MM", help="Time of day (default: the first tick).")
@click.option("--node", "nodes", multiple=True, help="Move this node only, of any curve; may be given again.")
@PATHS
@SEED
@WORKERS
@SETTINGS
@as_given_setting
@click.option("--out", type=FILE, help="Folder of both runs and shock.csv (default: runs/NAME-SEED-shock).")
@click.option("--quiet", is_flag=True, help="No progress and no table.")
@traced
def shock(**options: Any) -> None:
    """Move rates, price, vol or credit of SCENARIO while it runs, and say what that costs each desk and fund.

    Beside the static revaluation at that moment (all else as it is, nobody trades) stands what it costs to live through
    it: the P&L to the end with the shock less without it, on the same random numbers, and how much of it is feedback.
    """
    from scenarios.commands.shock import shock_and_show

    shock_and_show(**options)
