"""`spiral run`, `report` and `compare`: the commands that need an engine or a dataset."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from scenarios.commands.terminal import console
from scenarios.output import say
from scenarios.scenario import Scenario
from sim.errors import UserError
from sim.text import one_line

if TYPE_CHECKING:
    from sim.clock import Clock
    from sim.dataset import Run

REPORT = "report.html"
SUMMARY_WIDTH = 100  # characters, where the output is not a terminal


def run_and_report(
    *,
    scenario: str | None,
    history: Path | None,
    book: Path | None,
    paths: int | None,
    seed: int | None,
    out: Path | None,
    twin: str | None,
    workers: int | None,
    witnesses: int | None,
    settings: tuple[str, ...],
    no_report: bool,
    profile: bool,
    quiet: bool,
) -> None:
    """Run, then print the summary and write the report, unless told otherwise."""
    chosen = choose(scenario, history, book, settings).with_run(paths=paths, seed=seed, witnesses=witnesses, twin=twin)
    folder = out or Path("runs") / f"{chosen.name}-{chosen.run.seed}"
    lay_out(chosen, str(history or scenario))
    from scenarios.build import run

    with progress_bar(chosen.title, quiet=quiet) as progress:
        typed = shlex.join(["spiral", *sys.argv[1:]])
        finished = run(chosen, out=folder, workers=workers, progress=progress, command=typed, profile=profile)
    report = None if no_report else write_report(finished)  # first: what is printed may have nowhere to go
    if not quiet:
        print_summary(finished)
    if profile:
        print_profile(finished)
    if report is not None or not quiet:
        say(report or folder)


def choose(scenario: str | None, history: Path | None, book: Path | None, settings: tuple[str, ...]) -> Scenario:
    """The scenario that the command line means."""
    if (scenario is None) == (history is None):
        remedy = "spiral run covid_crash_2020, or spiral run --history FILE.csv"
        got = "neither" if scenario is None else "both"
        raise UserError("give a SCENARIO or --history, one of the two", value=got, remedy=remedy)
    if history is not None:
        from scenarios.history import from_history

        return from_history(history, book, overrides=settings)
    from scenarios.loading import load
    from scenarios.positions_csv import read_book, with_book

    chosen = load(scenario or "", settings)
    return chosen if book is None else with_book(chosen, read_book(book, chosen.start), str(book))


def lay_out(scenario: Scenario, file: str) -> Clock:
    """The scenario's clock; raises UserError, with the file's name, for what only its calendar and books can tell."""
    from scenarios.build import compile_books, make_clock

    try:
        clock = make_clock(scenario)
        compile_books(scenario, clock)
    except UserError as error:
        place = f"{file}: {error.place}" if error.place else file
        raise UserError(error.rule, value=error.value, place=place, remedy=error.remedy) from None
    return clock


class RateColumn(ProgressColumn):
    """Millions of path-ticks a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed / 1e6:.2f}M path-ticks/s", style="progress.data.speed")


@contextmanager
def progress_bar(title: str, *, quiet: bool) -> Iterator[Callable[..., None] | None]:
    """A callback (done, total[, stage]) that draws a bar with rate and time left on stderr; None when quiet."""
    console, title = Console(stderr=True), one_line(title)
    if quiet or not console.is_terminal:
        yield None
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        RateColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total, stage=title: bar.update(task, completed=done, total=total, description=stage)


def print_summary(run: Run) -> None:
    """The run's figures in the terminal."""
    from analysis.terminal import render

    console(SUMMARY_WIDTH, markup=False).print(render(run))


def print_profile(run: Run) -> None:
    """Whose time the run took."""
    from scenarios.commands.profile_table import render

    console(SUMMARY_WIDTH, markup=False).print(render(run.manifest["profile"], run.manifest["scenario"]["agents"]))


def write_report(run: Run) -> Path:
    """report.html in the run's folder."""
    from analysis.report import write_report as write

    path = run.path / REPORT
    write(run, path)
    return path


def rebuild(folder: Path) -> None:
    """Summary and report of a finished run, from its dataset alone."""
    from sim.dataset import open_run

    run = open_run(folder)
    report = write_report(run)
    print_summary(run)
    say(report)


def draw(folder: Path, name: str, file: Path, agent: str | None, world: str) -> None:
    """One chart of a finished run to a file; its suffix is the format."""
    from analysis.report import write_chart
    from sim.dataset import open_run

    say(write_chart(open_run(folder), name, file, agent=agent, world=world))


def side_by_side(first: Path, second: Path) -> None:
    """Two runs' figures beside each other."""
    from analysis.compare import render_comparison
    from sim.dataset import open_run

    console(SUMMARY_WIDTH, markup=False).print(render_comparison(open_run(first), open_run(second)))
