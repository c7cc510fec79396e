"""`spiral check`: its arguments and options."""

from __future__ import annotations

from typing import Any

import click

from scenarios.commands.options import FILE, SETTINGS, as_given_setting, looks, own_record, trusting


@looks()
@click.argument("file", type=FILE, required=False)
@own_record
@SETTINGS
@as_given_setting
@trusting
def check(**options: Any) -> None:
    """Validate a scenario FILE (or a preset) or a record, with a book of your own or without, before you run it.

    Whatever `spiral run` would refuse is refused, and what was assumed is said.
    """
    from scenarios.commands.check import check_and_say

    check_and_say(**options)
