"""`spiral keys`: its arguments and options."""

from __future__ import annotations

import click

from scenarios.commands.options import brief


@brief()
@click.argument("prefix", required=False, default="")
def keys(prefix: str) -> None:
    """Every key of a scenario file (that begins with PREFIX): default, unit, limits, meaning."""
    from scenarios.commands.keys import print_keys

    print_keys(prefix)
