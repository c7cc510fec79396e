"""`spiral cube`: its arguments and options."""

from __future__ import annotations

from typing import Any

import click

from scenarios.commands.options import FILE, as_given, looks


@looks()
@click.argument("file", type=FILE, metavar="FILE.csv")
@click.option(
    "--vol",
    "kind",
    type=click.Choice(["normal", "lognormal"]),
    default="normal",
    show_default=True,
    help="What the vols of the file are.",
)
@click.option("--beta", type=float, help="Of lognormal smiles, 0 to 1 (default: 0.5).")
@click.option("--shift", type=float, default=0.0, help="Added to lognormal rates, decimal (default: 0).")
@click.option("--at", "points", multiple=True, metavar="EXPIRY,TENOR", help="Also the smile there: 4Y,7Y.")
@as_given
@click.option("--chart", type=FILE, help="Also draw quotes and smiles into FILE (.html, .png, .svg, .json).")
@click.option("--toml", is_flag=True, help="Print the fitted smiles as keys of a scenario file, and nothing else.")
@click.option("--quiet", is_flag=True, help="No tables in the terminal.")
def cube(**options: Any) -> int:
    """Fit a SABR smile to each cell of a swaption cube, and look for arbitrage in the strikes.

    FILE.csv has the columns expiry, tenor, forward, strike (or offset_bp) and vol (or vol_bp, vol_percent), a line a
    quote. Quotes whose prices do not fall or are not convex in the strike are named, and so are strikes at which a
    smile implies a negative density. Exit code 1 where there is any.
    """
    from scenarios.commands.cube import fit_and_show

    return fit_and_show(**options)
