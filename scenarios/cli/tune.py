"""`spiral tune`: its arguments and options."""

from __future__ import annotations

from typing import Any

import click

from scenarios.commands.options import FILE, SEED, SETTINGS, as_given_setting, command, own_record, traced


@command()
@click.argument("scenario", required=False)
@own_record
@click.option(
    "--policy", "kind", metavar="KIND", help="Which policy is tuned: band, learned, ... (default: the desk's)."
)
@click.option("--hidden", type=click.IntRange(0, 16), help="Hidden units of a learned policy (default: 0, linear).")
@click.option("--interval", metavar="TEXT", help="How often it looks: tick, 30m, 1d (default: the desk's).")
@click.option(
    "--risk",
    type=click.Choice(["mean", "es_75", "es_95", "sd"]),
    default="es_95",
    show_default=True,
    help="Of the loss: mean, mean of the worst quarter or twentieth, standard deviation.",
)
@click.option("--trials", type=click.IntRange(min=5), default=40, show_default=True, help="Of each search, at most.")
@click.option("--paths", type=click.IntRange(min=2), default=256, show_default=True, help="Paths of a trial.")
@click.option("--crisis", "crises", multiple=True, help="Check the findings in this scenario too; may be given again.")
@click.option("--agent", metavar="NAME", help="Whose policy (default: the first hedger by name).")
@SEED
@SETTINGS
@as_given_setting
@click.option("--out", type=FILE, help="Folder of tuned.html and CSV tables (default: runs/NAME-SEED-tuned).")
@click.option("--quiet", is_flag=True, help="No progress and no table.")
@traced
def tune(**options: Any) -> None:
    """Find the parameters of a hedging policy that risk least in SCENARIO, and check them where they were not searched.

    The search runs in the market that answers the desk, and in one that does not; both findings and shipped policies
    then meet other noise, the other market, and other crises.
    """
    from scenarios.commands.tune import tune_and_show

    tune_and_show(**options)
