"""`spiral sweep`: a sweep file to a dataset and a report, with what it will take beforehand."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from scenarios.commands.show import console
from scenarios.sweeps import sweep as sweeps
from scenarios.sweeps.cell_run import FAILED
from scenarios.sweeps.spec import SweepSpec
from sim.errors import SpiralError, UserError
from sim.sweep_dataset import SweepResult, open_sweep

INTERRUPTED = 130
FRONTIER = "frontier.html"
SHOWN = 5  # failed cells that are named
WIDTH = 140  # characters, where the output is not a terminal


def sweep_and_report(*, file: Path, dry_run: bool, no_report: bool, quiet: bool, **options: Any) -> bool:
    """Run or go on with the sweep of a file, say what came out, write the report; whether no cell has failed."""
    settings = {name: options.pop(name) for name in ("paths", "seed", "keep")}
    spec = sweeps.chosen(file, **settings)
    if dry_run:
        print_estimate(spec, **options)
        return True
    result = run_with_bar(spec, quiet=quiet, **options)
    if not quiet:
        print_sweep(result)
    if not no_report:
        click.echo(str(write_report(result)))
    elif not quiet:
        click.echo(str(result.path))
    return not tell_failed(result)


def run_with_bar(spec: SweepSpec, *, out: Path | None, quiet: bool, **options: Any) -> SweepResult:
    """The sweep, with a bar over cells and the work in them; Ctrl-C says how to go on."""
    folder = sweeps.folder_of(spec, out)
    command = shlex.join(["spiral", *sys.argv[1:]])
    try:
        with cell_bar(spec.title or spec.name, quiet=quiet) as progress:
            return sweeps.sweep(spec, out=out, progress=progress, command=command, **options)
    except KeyboardInterrupt:
        raise SystemExit(_interrupted(folder)) from None


def _interrupted(folder: Path) -> int:
    try:
        found = open_sweep(folder)
        said = f"{found.done} of {found.manifest['cells']} cells are kept in {folder}, the same command goes on"
    except Exception:
        said = "nothing had begun"
    click.echo(f"interrupted: {said}", err=True)
    return INTERRUPTED


def print_estimate(
    spec: SweepSpec, *, out: Path | None, workers: int | None, retry_failed: bool, cluster: str | None, changed: str
) -> None:
    """Cells, time and disk of what is left. A cluster's time is that of as many processes as `workers` says."""
    folder = sweeps.folder_of(spec, out)
    click.echo(f"sweep    {spec.name}: {spec.title or spec.name}")
    click.echo(sweeps.dry_run(spec, out=out, workers=workers, retry_failed=retry_failed).text())
    click.echo(f"folder   {folder}")


@contextmanager
def cell_bar(title: str, *, quiet: bool) -> Iterator[sweeps.Progress | None]:
    """A callback that draws finished cells and the work done, with the time left, on stderr; None when quiet."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[cells]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(title, total=None, cells="")
        yield lambda finished, work, cells: bar.update(
            task, completed=work, total=cells, cells=f"{finished} of {cells} cells"
        )


def print_sweep(result: SweepResult) -> None:
    """What came out, in the terminal."""
    from analysis.sweeps.frontier_report import render
    from analysis.sweeps.report import render_sweep

    of_policies = result.manifest["kind"] != "sweep"
    console(WIDTH).print(render(result) if of_policies else render_sweep(result))


def write_report(result: SweepResult) -> Path:
    """The sweep's page, in its folder."""
    from analysis.sweeps.frontier_report import write_frontier_report
    from analysis.sweeps.report import write_sweep_report

    of_policies = result.manifest["kind"] != "sweep"
    return write_frontier_report(result, result.path / FRONTIER) if of_policies else write_sweep_report(result)


def rebuild(folder: Path) -> None:
    """Summary and report of a sweep, finished or under way, from its dataset alone."""
    with as_it_stands(folder) as result:
        print_sweep(result)
        click.echo(str(write_report(result)))


def draw(folder: Path, name: str, file: Path, metric: str, scenario: str | None) -> None:
    """One chart of a sweep to a file; its suffix is the format."""
    from analysis.charts.sweep import draw_sweep
    from analysis.report import save_as

    with as_it_stands(folder) as result:
        chart = draw_sweep(result, name, metric=metric, scenario=scenario)
        title = result.manifest.get("title") or result.manifest["name"]
        click.echo(str(save_as(chart, file, title=f"{title}: {name}")))


@contextmanager
def as_it_stands(folder: Path) -> Iterator[SweepResult]:
    """The sweep at this moment: every figure of a page is of the same cells, also while more of them finish.

    Raises UserError where the sweep was begun anew or put in order while it was read.
    """
    result = open_sweep(folder).snapshot()
    try:
        yield result
    except SpiralError:
        raise
    except Exception:
        if open_sweep(folder).stamp == result.stamp:
            raise
        rule = "a sweep is read as it stands"
        raise UserError(rule, place=str(folder), value="it moved on", remedy="try again") from None


def tell_failed(result: SweepResult) -> int:
    """Name the cells that failed, and why; how many there are."""
    import polars as pl

    failed = result.cells.filter(pl.col("status") == FAILED).select("cell", "error").collect()
    for cell, error in failed.head(SHOWN).iter_rows():
        click.echo(f"cell {cell} failed: {error}", err=True)
    if failed.height:
        more = f", {SHOWN} of them above" if failed.height > SHOWN else ""
        click.echo(f"{failed.height} cells failed{more}; --retry-failed runs them again", err=True)
    return failed.height
