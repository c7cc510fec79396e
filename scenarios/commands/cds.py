"""`spiral cds`: hazard curves of names, and credit default swaps on them with their risk."""

from __future__ import annotations

from pathlib import Path

from analysis.pages import credit_page
from markets.curves.quoted_curve import QuotedCurve
from scenarios.commands.notes import say_notes
from scenarios.commands.output import say
from scenarios.commands.terminal import console
from scenarios.studies.credit import tables
from scenarios.studies.credit.solving import Credit, solve_credit, value_cds
from scenarios.studies.curves.solving import solve_curves
from sim.errors import UserError
from sim.files import check_folder, write_whole

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
    dates: str | None,
    as_given: bool,
    out: Path | None,
    quiet: bool,
) -> None:
    """Solve, value, print the tables, write the page and the tables as CSV."""
    credit = solve_credit(
        file,
        discount=_discount(rate, curves, day),
        day=day,
        recovery=recovery,
        contract=contract,
        dates=dates,
        as_given=as_given,
    )
    shown = _shown(credit, cds)
    if not quiet:
        say_notes(credit.notes)
        console(WIDTH, markup=False).print(credit_page.render(shown), highlight=False)
    if out is not None:
        check_folder(out, PAGE, *(f"{name}.csv" for name in shown.frames()))
        page = credit_page.write_credit(out / PAGE, shown)
        for name, frame in shown.frames().items():
            write_whole(out / f"{name}.csv", frame.write_csv())
        say(page)


def _discount(rate: float | None, curves: Path | None, day: str | None) -> float | QuotedCurve:
    """The first of the curves, or the rate."""
    if (rate is None) == (curves is None):
        remedy = "say --rate 0.015 (continuous), or --curves QUOTES.csv"
        raise UserError("contracts are discounted at a rate or on a curve", remedy=remedy)
    if rate is not None:
        return rate
    assert curves is not None
    return next(iter(solve_curves(curves, day=day).curves.values()))


def _shown(credit: Credit, texts: tuple[str, ...]) -> credit_page.Credit:
    first = next(iter(credit.curves.values()))
    recoveries = ", ".join(f"{name} {curve.recovery:.0%}" for name, curve in credit.curves.items())
    head = f"{first.day}, {first.convention.name} contracts, recovery: {recoveries}"
    quotes, lines = tables.quotes(credit.curves), tables.lines(credit.curves)
    if not texts:
        return credit_page.Credit(head, quotes, lines)
    book = value_cds(texts, credit)
    return credit_page.Credit(head, quotes, lines, tables.contracts(book), tables.ladder(book), tables.recoveries(book))
