"""`spiral run`, `report` and `chart`: the commands that need an engine or a dataset."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from scenarios.checking.outside import is_pending
from scenarios.commands.chosen import choose
from scenarios.commands.notes import say_notes
from scenarios.commands.options import Record
from scenarios.commands.output import complain, say
from scenarios.commands.terminal import console
from scenarios.scenario import Scenario
from scenarios.worlds.assumed import assumed
from scenarios.worlds.blueprint import blueprint_of
from sim.run_folder import check_place
from sim.run_pages import REPORT, add_page, check_report
from sim.scratch import clear_once
from sim.text import one_line

if TYPE_CHECKING:
    from sim.dataset import Run

SET_FIRST = (
    "--set counts before the desks' impact is taken out, so every such run passes through the record; to compare "
    "settings in one outside world, write it once (spiral calibrate --history FILE.csv) and run that file with --set"
)
SUMMARY_WIDTH = 100  # characters, where the output is not a terminal


def run_and_report(
    *,
    scenario: str | None,
    record: Record,
    paths: int | None,
    seed: int | None,
    out: Path | None,
    twin: str | None,
    unhedged: bool | None,
    workers: int | None,
    witnesses: int | None,
    settings: tuple[str, ...],
    no_report: bool,
    profile: bool,
    quiet: bool,
) -> None:
    """Run, then print the summary and write the report, unless told otherwise."""
    chosen = choose(scenario, record, settings).with_run(
        paths=paths, seed=seed, witnesses=witnesses, twin=twin, unhedged=unhedged
    )
    blueprint_of(chosen, str(record.history or scenario))
    if not quiet:
        say_notes(assumed(chosen))
        if is_pending(chosen.storyline) and not all(setting.startswith("run.") for setting in settings):
            say_notes([SET_FIRST])
    chosen = made_ready(chosen, quiet=quiet)
    folder = out or place_for(chosen, quiet=quiet)
    if not no_report:
        check_report(check_place(folder))
    from scenarios.studies.run import run

    with progress_bar(chosen.title, quiet=quiet) as progress:
        typed = shlex.join(["spiral", *sys.argv[1:]])
        finished = run(chosen, out=out, workers=workers, progress=progress, command=typed, profile=profile)
    report = None if no_report else write_report(finished)  # before printing: the terminal may be closed
    if not quiet:
        print_summary(finished)
    if profile:
        print_profile(finished)
    if report is not None or not quiet:
        say(report or folder)


def made_ready(scenario: Scenario, *, quiet: bool) -> Scenario:
    """`scenarios.ready` with a bar and, unless quiet, a line that says what it did and how long it took."""
    if not is_pending(scenario.storyline):
        return scenario
    from scenarios.studies.calibrating.before_run import ready

    begun = time.perf_counter()
    with progress_bar(scenario.title, quiet=quiet) as bar:
        told = None if bar is None else lambda stage, done, total: bar(done, total, f"{scenario.name}: {stage}")
        found = ready(scenario, progress=told)
    if not quiet:
        say_notes([f"{found.notes[-1]}; that took {time.perf_counter() - begun:.1f} s"])
    return found


def place_for(scenario: Scenario, *, quiet: bool) -> Path:
    """The default folder of a run; a line says so where the first choice holds a run of another content."""
    from scenarios.worlds.run_files import default_folder, first_folder

    found, first = default_folder(scenario), first_folder(scenario)
    if found != first and not quiet:
        say_notes([f"{first} holds a run of another content, so this one goes to {found}"])
    return found


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
    from sim.estimate import without_pulls

    with run.reading(), without_pulls():
        shown = render(run)
    console(SUMMARY_WIDTH, markup=False).print(shown)


def print_profile(run: Run) -> None:
    """Print the run's time by agent and phase."""
    from scenarios.commands.profile_table import render

    console(SUMMARY_WIDTH, markup=False).print(render(run.manifest["profile"], run.manifest["scenario"]["agents"]))


def write_report(run: Run) -> Path:
    """report.html in the run's folder. Raises UserError if the one that is there is not as Spiral wrote it."""
    from analysis.pages.report import report_page

    check_report(run.path)
    add_page(run, REPORT, report_page(run))
    return run.path / REPORT


def opened(folder: Path) -> Run:
    """Open a finished run; prints a note to stderr if its manifest was changed afterwards."""
    from sim.dataset import open_run

    clear_once()
    run = open_run(folder)
    if run.altered:
        complain(f"warning: {run.path / 'manifest.json'}: changed after the run was made")
    return run


def rebuild(folder: Path, *, verify: bool = False) -> None:
    """Summary and report of a finished run, from its dataset alone."""
    run = opened(folder)
    if verify:
        run.verify()
    report = write_report(run)
    print_summary(run)
    say(report)


def draw(folder: Path, name: str, file: Path, agent: str | None, world: str) -> None:
    """One chart of a finished run to a file; its suffix is the format."""
    from analysis.pages.report import write_chart

    say(write_chart(opened(folder), name, file, agent=agent, world=world))
