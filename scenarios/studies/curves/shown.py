"""Solved curves and the swaps on them, as a terminal and a page show them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from analysis.pages import curve_page
from markets.curves.curve_set import CurveSet
from markets.curves.stress import DEFAULTS, Stress, parse_stress
from markets.curves.swap_book import SwapBook
from scenarios.studies.curves import tables
from scenarios.studies.curves.nodes import assumed, heading
from scenarios.studies.curves.solving import Solved
from scenarios.studies.curves.swap_text import parse_swap
from scenarios.studies.curves.swaps_csv import read_swaps
from sim.errors import UserError


def book_of(
    solved: Solved, swaps: tuple[str, ...], book: Path | None, dates: str | None, notes: list[str], *, as_given: bool
) -> SwapBook | None:
    """The swaps of the command, of the table and of the file, None without any."""
    specs = [parse_swap(text, f"--swap {i}") for i, text in enumerate(swaps, 1)]
    places = [f"--swap {i}" for i in range(1, len(specs) + 1)]
    if book is not None:
        read, wheres, said = read_swaps(book, solved.curves, dates=dates, as_given=as_given)
        specs += read
        places += wheres
        notes += said
    specs += solved.swaps
    places += [f"swaps.{i}" for i in range(1, len(solved.swaps) + 1)]
    return SwapBook.of(specs, solved.curves, places) if specs else None


def moves_of(solved: Solved, texts: tuple[str, ...]) -> list[Stress]:
    """The stresses of some texts and of the file, else the usual ones. Raises UserError."""
    moves = [parse_stress(text, "--stress") for text in (*texts, *solved.stress) or DEFAULTS]
    for move in (each for stress in moves for each in stress.all):
        if move.curve and move.curve not in solved.curves.curves:
            known = ", ".join(solved.curves.curves)
            raise UserError("a stress names no curve", value=move.curve, place="--stress", remedy=f"known: {known}")
    return moves


def curves_alone(curves: CurveSet, *, fixed: bool = False, fx: Mapping[str, float] | None = None) -> curve_page.Curves:
    """Curves without swaps as a page or a terminal shows them. fixed: whether key rates have tents of fixed widths.

    fx: spot prices by cross-currency curve, for forwards.
    """
    return curve_page.Curves(
        head=heading(curves),
        beyond=assumed(curves),
        nodes=tables.nodes(curves, fx),
        lines=tables.lines(curves),
        fixed_tents=fixed,
    )


def shown_curves(
    solved: Solved, book: SwapBook | None, moves: list[Stress], fair: tuple[str, ...], *, fixed: bool
) -> curve_page.Curves:
    """Curves with the swaps on them, their risk and their stresses. fair: instruments to be quoted. UserError."""
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
