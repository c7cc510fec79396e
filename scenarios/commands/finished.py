"""A finished run in a folder: open it, print its summary, write its report, draw a chart. Nothing here can simulate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.commands.output import complain, say
from scenarios.commands.prepare import prepare
from scenarios.commands.remembered import chart_of, remember
from sim.run_pages import REPORT, add_page, check_report
from sim.scratch import clear_once

if TYPE_CHECKING:
    from sim.dataset import Run

SUMMARY_WIDTH = 100  # characters, where the output is not a terminal


def print_summary(run: Run) -> None:
    """The run's figures in the terminal."""
    from analysis.terminal import render
    from scenarios.commands.screen import screen
    from sim.estimate import without_pulls

    with run.reading(), without_pulls():
        shown = render(run)
    screen(SUMMARY_WIDTH).print(shown)


def write_report(run: Run) -> Path:
    """report.html in the run's folder. Raises UserError if the one that is there is not as Spiral wrote it."""
    from analysis.pages.report import report_page

    check_report(run.path)
    drawn: dict[str, dict[str, Any]] = {}
    add_page(run, REPORT, report_page(run, drawn=drawn))
    remember(run, drawn)
    return run.path / REPORT


def opened(folder: Path) -> Run:
    """Open a finished run; prints a note to stderr if its manifest was changed afterwards."""
    from sim.dataset import open_run

    clear_once()
    run = open_run(folder)
    prepare(sum(file.size for file in run.files.values()))
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
    run = opened(folder)
    from analysis.chart_file import check_chart, save_spec, title_of

    check_chart(file)
    say(save_spec(chart_of(run, name, agent, world), file, title=f"{title_of(run)}: {name}"))
