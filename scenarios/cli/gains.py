"""`spiral gains`: its arguments and options."""

from __future__ import annotations

from typing import Any

import click

from scenarios.commands.options import SETTINGS, as_given_setting, command, there_is


@command()
@click.argument("scenario")
@click.option("--paths", type=click.IntRange(min=2), default=200, show_default=True, help="Monte Carlo paths.")
@SETTINGS
@as_given_setting
def gains(**options: Any) -> None:
    """The matrix of loop gains of SCENARIO at its worst close: where trades follow a move of which price, and how much.

    An entry is the share of a move that comes back in the next round; its spectral radius at 1 or more feeds itself.
    """
    there_is(options["scenario"])
    from scenarios.commands.gains import gains_and_show

    gains_and_show(**options)
