"""`spiral reverse`: its arguments and options."""

from __future__ import annotations

from typing import Any

import click

from scenarios.commands.options import FILE, SEED, SETTINGS, as_given_setting, command, own_record, traced


@command()
@click.argument("scenario", required=False)
@own_record
@click.option(
    "--ends",
    type=click.Choice(["dead", "reduced", "loss", "drawdown"]),
    default="dead",
    show_default=True,
    help="What ends the desk: closed out or in default; the lender takes a part; a loss or a drawdown of --limit.",
)
@click.option("--limit", type=float, default=0.0, metavar="DOLLARS", help="Of a loss or a drawdown.")
@click.option("--share", type=float, default=0.5, show_default=True, help="Of the paths on which it ends.")
@click.option("--days", type=click.IntRange(min=1), help="Trading days until the worst (default: 21, or all).")
@click.option("--paths", type=click.IntRange(min=2), default=64, show_default=True, help="Paths of every run.")
@click.option("--directions", type=click.IntRange(min=1), default=24, show_default=True, help="That the search tries.")
@click.option("--reach", type=float, default=20.0, show_default=True, help="Farthest, in standard deviations.")
@click.option("--agent", metavar="NAME", help="Whose end (default: the first hedger by name).")
@SEED
@SETTINGS
@as_given_setting
@click.option(
    "--out", type=FILE, help="Folder of reverse.html, CSV tables and the storyline (default: runs/NAME-SEED-reverse)."
)
@click.option("--quiet", is_flag=True, help="No progress and no table.")
@traced
def reverse(**options: Any) -> None:
    """Find the mildest storyline on which the desk of SCENARIO ends, and try what would have saved it.

    Mild is what the record's moves of price, vol, credit and rates make likely. The storyline is also written as a
    scenario file, which `spiral run` takes.
    """
    from scenarios.commands.reverse import reverse_and_show

    reverse_and_show(**options)
