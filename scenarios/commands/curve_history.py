"""`spiral curve --history`: the curves of many days, and how they moved."""

from __future__ import annotations

from pathlib import Path

from analysis.csv_text import csv_text
from analysis.pages import curve_history_page
from scenarios.commands.output import say
from scenarios.commands.screen import screen
from scenarios.studies.curves.history import curve_history, moves
from sim.files import check_folder, write_whole

PAGE, HISTORY, MOVES = "history.html", "history.csv", "moves.csv"
WIDTH = 120  # characters, where the output is not a terminal


def solve_days_and_show(
    file: Path,
    *,
    convention: str | None,
    interpolation: str | None,
    dates: str | None,
    as_given: bool,
    out: Path | None,
    quiet: bool,
) -> None:
    """Solve every day, print how zero rates moved, write the page and both tables."""
    if out is not None:
        check_folder(out, PAGE, HISTORY, MOVES)
    found = curve_history(file, convention=convention, interpolation=interpolation, dates=dates, as_given=as_given)
    moved = moves(found)
    if not quiet:
        screen(WIDTH).print(curve_history_page.render(moved, found))
    if out is not None:
        page = curve_history_page.write_history(out / PAGE, moved, found)
        write_whole(out / HISTORY, csv_text(found))
        write_whole(out / MOVES, csv_text(moved))
        say(page)
