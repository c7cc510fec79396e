"""`spiral fit`: its arguments and options."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from scenarios.commands.options import DATES, FILE, as_given, command
from sim.errors import UserError


@command()
@click.argument("histories", type=FILE, nargs=-1, metavar="HISTORY.csv...")
@click.option(
    "--rho", type=float, help="Correlation of spot and vol shocks, which no daily record tells (default: market.rho's)."
)
@click.option("--out", type=FILE, help="Also write the parameters as the keys of a scenario file, FILE.toml.")
@click.option("--force", is_flag=True, help="Replace the file of --out if it is there.")
@click.option(
    "--law",
    type=click.Choice(["auto", "leverage", "path_dependent"]),
    default="auto",
    show_default=True,
    help="auto: also path-dependent laws, from a history of 1,000 days.",
)
@click.option(
    "--draws",
    type=click.IntRange(min=0),
    default=100,
    show_default=True,
    help="Repetitions behind the path laws' errors; 0: none.",
)
@click.option(
    "--window",
    "windows",
    metavar="FIRST:LAST",
    multiple=True,
    help="A crisis that the path laws are tested on without it (default: the ten deepest falls).",
)
@click.option(
    "--clock",
    type=click.Choice(["closes", "sessions", "ticks"]),
    default="closes",
    show_default=True,
    help="Which returns the path laws square.",
)
@click.option(
    "--rates",
    type=FILE,
    multiple=True,
    metavar="PATH",
    help="Instead of histories: a file or a folder of curves, MOVE and spreads, for the market of rates.",
)
@click.option("--quiet", is_flag=True, help="No progress bar.")
@click.option("--calendar", default="XNYS", show_default=True, help="Exchange whose trading days the histories have.")
@DATES
@as_given
def fit(
    histories: tuple[Path, ...], rho: float | None, out: Path | None, rates: tuple[Path, ...], **options: Any
) -> None:
    """Estimate the market's parameters from daily histories, with standard errors.

    Columns date,spx,vix and any of overnight,us2y,us10y,ig_oas; spx in points, the rest in percent. Several histories
    are shown one by one and pooled. A history of 1,000 days also gives the path-dependent laws of vol and credit; its
    vix and ig_oas may be blank for weeks, and spx_open,spx_high,spx_low tell which clock they have.

    With --rates: date; us1m ... us30y, swap_sofr_2y ..., sofr, ig_oas in percent; move, cdx_ig in basis points; spx.
    """
    if bool(histories) == bool(rates):
        got, remedy = "both" if rates else "neither", "spiral fit HISTORY.csv, or spiral fit --rates FOLDER"
        raise UserError("give histories or --rates, one of the two", value=got, remedy=remedy)
    if rates:
        from scenarios.commands.fit_rates import fit_rates_and_show

        known = {key: options[key] for key in ("force", "dates", "as_given")}
        fit_rates_and_show(rates, out, errors=options["draws"] > 0, **known)
        return
    from scenarios.commands.fit import fit_and_show

    fit_and_show(histories, rho, out, **options)
