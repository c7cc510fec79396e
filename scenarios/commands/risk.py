"""`spiral risk`: the risk of a book at the start, as tables for a terminal and as CSV files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from analysis.csv_text import csv_text
from scenarios.commands.notes import say_notes
from scenarios.commands.output import say
from scenarios.commands.terminal import console
from scenarios.studies.risk.asset_risk import asset_risk
from scenarios.studies.risk.bare_book import bare_book
from scenarios.studies.risk.book_risk import BookRisk, book_risk
from scenarios.worlds.assumed import assumed
from sim.errors import UserError
from sim.files import check_folder, write_whole

if TYPE_CHECKING:
    import polars as pl

    from scenarios.commands.options import Record
    from scenarios.scenario import Scenario

WIDTH = 170  # characters, where the output is not a terminal
PER_BP, PER_BP2 = "{}/bp", "{}/bp2"  # of the currency
POSITIONS = {  # heading and unit by column
    "position": ("position", ""),
    "size": ("size", ""),
    "value": ("value", "{}"),
    "pv01": ("PV01", PER_BP),
    "dv01": ("DV01, quotes", PER_BP),
    "zero_dv01": ("DV01, zero rates", PER_BP),
    "gamma": ("gamma", PER_BP2),
    "theta": ("theta", "{}/day"),
    "theta_same_zeros": ("theta, same zeros", "{}/day"),
    "vega": ("vega", PER_BP),
}
ASSET = {
    "position": ("position", ""),
    "delta": ("delta", "{}"),
    "gamma": ("gamma", "{}/1 %"),
    "vega": ("vega", "{}/point"),
    "vanna": ("vanna", "{}/point"),
    "cross_gamma": ("cross-gamma", "{}/bp"),
}
NOTES = {
    "positions": (
        "PV01: the fixed rate of a swap +1 bp. DV01: all quoted rates, or all zero rates, +1 bp. Theta: a calendar "
        "day, forward rates realised, or zero rates the same in time to maturity. Vega: +1 bp of every normal vol."
    ),
    "partition": "+1 bp of the zero curve in tents that fall to zero at the neighbouring keys: sum = DV01, zero rates.",
    "fixed": "Tents of fixed widths (1, 2, 3 years) do not add up; coverage is their sum at the key, 1 where they do.",
    "other_curves": (
        "+1 bp in the tents of what a curve of floating rates lies above the one that discounts, of another currency's "
        "curve (its basis as it is), and of the basis at which it is discounted with collateral in dollars."
    ),
    "further": "+1 bp of each spread and of each node of other currencies, +1 % of the price of a currency.",
    "asset": (
        "Delta: $ of the asset. Gamma, vanna, cross-gamma: its change for +1 % of the asset, +1 point of its vol, and "
        "+1 bp of all zero rates. Vega: of the value, +1 point of the vol."
    ),
    "quotes": "A step of each quote: 1 bp of a rate, 0.01 of a price. Exact, nothing is bumped.",
    "cross_gamma": "Change of the DV01 by one key for +1 bp at another; the sum of all is the gamma.",
    "vega": "+1 bp of normal vol. An option between two expiries or lengths is shared between them.",
}


def bare(
    book: Path, record: Record, settings: tuple[str, ...], *, day: str | None, normal_vol: float | None
) -> Scenario:
    """The scenario of a book alone. Raises UserError."""
    if record.curves is None:
        remedy = f"spiral risk {book} --curves QUOTES.csv"
        raise UserError("a book alone has no market", value=str(book), remedy=remedy)
    for option, given in (("--book", record.book), ("--history", record.history), ("--set", settings or None)):
        if given is not None:
            raise UserError("does not go with a book alone", value=option, remedy="leave it out, or give a scenario")
    vol = None if normal_vol is None else normal_vol * 1e-4
    return bare_book(book, record.curves, day=day, dates=record.dates, normal_vol=vol)


def show_risk(scenario: Scenario, *, agent: str | None, keys: str | None, tents: str, out: Path | None) -> None:
    """Print the tables, and write them."""
    risk = book_risk(scenario, agent, **({} if keys is None else {"keys": _years(keys)}))
    frames = {
        "positions": risk.positions(),
        "key_rates": risk.key_rates(fixed=tents == "fixed"),
        "asset": asset_risk(risk.by_keys),
        "other_curves": risk.other_curves(),
        "further": risk.further(),
        "quotes": risk.quotes(),
        "cross_gamma": risk.cross_gammas(),
        "vega": risk.vega(),
    }
    written = {name: frame for name, frame in frames.items() if frame is not None}
    if out is not None:
        check_folder(out, *(f"{name}.csv" for name in written))
    say_notes(assumed(scenario))
    terminal = console(WIDTH, markup=False)
    for table, note in _tables(risk, frames, tents):
        terminal.print(table, highlight=False)
        terminal.print(f"{note}\n", highlight=False)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for name, frame in written.items():
            write_whole(out / f"{name}.csv", csv_text(frame))
        say(out)


def _years(text: str) -> tuple[float, ...]:
    try:
        years = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise UserError("is not a list of years", value=text, place="--keys", remedy="write 1,2,5,10,30") from None
    if not years or any(not 0 < year <= 100 for year in years) or sorted(set(years)) != list(years):
        raise UserError("key rates rise, from above 0 to 100 years", value=text, place="--keys", remedy="1,2,5,10,30")
    return years


def _tables(risk: BookRisk, frames: dict[str, pl.DataFrame | None], tents: str) -> list[tuple[Table, str]]:
    unit = risk.currency
    heads = {name: f"{head}\n{per.format(unit)}" for name, (head, per) in POSITIONS.items()}
    found = [(_table("The book at the start", frames["positions"], heads), NOTES["positions"])]
    per_bp = {"dv01": f"DV01, {PER_BP.format(unit)}"}
    roles = {"discount": "of what discounts", "projection": "of what projects"}
    keys = {"key": "key, years", **per_bp, **roles, "coverage": "coverage"}
    found.append((_table("Key rates", frames["key_rates"], keys, total=tents == "partition"), NOTES[tents]))
    if frames["asset"] is not None:
        heads = {name: f"{head}\n{per.format(unit)}" for name, (head, per) in ASSET.items()}
        found.append((_table("Risk in the asset", frames["asset"], heads, total=True), NOTES["asset"]))
    if frames["other_curves"] is not None:
        heads = {"curve": "curve", "key": "key, years", **per_bp}
        found.append((_table("Key rates of other curves", frames["other_curves"], heads), NOTES["other_curves"]))
    if frames["further"] is not None:
        heads = {"factor": "factor", "step": "step", "change": f"change of value, {unit}"}
        found.append((_table("Spreads and other currencies", frames["further"], heads), NOTES["further"]))
    if frames["quotes"] is not None:
        heads = {"curve": "curve", "quote": "quote", "dv01": f"a step of the quote, {unit}"}
        found.append((_table("Risk by quote", frames["quotes"], heads, total=True), NOTES["quotes"]))
    for name, title, per in (("cross_gamma", "Gamma by pairs of keys", PER_BP2), ("vega", "Vega", PER_BP)):
        frame = frames[name]
        if frame is not None and frame.height:
            first = frame.columns[0]
            heads = {first: f"{first}, {per.format(unit)}"} | {other: other for other in frame.columns[1:]}
            found.append((_table(title, frame, heads), NOTES[name]))
    return found


def _table(title: str, frame: pl.DataFrame | None, heads: dict[str, str], *, total: bool = False) -> Table:
    """The columns of a frame that have a heading and are not empty, and their sum."""
    assert frame is not None
    names = [name for name in heads if name in frame.columns and frame[name].null_count() < frame.height]
    table = Table(title=title, title_justify="left", box=None, header_style="bold")
    for name in names:
        words = not frame[name].dtype.is_numeric()
        table.add_column(heads[name], justify="left" if words else "right", no_wrap=not words)
    for row in frame.iter_rows(named=True):
        if any(abs(row[name]) > 5e-5 for name in names if isinstance(row[name], float) and name != "key"):
            table.add_row(*(_cell(row[name], name) for name in names))
    if total:
        sums = [_cell(frame[name].sum(), name) if frame[name].dtype.is_float() else "" for name in names[1:]]
        table.add_row("sum", *sums, style="bold")
    return table


def _cell(value: object, name: str) -> str:
    if value is None or value != value:
        return ""
    if not isinstance(value, float):
        return str(value)
    if name in ("key", "coverage"):
        return f"{value:g}"
    places = 0 if name == "size" else 2 if abs(value) >= 1000 else 4
    return f"{round(value, places) + 0.0:,.{places}f}"  # no minus before a zero
