"""`spiral frtb`: its arguments and options."""

from __future__ import annotations

from typing import Any

import click

from scenarios.commands.options import FILE, looks


@looks()
@click.argument("file", type=FILE, metavar="SENSITIVITIES.csv")
@click.option("--home", default="USD", show_default=True, metavar="CCY", help="Currency in which the bank reports.")
@click.option("--out", type=FILE, help="Also write the table as CSV.")
def frtb(**options: Any) -> None:
    """Capital for market risk by the standardised approach (FRTB) of a table of sensitivities.

    A line a sensitivity: measure (delta, vega, curvature), class (rates, credit, equity, commodity, fx), bucket,
    name, tenor, amount; curvature has the losses beyond delta of both moves in amount and down. Measures default,
    exotic and residual have a notional as amount.
    """
    from scenarios.commands.frtb import charge_and_show

    charge_and_show(**options)
