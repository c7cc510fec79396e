"""`spiral note`: its arguments and options."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from scenarios.commands.options import FILE, SETTINGS, Record, as_given_setting, looks, own_record, trusting


@looks()
@click.argument("scenario", required=False, metavar="[SCENARIO]")
@own_record
@SETTINGS
@as_given_setting
@click.option("--agent", metavar="NAME", help="Whose book (default: the first hedger by name that has one).")
@click.option(
    "--correlation",
    type=click.FloatRange(-1, 1),
    default=0.0,
    show_default=True,
    help="Of the asset and the short rate, under Black-Scholes with moving rates.",
)
@click.option("--out", type=FILE, help="Folder of the table as CSV.")
@trusting
def note(scenario: str | None, record: Record, settings: tuple[str, ...], trust: bool | None, **options: Any) -> None:
    """Value of the notes in a book at the start of SCENARIO, model beside model, and the participation that makes par.

    Black-Scholes on the smile and Heston's law (`market.heston`), with rates fixed and, with a `rates_vol`, moving.
    """
    from scenarios.commands.chosen import choose
    from scenarios.commands.look import load_to_look, say_unseen
    from scenarios.commands.note import show_notes

    loaded = choose(scenario, record, settings, load=partial(load_to_look, trust=trust), trust=trust, example="note")
    show_notes(loaded, **options)
    say_unseen(loaded)
