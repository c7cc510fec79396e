"""`spiral curve-model`: its arguments and options."""

from __future__ import annotations

from typing import Any

import click

from scenarios.commands.options import DATES, FILE, as_given, looks


@looks("curve-model")
@click.argument("history", type=FILE, metavar="HISTORY.csv")
@click.option(
    "--model",
    "kind",
    type=click.Choice(["nelson_siegel", "svensson", "diebold_li", "hjm"]),
    default="diebold_li",
    show_default=True,
    help="What the storyline is: the last day's fit, a forecast, or forwards with their drift.",
)
@click.option("--quarters", type=int, default=9, show_default=True, help="Length of the storyline.")
@click.option(
    "--components", "number", type=int, default=3, show_default=True, help="Principal components of the nodes' noise."
)
@click.option("--spot", type=float, default=100.0, show_default=True, help="Of the scenario, all along.")
@click.option("--vol", type=float, default=0.2, show_default=True, help="Of the scenario, all along.")
@click.option("--credit", type=float, default=0.01, show_default=True, help="Of the scenario, all along.")
@DATES
@as_given
@click.option("--out", type=FILE, help="Write the scenario, FILE.toml.")
@click.option("--force", is_flag=True, help="Replace the file of --out if it is there.")
def curve_model(**options: Any) -> None:
    """Model a curve from its daily record: date and us1m ... us30y, in percent, taken as zero rates.

    Shows every minimum of the last day's fit, forecasts by quarter and the components of daily moves; --out writes a
    scenario whose storyline is the forecast and whose node noise is the record's.
    """
    from scenarios.commands.curve_model import model_and_show

    model_and_show(**options)
