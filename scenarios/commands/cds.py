"""`spiral cds`: hazard curves of names, and credit default swaps on them with their risk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from analysis.csv_text import csv_text
from analysis.pages import credit_page
from markets.credit.cva import Cva
from markets.curves.curve_set import CurveSet
from markets.curves.quoted_curve import QuotedCurve
from scenarios.commands.notes import say_notes
from scenarios.commands.output import say
from scenarios.commands.screen import screen
from scenarios.studies.credit import tables
from scenarios.studies.credit.solving import Credit, solve_credit, value_cds
from scenarios.studies.credit.swap_cva import swap_cva
from scenarios.studies.curves.solving import solve_curves
from sim.errors import UserError
from sim.figure_text import percent
from sim.files import check_folder, write_whole
from sim.lists import framed
from sim.nearest import nearest

PAGE = "credit.html"
WIDTH = 170  # characters, where the output is not a terminal


def solve_and_show(
    *,
    file: Path,
    day: str | None,
    rate: float | None,
    curves: Path | None,
    recovery: float | None,
    contract: str,
    cds: tuple[str, ...],
    cva: tuple[str, ...],
    vol: float | None,
    dates: str | None,
    as_given: bool,
    out: Path | None,
    quiet: bool,
) -> None:
    """Solve, value, print the tables, write the page and the tables as CSV."""
    solved = None if curves is None else solve_curves(curves, day=day)
    credit = solve_credit(
        file,
        discount=_discount(rate, solved),
        day=day,
        recovery=recovery,
        contract=contract,
        dates=dates,
        as_given=as_given,
    )
    shown = _shown(credit, cds)
    if cva:
        costs = [_cva(text, solved, credit, vol) for text in cva]
        shown = replace(shown, cva=tables.costs(costs), cva_ladder=tables.cost_ladder(costs))
    found = shown.tables()
    if out is not None:
        check_folder(out, PAGE, *(f"{name}.csv" for name in found))
    if not quiet:
        say_notes(credit.notes)
        screen(WIDTH).print(credit_page.render(shown))
    if out is not None:
        page = credit_page.write_credit(out / PAGE, shown)
        for name, table in found.items():
            write_whole(out / f"{name}.csv", csv_text(framed(table)))
        say(page)


def _cva(text: str, curves: CurveSet | None, credit: Credit, vol: float | None) -> tuple[str, Cva]:
    """A swap with a name, and its adjustment."""
    name, _, swap = (part.strip() for part in text.partition(":"))
    if not swap:
        raise UserError("names no counterparty", value=text, place="--cva", remedy="write 'acme: pay 4.3% 6Y 50m'")
    if name not in credit.curves:
        raise UserError("no such name is quoted", value=name, place="--cva", remedy=nearest(name, list(credit.curves)))
    if curves is None or vol is None:
        remedy = "say --curves QUOTES.csv and --vol 0.0095"
        raise UserError("exposures need curves and a vol of the short rate", place="--cva", remedy=remedy)
    return text, swap_cva(swap, curves, credit[name], vol=vol)


def _discount(rate: float | None, curves: CurveSet | None) -> float | QuotedCurve:
    """The first of the curves, or the rate."""
    if (rate is None) == (curves is None):
        remedy = "say --rate 0.015 (continuous), or --curves QUOTES.csv"
        raise UserError("contracts are discounted at a rate or on a curve", remedy=remedy)
    if rate is not None:
        return rate
    assert curves is not None
    return next(iter(curves.curves.values()))


def _shown(credit: Credit, texts: tuple[str, ...]) -> credit_page.Credit:
    first = next(iter(credit.curves.values()))
    recoveries = ", ".join(f"{name} {percent(curve.recovery, 0)}" for name, curve in credit.curves.items())
    head = f"{first.day}, {first.convention.name} contracts, recovery: {recoveries}"
    quotes, lines = tables.quotes(credit.curves), tables.lines(credit.curves)
    if not texts:
        return credit_page.Credit(head, quotes, lines)
    book = value_cds(texts, credit)
    return credit_page.Credit(head, quotes, lines, tables.contracts(book), tables.ladder(book), tables.recoveries(book))
