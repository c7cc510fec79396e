"""`spiral desk`: its arguments and options."""

from __future__ import annotations

from typing import Any

import click

from scenarios.commands.options import FILE, command


@command()
@click.option("--folder", type=FILE, default=".", show_default=True, help="Where runs/ and sweeps/ are kept.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), default=8321, show_default=True, help="0: any that is free.")
@click.option("--name", "names", multiple=True, help="Another name of this machine that browsers use.")
@click.option("--everything", is_flag=True, help="Other machines reach all parts, not the classroom alone.")
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="Runs at the same time.")
@click.option(
    "--most-paths", type=click.IntRange(min=1), default=10_000, show_default=True, help="Paths of a run from a browser."
)
@click.option(
    "--most-minutes", type=click.FloatRange(min=0, min_open=True), default=60.0, show_default=True, help="Of a run."
)
@click.option(
    "--most-disk",
    type=click.FloatRange(min=0, min_open=True),
    default=20.0,
    show_default=True,
    help="GiB of runs, sweeps and uploads; then no more runs begin.",
)
@click.option("--no-open", is_flag=True, help="Do not open a browser.")
def desk(**options: Any) -> None:
    """Look at runs, run scenarios and trade a crisis in the browser. Ctrl-C ends it; all is kept in the folder.

    Served to this machine alone, unless --host says otherwise. It needs the extra `desk`: `make desk` in
    a clone; elsewhere pip install 'spiral-crisis[desk]'.
    """
    from scenarios.commands.desk import serve

    serve(**options)
