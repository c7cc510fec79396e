"""`spiral sa-ccr`: its arguments and options."""

from __future__ import annotations

from typing import Any

import click

from scenarios.commands.options import FILE, looks


@looks("sa-ccr")
@click.argument("file", type=FILE, metavar="TRADES.csv")
@click.option("--sets", type=FILE, help="CSV of collateral and margin terms: a line a netting set.")
@click.option("--out", type=FILE, help="Also write the table as CSV.")
def sa_ccr(**options: Any) -> None:
    """Exposure at default of netting sets by the standardised approach to counterparty credit risk (SA-CCR).

    A line a trade: set, class (rates, fx, credit, equity, commodity), name (what it nets by), quality, side, notional,
    value, start, end and maturity in years; an option has forward, strike and expiry. A set with mpor_days in --sets
    has a margin agreement.
    """
    from scenarios.commands.sa_ccr import expose_and_show

    expose_and_show(**options)
