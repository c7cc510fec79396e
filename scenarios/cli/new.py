"""`spiral new`: its arguments and options."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from scenarios.commands.options import FILE, as_given_setting, brief, own_record


@brief()
@click.argument("file", type=FILE, default=Path("scenario.toml"))
@own_record
@click.option("--set", "settings", metavar="KEY=VALUE", multiple=True, help="With --history: change a key.")
@as_given_setting
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
def new(**options: Any) -> None:
    """Write a commented scenario FILE (default: scenario.toml) with every key, its unit, default and meaning.

    With --history it is that of your own record, and runs to the same tables as `spiral run --history` with the same
    options.
    """
    from scenarios.commands.new import write_and_say

    write_and_say(**options)
