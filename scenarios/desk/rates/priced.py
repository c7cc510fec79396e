"""What is shown of the curves of a form and of the swaps and positions on them: the figures of the command line."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from analysis import page
from analysis.charts.two_curves import two_curves
from analysis.pages import curve_page
from markets.curves.stress import Stress
from markets.curves.swap_book import SwapBook
from scenarios.desk.layout import chart_json
from scenarios.desk.rates.asked import Asked
from scenarios.desk.rates.market import Market
from scenarios.desk.uploads import Uploads
from scenarios.studies.curves.shown import book_of, moves_of, shown_curves
from scenarios.studies.curves.stress_tables import BEFORE, after_stress, moved_lines, stress_by_swap
from scenarios.studies.risk.bare_book import bare_book
from scenarios.studies.risk.book_risk import book_risk, hedger_of
from scenarios.studies.risk.shown import risk_columns, risk_tables
from sim.errors import UserError
from sim.figure_text import fixed
from sim.lists import framed

if TYPE_CHECKING:
    from scenarios.studies.curves.solving import Solved

FILE = "curves.toml"
MOST_ROWS = 60  # of a table on the page; the export has all
SUM = "sum"
LEFT_OUT = ("Gamma by pairs of keys",)


@dataclass(frozen=True)
class Priced:
    """Everything that is shown, the page that the command line would write, and the frames that are exported."""

    shown: curve_page.Curves
    notes: tuple[str, ...]
    tables: tuple[page.Table, ...]
    charts: tuple[tuple[str, str, str], ...]  # name, specification, how to read it
    frames: dict[str, pl.DataFrame]
    stresses: tuple[str, ...]
    commands: tuple[str, ...]


def priced(asked: Asked, market: Market, folder: Path, *, keep: bool = False, most: int = 5_000) -> Priced:
    """Value what the form holds on its curves. Raises UserError.

    keep: keep curves that are in no upload as one. most: lines of a book.
    """
    asked.check()
    solved, notes = market.solved, list(market.solved.notes)
    file = Uploads(folder).get(asked.swaps_file) if asked.swaps_file else None
    book = book_of(solved, asked.swaps, file, asked.dates or None, notes, as_given=False)
    if book is not None:
        _check_size(len(book.specs), most)
    moves = moves_of(solved, asked.stresses)
    shown = shown_curves(solved, book, moves, (), fixed=asked.tents == "fixed")
    frames = {name: frame for name, frame in shown.frames().items() if frame is not None}
    tables, charts = [_short(each) for each in curve_page.tables(shown)], curve_page.drawn_of(shown)
    if market.changed:
        charts.insert(1, _requoted(market))
    chosen = next((move for move in moves if move.name == asked.drawn), moves[0])
    charts.append(_stressed(solved, chosen))
    if book is not None:
        more = _of_stresses(book, moves)
        if market.changed:
            more["change_of_quotes"] = _by_quotes(market, asked, file)
        frames |= more
        tables += [_plain(*TITLES[name], frame) for name, frame in more.items()]
    if asked.positions:
        own, of_book = _positions(asked, market, folder, most)
        frames |= own
        tables += of_book
    drawn = tuple((name, chart_json(chart), caption) for name, chart, caption in charts)
    said = tuple(move.name for move in moves)
    same = commands(asked, market, folder, keep=keep)
    return Priced(shown, tuple(notes), tuple(tables), drawn, frames, said, same)


def commands(asked: Asked, market: Market, folder: Path, *, keep: bool) -> tuple[str, ...]:
    """The command lines that do the same.

    keep: curves that are in no upload, or were changed, are kept as one; else the file is the one that is downloaded.
    """
    words = ["spiral", "curve"]
    if asked.curves and not market.changed:
        place = asked.curves
        words.append(place)
        given = {"date": asked.day, "convention": asked.convention, "interpolation": asked.interpolation}
        for option, value in given.items():
            words += [f"--{option}", value] if value else []
    else:
        place = Uploads(folder).keep(FILE, market.file_text().encode(), (".toml",)) if keep else FILE
        words.append(place)
    for swap in asked.swaps:
        words += ["--swap", swap]
    words += ["--swaps", asked.swaps_file] if asked.swaps_file else []
    for stress in asked.stresses:
        words += ["--stress", stress]
    dates = ["--dates", asked.dates] if asked.dates else []
    words += [*(["--tents", "fixed"] if asked.tents == "fixed" else []), *dates, "--out", "rates"]
    found = [shlex.join(words)]
    if asked.positions:
        day = ["--date", asked.day] if asked.day and asked.curves and not market.changed else []
        vol = ["--normal-vol", asked.vol] if asked.vol else []
        found.append(shlex.join(["spiral", "risk", asked.positions, "--curves", place, *day, *vol, *dates]))
    return tuple(found)


# --- stresses and changed quotes -------------------------------------------------------------------------------------
TITLES = {
    "by_swap": ("P&L by swap and stress", "Change of value of each swap, all flows valued again."),
    "after": (
        "Before and after each stress",
        "Value, PV01 (the fixed rate +1 bp) and DV01 (all zero rates +1 bp) once the curve has moved.",
    ),
    "change_of_quotes": (
        "P&L of the changed quotes",
        "The swaps on the curves as they were sent, and on the changed ones; a par swap keeps the rate that it had.",
    ),
}


def _of_stresses(book: SwapBook, moves: list[Stress]) -> dict[str, pl.DataFrame]:
    return {"by_swap": stress_by_swap(book, moves), "after": after_stress(book, moves)}


def _by_quotes(market: Market, asked: Asked, file: Path | None) -> pl.DataFrame:
    """swap, currency, sent, changed, change: of each swap, by the quotes that were typed over."""
    before = book_of(market.sent, asked.swaps, file, asked.dates or None, [], as_given=False)
    assert before is not None
    then = before.on(market.solved.curves)
    columns = {"sent": before.npv, "changed": then.npv, "change": then.npv - before.npv}
    return pl.DataFrame({"swap": before.names, "currency": before.currencies, **columns})


def _requoted(market: Market) -> tuple[str, Any, str]:
    """The curves as they were sent, and with the quotes that were typed over them."""
    frames = []
    for word, solved in (("sent", market.sent), ("changed", market.solved)):
        drawn = moved_lines(solved.curves, Stress("", (1.0,), (0.0,)))
        frames.append(drawn.with_columns(pl.format("{} {}", "series", pl.lit(word)).alias("series")))
    lines = [line for line in market.lines if line.changed]
    told = ", ".join(f"{line.instrument} {line.sent} to {line.typed} {line.unit}" for line in lines[:6])
    chart = two_curves(pl.concat(frames), "Before and after the changed quotes", told)
    return "changed-quotes", chart, "Zero rates as they were sent, and with the changed quotes. Dots: nodes."


def _stressed(solved: Solved, stress: Stress) -> tuple[str, Any, str]:
    """The curves before and after a stress."""
    chart = two_curves(moved_lines(solved.curves, stress), f"Before and after: {stress.name}", "")
    return "stressed", chart, "Zero rates before the stress, and where it moves them."


# --- positions -------------------------------------------------------------------------------------------------------
def _check_size(lines: int, most: int) -> None:
    if lines > most:
        remedy = "net them first, or use the command line"
        raise UserError(f"a book of this desk has at most {most:,} lines", value=lines, remedy=remedy)


def _positions(
    asked: Asked, market: Market, folder: Path, most: int
) -> tuple[dict[str, pl.DataFrame], list[page.Table]]:
    """Risk of a book of positions on the curves, as `spiral risk` has it."""
    try:
        vol = float(asked.vol) * 1e-4 if asked.vol else None
    except ValueError:
        remedy = "write 85, in basis points"
        raise UserError("must be a number", value=asked.vol, place="normal vol", remedy=remedy) from None
    file = Uploads(folder).get(asked.positions)
    scenario = bare_book(
        file,
        dict(market.solved.curves.specs),
        day=str(market.solved.curves.day),
        dates=asked.dates or None,
        normal_vol=vol,
    )
    _check_size(len(hedger_of(scenario, None).book), most)
    risk = book_risk(scenario)
    found = risk_columns(risk, tents=asked.tents)
    tables = []
    for each in risk_tables(found, risk.currency, asked.tents):
        if each.title in LEFT_OUT or not each.rows:
            continue
        header = [each.heads[key].replace("\n", ", ").rstrip(", ") for key in each.names]
        rows = [*each.rows, *([each.sums] if each.total else [])]
        title = f"Positions: {each.title[0].lower()}{each.title[1:]}"
        tables.append(_short(page.Table(title, header, rows, note=each.note, totals=(SUM, "the book"))))
    return {f"positions_{name}": framed(table) for name, table in found.items()}, tables


# --- cells -----------------------------------------------------------------------------------------------------------
def _plain(title: str, note: str, frame: pl.DataFrame) -> page.Table:
    """A frame of texts and amounts, with a row of sums for each currency where its rows are swaps."""
    shown = frame
    if "swap" in frame.columns:
        amounts = [name for name, kind in frame.schema.items() if kind.is_float()]
        sums = frame.group_by("currency", maintain_order=True).agg(pl.col(*amounts).sum())
        shown = pl.concat([frame, sums.with_columns(pl.lit(SUM).alias("swap"))], how="diagonal")
    heads = {"npv": "value", "pv01": "PV01", "zero_dv01": "DV01, zero rates", "currency": "in"}
    header = [heads.get(name, name) for name in shown.columns]
    rows = [tuple(_cell(value) for value in row) for row in shown.iter_rows()]
    return _short(page.Table(title, header, rows, note=note, totals=(SUM,)))


def _cell(value: object) -> str:
    if isinstance(value, float):
        return fixed(value, 2)
    return "before" if value == BEFORE else str(value)


def _short(table: page.Table) -> page.Table:
    """A table with a row that says what the page leaves out."""
    if len(table.rows) <= MOST_ROWS:
        return table
    last = [row for row in table.rows if row[0] in (SUM, *table.totals) or SUM in row]
    note = f"{table.note} {len(table.rows) - MOST_ROWS:,} more rows are in the export."
    return page.Table(table.title, table.header, [*table.rows[:MOST_ROWS], *last], note=note, totals=table.totals)
