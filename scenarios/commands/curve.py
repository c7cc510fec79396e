"""`spiral curve`: solved curves, and swaps on them with their risk."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from analysis.csv_text import csv_text
from analysis.pages import curve_page
from markets.curves.curve_set import CurveSet
from markets.curves.stress import DEFAULTS, Stress, parse_stress
from markets.curves.swap_book import SwapBook
from scenarios.commands.curve_history import solve_days_and_show
from scenarios.commands.notes import say_notes
from scenarios.commands.output import say
from scenarios.commands.terminal import console
from scenarios.studies.curves import tables
from scenarios.studies.curves.solving import Solved, read_and_solve
from scenarios.studies.curves.swap_text import parse_swap
from scenarios.studies.curves.swaps_csv import read_swaps
from sim.errors import UserError
from sim.files import check_folder, write_whole

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
    held = _book(solved, swaps, book, dates, notes, as_given=as_given)
    moves = [parse_stress(text, "--stress") for text in (*stress, *solved.stress) or DEFAULTS]
    _check_curves(solved, moves)
    if not quiet:
        say_notes(notes)
    shown = _shown(solved, held, moves, fair, fixed=tents == "fixed")
    named = {name: frame for name, frame in shown.frames().items() if frame is not None}
    if out is not None:
        check_folder(out, PAGE, *(f"{name}.csv" for name in named))
    if not quiet:
        console(WIDTH, markup=False).print(curve_page.render(shown), highlight=False)
    if out is not None:
        page = curve_page.write_curves(out / PAGE, shown)
        for name, frame in named.items():
            write_whole(out / f"{name}.csv", csv_text(frame))
        say(page)


def _refuse_in_history(**given: object) -> None:
    for name, value in given.items():
        if value:
            option = "--date" if name == "day" else f"--{name}"
            raise UserError("belongs to the curves of one day, not to a history", value=option, remedy="leave it out")


def _book(
    solved: Solved, swaps: tuple[str, ...], book: Path | None, dates: str | None, notes: list[str], *, as_given: bool
) -> SwapBook | None:
    """The swaps of the command, of the table and of the file, None without any."""
    specs = [parse_swap(text, f"--swap {i}") for i, text in enumerate(swaps, 1)]
    places = [f"--swap {i}" for i in range(1, len(specs) + 1)]
    if book is not None:
        read, wheres, said = read_swaps(book, dates=dates, as_given=as_given)
        specs += read
        places += wheres
        notes += said
    specs += solved.swaps
    places += [f"swaps.{i}" for i in range(1, len(solved.swaps) + 1)]
    return SwapBook.of(specs, solved.curves, places) if specs else None


def _check_curves(solved: Solved, moves: list[Stress]) -> None:
    for move in moves:
        if move.curve and move.curve not in solved.curves.curves:
            known = ", ".join(solved.curves.curves)
            raise UserError("a stress names no curve", value=move.curve, place="--stress", remedy=f"known: {known}")


def curves_alone(curves: CurveSet, *, fixed: bool = False, fx: Mapping[str, float] | None = None) -> curve_page.Curves:
    """Curves without swaps as a page or a terminal shows them. fixed: whether key rates have tents of fixed widths.

    fx: spot prices by cross-currency curve, for forwards.
    """
    head = (
        f"{curves.day}, {len(curves.quotes)} quotes on {len(curves.curves)} curve{'s' * (len(curves.curves) > 1)}, "
        f"largest error of a quote {curves.residual:.1e}"
    )
    ways = {name: curve.interpolation.name for name, curve in curves.curves.items()}
    said = [f"{tables.beyond(curve)}; interpolation {ways[name]}" for name, curve in curves.curves.items()]
    return curve_page.Curves(
        head=head,
        beyond=(*said, *tables.shaped(curves)),
        nodes=tables.nodes(curves, fx),
        lines=tables.lines(curves),
        fixed_tents=fixed,
    )


def _shown(
    solved: Solved, book: SwapBook | None, moves: list[Stress], fair: tuple[str, ...], *, fixed: bool
) -> curve_page.Curves:
    shown = curves_alone(solved.curves, fixed=fixed, fx=solved.fx)
    if fair:
        shown = shown.with_frames(fair=tables.fair(solved.curves, fair))
    if book is None:
        return shown
    return shown.with_frames(
        swaps=tables.swaps(book),
        ladder=tables.ladder(book),
        key_rates=tables.key_rates(book, fixed=fixed),
        stresses=tables.stresses(book, moves),
        cross_gammas=tables.cross_gammas(book),
    )
