"""`spiral curve`: solved curves, and swaps on them with their risk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from analysis.csv_text import csv_text
from analysis.pages import curve_page
from scenarios.commands.notes import say_notes
from scenarios.commands.output import say
from scenarios.commands.screen import screen
from scenarios.studies.curves.nodes import nodes_alone
from scenarios.studies.curves.shown import book_of, moves_of, shown_curves
from scenarios.studies.curves.solving import read_and_solve
from sim.errors import UserError
from sim.files import check_folder, write_whole

if TYPE_CHECKING:
    from sim.screen.group import Group

PAGE = "curve.html"
WIDTH = 170  # characters, where the output is not a terminal


def solve_and_show(
    *,
    file: Path,
    day: str | None,
    convention: str | None,
    interpolation: str | None,
    history: bool,
    swaps: tuple[str, ...],
    book: Path | None,
    fair: tuple[str, ...],
    stress: tuple[str, ...],
    tents: str,
    dates: str | None,
    as_given: bool,
    out: Path | None,
    quiet: bool,
) -> None:
    """Solve, value, print the tables, write the page and the tables as CSV."""
    if history or file.is_dir():
        _refuse_in_history(day=day, swap=swaps, swaps=book, fair=fair, stress=stress)
        from scenarios.commands.curve_history import solve_days_and_show

        solve_days_and_show(
            file,
            convention=convention,
            interpolation=interpolation,
            dates=dates,
            as_given=as_given,
            out=out,
            quiet=quiet,
        )
        return
    solved = read_and_solve(
        file, day=day, convention=convention, interpolation=interpolation, dates=dates, as_given=as_given
    )
    notes = list(solved.notes)
    held = book_of(solved, swaps, book, dates, notes, as_given=as_given)
    moves = moves_of(solved, stress)
    if not quiet:
        say_notes(notes)
    if held is None and not fair and out is None:
        if not quiet:
            _print(nodes_alone(solved.curves, solved.fx))
        return
    shown = shown_curves(solved, held, moves, fair, fixed=tents == "fixed")
    named = {name: frame for name, frame in shown.frames().items() if frame is not None}
    if out is not None:
        check_folder(out, PAGE, *(f"{name}.csv" for name in named))
    if not quiet:
        _print(curve_page.render(shown))
    if out is not None:
        page = curve_page.write_curves(out / PAGE, shown)
        for name, frame in named.items():
            write_whole(out / f"{name}.csv", csv_text(frame))
        say(page)


def _print(tables: Group) -> None:
    screen(WIDTH).print(tables)


def _refuse_in_history(**given: object) -> None:
    for name, value in given.items():
        if value:
            option = "--date" if name == "day" else f"--{name}"
            raise UserError("belongs to the curves of one day, not to a history", value=option, remedy="leave it out")
