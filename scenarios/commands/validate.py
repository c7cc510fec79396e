"""`spiral validate`: known answers in the terminal and on a page."""

from __future__ import annotations

from pathlib import Path

from scenarios.commands.output import say
from scenarios.commands.progress import progress_bar
from scenarios.commands.screen import screen
from scenarios.studies.validation import runner
from scenarios.studies.validation.result import DATA, PAGE, Validation
from sim.files import check_folder
from sim.screen.table import Table
from sim.screen.text import Text
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
    with progress_bar("", quiet=quiet, of="cases") as progress:
        found = runner.run_cases(cases, workers, progress, seed=seed, generator=generator)
    page = found.write(folder)
    if not quiet:
        print_result(found)
    say(page)
    return found.passed


def print_list(names: tuple[str, ...], *, fast: bool) -> None:
    """The cases by chapter, without running any."""
    table = Table("case", "", "what is reproduced, and its source below", box=False, pad_edge=False)
    table.columns[0].no_wrap = True
    chapter = ""
    for case in runner.choose(names, fast=fast):
        if case.chapter != chapter:
            chapter = case.chapter
            table.add_row(Text(chapter, "bold cyan"))
        told = Text.assemble(f"{case.title}\n", (case.source, "dim"))
        table.add_row(f"  {case.name}", "fast" if case.fast else "", told)
    screen(WIDTH).print(table)


def print_result(found: Validation) -> None:
    """Every reading, and a sentence."""
    from analysis.pages.validation_page import far_out, render, summary

    out = screen(WIDTH)
    out.print(render(found.frame))
    repeated = "" if found.seed is None else f"At seed {found.seed}: "
    out.print(f"\n{repeated}{summary(found.frame)} {found.seconds:.0f} s.")
    out.print(far_out(found.frame))
