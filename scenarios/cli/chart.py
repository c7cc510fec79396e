"""`spiral chart`: its arguments and options."""

from __future__ import annotations

import os
from pathlib import Path

import click

from scenarios.commands.options import FILE, brief


@brief()
@click.argument("folder", type=FILE)
@click.argument("name")
@click.argument("file", type=FILE)
@click.option("--agent", help="Of a run: the desk to draw (default: the first hedger; 'all' adds them up).")
@click.option("--world", default="actual", show_default=True, help="Of a run: the world to draw.")
@click.option("--metric", default="cost_of_survival", show_default=True, help="Of a sweep: the figure to draw.")
@click.option("--scenario", help="Of a sweep: the scenario to draw (default: its first).")
def chart(
    folder: Path, name: str, file: Path, agent: str | None, world: str, metric: str, scenario: str | None
) -> None:
    """Draw chart NAME of a finished run, or of a sweep, in FOLDER to FILE: .png, .svg, .html or .json.

    Of a run: panels, waterfall, twin_difference, attribution, distribution, storyline, phase_portrait, loop_gain,
    margin_calls, liquidity, capital,
    exposure or expected_exposure. Of a sweep: line, heat_map, tornado, sobol or cell_detail; of policies: frontier
    (against the risk --metric), crowding or appetites.
    """
    from scenarios.commands import finished, finished_sweep
    from sim.sweep_manifest import MANIFEST

    if os.path.isfile(folder / MANIFEST):
        finished_sweep.draw(folder, name, file, metric, scenario)
    else:
        finished.draw(folder, name, file, agent, world)
