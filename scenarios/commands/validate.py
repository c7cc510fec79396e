"""`spiral validate`: known answers in the terminal and on a page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from scenarios.commands.output import say
from scenarios.commands.terminal import console
from scenarios.studies.validation import runner
from scenarios.studies.validation.result import DATA, PAGE, Validation
from sim.files import check_folder
from sim.screen.table import Table
from sim.streams import Generator

FOLDER = Path("runs") / "validation"
WIDTH = 180  # characters, where the output is not a terminal


def validate_and_report(
    *,
    names: tuple[str, ...],
    fast: bool,
    listed: bool,
    out: Path | None,
    workers: int | None,
    seed: int | None,
    generator: Generator | None,
    quiet: bool,
) -> bool:
    """Run the cases, print their readings, write the page; whether all passed."""
    if listed:
        print_list(names, fast=fast)
        return True
    cases = runner.choose(names, fast=fast)
    folder = out or FOLDER
    check_folder(folder, PAGE, DATA)
    with case_bar(quiet=quiet) as progress:
        found = runner.run_cases(cases, workers, progress, seed=seed, generator=generator)
    page = found.write(folder)
    if not quiet:
        print_result(found)
    say(page)
    return found.passed


@contextmanager
def case_bar(*, quiet: bool) -> Iterator[runner.Progress | None]:
    """A callback (done, total, names) that draws a bar with the cases in flight on stderr; None when quiet."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield None
        return
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total, names: bar.update(
            task, completed=done, total=total, description=escape(", ".join(names))
        )


def print_list(names: tuple[str, ...], *, fast: bool) -> None:
    """The cases by chapter, without running any."""
    table = Table("chapter", "case", "", "what is reproduced", "source", box=False, pad_edge=False, whole=False)
    table.columns[1].no_wrap = True
    chapter = ""
    for case in runner.choose(names, fast=fast):
        first = case.chapter if case.chapter != chapter else ""
        chapter = case.chapter
        table.add_row(first, case.name, "fast" if case.fast else "", case.title, case.source)
    console(WIDTH).print(table)


def print_result(found: Validation) -> None:
    """Every reading, and a sentence."""
    from analysis.pages.validation_page import far_out, render, summary

    out = console(WIDTH)
    out.print(render(found.frame))
    repeated = "" if found.seed is None else f"At seed {found.seed}: "
    out.print(f"\n{repeated}{summary(found.frame)} {found.seconds:.0f} s.", highlight=False)
    out.print(far_out(found.frame), highlight=False)
