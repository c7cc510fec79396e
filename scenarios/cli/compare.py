"""`spiral compare`: its arguments and options."""

from __future__ import annotations

from typing import Any

import click

from scenarios.commands.options import FILE, WORKERS, command, traced


@command()
@click.argument("first")
@click.argument("second", required=False)
@click.option("--worlds", metavar="A,B", help="Two worlds of the run FIRST in place of SECOND: actual,frozen.")
@click.option("--agent", help="The desk (default: the first hedger; 'all' adds them up).")
@click.option("--out", type=FILE, help="Also write the comparison as a page, FILE.html.")
@click.option("--force", is_flag=True, help="Replace the file of --out though it is not as Spiral wrote it.")
@click.option("--keep", is_flag=True, help="Keep the runs of scenarios, in runs/NAME-SEED.")
@click.option("--paths", type=click.IntRange(min=1), help="Of scenarios: Monte Carlo paths (default: the smaller).")
@click.option("--seed", type=click.IntRange(min=0), help="Of scenarios: seed of both (default: the first one's).")
@WORKERS
@click.option("--quiet", is_flag=True, help="No progress bar.")
@traced
def compare(**options: Any) -> None:
    """FIRST and SECOND side by side: folders of runs, or scenarios (a preset's name, a .toml file), which are run on
    the same random numbers first.

    Runs of one seed are compared on the paths that both have, differences of averages and ES path by path.
    """
    from scenarios.commands.compare import compare_and_show

    compare_and_show(**options)
