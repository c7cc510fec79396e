"""`spiral risk`: its arguments and options."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from scenarios.commands.options import BOOKS, FILE, SETTINGS, Record, as_given_setting, looks, own_record, trusting


@looks()
@click.argument("scenario", required=False, metavar="[SCENARIO | BOOK.csv]")
@own_record
@SETTINGS
@as_given_setting
@click.option("--agent", metavar="NAME", help="Whose book (default: the first hedger by name that has one).")
@click.option("--date", "day", metavar="DATE", help="Of --curves, with BOOK.csv, where the file does not say it.")
@click.option("--normal-vol", type=float, help="With BOOK.csv: vol of options that give none, bp a year.")
@click.option("--keys", metavar="YEARS", help="Years of the key rates: '1,2,5,10,30'.")
@click.option(
    "--tents",
    type=click.Choice(["partition", "fixed"]),
    default="partition",
    show_default=True,
    help="Key rates: to the neighbouring keys, adding up; or of fixed widths, with their coverage.",
)
@click.option("--out", type=FILE, help="Folder of the tables as CSV.")
@trusting
def risk(scenario: str | None, record: Record, settings: tuple[str, ...], trust: bool | None, **options: Any) -> None:
    """Value and exact risk of a book at the start of SCENARIO, or of BOOK.csv on the curves of --curves.

    By position, key rate, quote, pair of keys, and, for options on rates, by expiry and length of the swap.
    """
    from scenarios.commands.chosen import choose
    from scenarios.commands.look import load_to_look, say_unseen
    from scenarios.commands.risk import bare, show_risk

    if scenario is not None and Path(scenario).suffix.lower() in BOOKS:
        day, normal_vol = options.pop("day"), options.pop("normal_vol")
        show_risk(bare(Path(scenario), record, settings, day=day, normal_vol=normal_vol), **options)
        return
    refused = {"--date": options.pop("day"), "--normal-vol": options.pop("normal_vol")}
    for option, value in refused.items():
        if value is not None:
            raise click.UsageError(f"{option} goes with a BOOK.csv in place of a scenario")
    loaded = choose(scenario, record, settings, load=partial(load_to_look, trust=trust), trust=trust, example="risk")
    show_risk(loaded, **options)
    say_unseen(loaded)
