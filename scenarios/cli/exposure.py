"""`spiral exposure`: its arguments and options."""

from __future__ import annotations

from typing import Any

import click

from scenarios.commands.options import FILE, brief


@brief()
@click.argument("folder", type=FILE)
@click.option("--agent", help="The desk (default: the first hedger).")
@click.option("--world", default="actual", show_default=True, help="The world whose closes are counted.")
@click.option("--level", type=float, default=0.975, show_default=True, help="Of potential exposure.")
@click.option("--out", type=FILE, help="Also write the table as CSV.")
def exposure(**options: Any) -> None:
    """What the counterparty of a desk owes it in the run in FOLDER: expected and potential exposure by close, CVA.

    Also how often it defaults, what that takes, and whether its default finds more than the usual exposure (wrong way).
    """
    from scenarios.commands.exposure import exposure_and_show

    exposure_and_show(**options)
