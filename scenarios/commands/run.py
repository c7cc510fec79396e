"""`spiral run`: a run, its summary and its report."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from scenarios.checking.outside import is_pending
from scenarios.commands.chosen import choose
from scenarios.commands.finished import SUMMARY_WIDTH, print_summary, write_report
from scenarios.commands.notes import say_notes
from scenarios.commands.options import Record
from scenarios.commands.output import say
from scenarios.commands.progress import progress_bar
from scenarios.commands.screen import screen
from scenarios.scenario import Scenario
from scenarios.worlds.assumed import assumed
from scenarios.worlds.blueprint import blueprint_of
from sim.run_folder import check_place, settle
from sim.run_pages import check_report

if TYPE_CHECKING:
    from sim.dataset import Run
    from sim.ensemble import Progress

SET_FIRST = (
    "--set counts before the desks' impact is taken out, so every such run passes through the record; to compare "
    "settings in one outside world, write it once (spiral calibrate --history FILE.csv) and run that file with --set"
)


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
    kernels_compiled(quiet=quiet)
    chosen = made_ready(chosen, quiet=quiet)
    folder = out or place_for(chosen, quiet=quiet)
    if not no_report:
        check_report(check_place(folder))
    from scenarios.studies.run import run

    with progress_bar(chosen.title, quiet=quiet) as progress:
        typed = shlex.join(["spiral", *sys.argv[1:]])
        told = progress if no_report else charts_loaded_meanwhile(progress)
        finished = run(chosen, out=out, workers=workers, progress=told, command=typed, profile=profile)
    report = None if no_report else write_report(finished)  # before printing: the terminal may be closed
    if not quiet:
        print_summary(finished)
    if profile:
        print_profile(finished)
    if report is not None or not quiet:
        say(report or finished.path)


def kernels_compiled(*, quiet: bool) -> None:
    """Before the first run, compile the kernels that it calls; a bar counts them."""
    from scenarios.worlds.first_kernels import are_missing, compile_first

    if are_missing():
        with progress_bar("Compiling kernels, once", quiet=quiet, of="draws") as bar:
            compile_first(progress=bar)


def charts_loaded_meanwhile(progress: Progress | None) -> Progress:
    """The same progress; once all paths are through, what draws the report is imported while its figures are found."""
    loading = Thread(target=_load_charts, name="load-charts", daemon=True)

    def told(done: int, total: int) -> None:
        if done >= total and loading.ident is None:
            loading.start()
        if progress is not None:
            progress(done, total)

    return told


def _load_charts() -> None:
    import analysis.pages.report  # noqa: F401 - for `write_report`


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
    """The default folder of a run; a line says so where the first choice is taken."""
    from scenarios.worlds.run_files import default_folder, first_folder

    found, first = default_folder(scenario), first_folder(scenario)
    if found != first and not quiet:
        why = "holds a run of another content" if settle(first) else "is in use by another process"
        say_notes([f"{first} {why}, so this one goes to {found}"])
    return found


def print_profile(run: Run) -> None:
    """Print the run's time by agent and phase."""
    from scenarios.commands.profile_table import render

    screen(SUMMARY_WIDTH).print(render(run.manifest["profile"], run.manifest["scenario"]["agents"]))
