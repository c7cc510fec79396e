"""`spiral show`: its arguments and options."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from scenarios.commands.options import FILE, SETTINGS, Record, as_given_setting, looks, own_record, trusting


@looks()
@click.argument("scenario", required=False)
@own_record
@SETTINGS
@as_given_setting
@click.option("--chart", type=FILE, help="Also draw the storyline into FILE (.html, .png, .svg, .json).")
@click.option("--density", type=FILE, help="Also draw the densities that the smile implies into FILE, and check them.")
@click.option("--months", type=click.IntRange(min=1), multiple=True, help="Expiries of --density (default: 1, 3, 12).")
@trusting
def show(
    scenario: str | None,
    record: Record,
    settings: tuple[str, ...],
    chart: Path | None,
    density: Path | None,
    months: tuple[int, ...],
    trust: bool | None,
) -> None:
    """Explain SCENARIO, or your own record: its storyline, agents, book position by position, and loops."""
    from scenarios.commands.chosen import choose
    from scenarios.commands.look import load_to_look, say_unseen
    from scenarios.commands.show import explain, explain_density

    loaded = choose(scenario, record, settings, load=partial(load_to_look, trust=trust), trust=trust, example="show")
    explain(loaded, chart)
    if density is not None:
        explain_density(loaded, density, months)
    say_unseen(loaded)
