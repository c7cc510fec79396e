"""Quotes of a swaption cube from a table: expiry, tenor, forward, strike, vol."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import pairwise

from markets.plausible import RATE, VOL, YIELD_VOL
from markets.rate_vols.cube import CellQuotes
from markets.rate_vols.sabr import Kind
from scenarios.files.csv_table import Row, Table, read_table
from scenarios.files.frames import Source
from scenarios.files.layout import Layout
from scenarios.files.units import one_unit
from sim.errors import UserError
from sim.place import Place

# Other names of a column, as `files.layout.plain` has them; the nearer first.
ALIASES: dict[str, tuple[str, ...]] = {
    "expiry": ("expiration", "optionexpiry", "optiontenor", "maturity", "exp"),
    "tenor": ("swaptenor", "swaplength", "length", "underlying", "swap"),
    "forward": ("atm", "atmrate", "forwardrate", "fwd", "f"),
    "forward_percent": ("forwardpct", "atmpercent", "fwdpct"),
    "strike": ("k", "strikerate"),
    "strike_percent": ("strikepct",),
    "offset_bp": ("offset", "moneynessbp", "strikeoffset", "strikeoffsetbp", "offsetbps", "relativestrike"),
    "vol": ("volatility", "impliedvol", "iv", "sigma"),
    "vol_percent": ("volpct", "blackvolpercent", "lognormalvolpercent"),
    "vol_bp": ("volbps", "normalvolbp", "normalvolbps", "bpvol"),
}
REMARKS = ("note", "notes", "comment", "comments", "source", "id", "ticker", "currency", "ccy", "date")
FORWARDS = {"forward": 1.0, "forward_percent": 0.01}  # decimal of a 1 in the column
STRIKES = {"strike": 1.0, "strike_percent": 0.01, "offset_bp": 1e-4}
VOLS = {"vol": 1.0, "vol_percent": 0.01, "vol_bp": 1e-4}
NUMBERS = (*FORWARDS, *STRIKES, *VOLS)
TENOR = re.compile(r"(\d+(?:\.\d+)?)\s*(y|m|w|)", re.IGNORECASE)
A_YEAR = {"y": 1.0, "": 1.0, "m": 12.0, "w": 52.0}
PLAUSIBLE = {"normal": YIELD_VOL, "lognormal": VOL}  # of vols, by kind


def read_cube(source: Source, *, kind: Kind = "normal", as_given: bool = False) -> tuple[list[CellQuotes], list[str]]:
    """Cells of a CSV file or a frame, with what was assumed; as_given: take rates and vols that no market has had.

    Raises UserError with file and line.
    """
    table = read_table(source, Layout("cube", ALIASES, ("expiry", "tenor"), (), NUMBERS, REMARKS))
    units = {**one_unit(table, FORWARDS), **one_unit(table, STRIKES), **one_unit(table, VOLS)}
    for columns, remedy in (
        (FORWARDS, "add the column forward (0.036) or forward_percent (3.6)"),
        (STRIKES, "add the column strike (0.036), strike_percent (3.6) or offset_bp (-50)"),
        (VOLS, "add the column vol (0.0090), vol_percent (25) or vol_bp (90)"),
    ):
        if not set(columns) & set(table.columns):
            raise UserError(f"there is no column of {next(iter(columns))}s", place=table.name, remedy=remedy)
    found: dict[tuple[float, float], list[tuple[float, float, float, Row]]] = defaultdict(list)
    for row in table.rows:
        cell = _length(row, "expiry"), _length(row, "tenor")
        found[cell].append((*_point(row, units, kind, as_given), row))
    cells = [_cell(*key, points, table) for key, points in found.items()]
    return cells, [f"{table.name}: {note}" for note in table.notes]


def _length(row: Row, column: str) -> float:
    return length_of(row.text(column) or "", row.place.at(column))


def length_of(text: str, place: Place) -> float:
    """Years of 5Y, 18M, 2W or 5. Raises UserError."""
    match = TENOR.fullmatch(text.strip())
    if match is None or not float(match[1]) > 0:
        raise place.error("must be a length of time", value=text, remedy="write 5Y, 18M or 0.5")
    return float(match[1]) / A_YEAR[match[2].lower()]


def _point(row: Row, units: dict[str, float], kind: Kind, as_given: bool) -> tuple[float, float, float]:
    """Forward, strike and vol of a line, decimal."""
    (_, forward), (said, strike), (_, vol) = (_one(row, columns, units) for columns in (FORWARDS, STRIKES, VOLS))
    if said == "offset_bp":
        strike += forward
    for value, column, bounds in ((forward, "forward", RATE), (strike, "strike", RATE), (vol, "vol", PLAUSIBLE[kind])):
        if not as_given and not bounds[0] <= value <= bounds[1]:
            rule = f"{column} is implausible: plausible {bounds[0]:g} to {bounds[1]:g}"
            remedy = f"check its unit and --vol {kind}, or take it with --as-given"
            raise row.place.at(column).error(rule, value=f"{value:g}", remedy=remedy)
    if not vol > 0:
        raise row.place.at("vol").error("a vol is positive", value=vol)
    return forward, strike, vol


def _one(row: Row, columns: dict[str, float], units: dict[str, float]) -> tuple[str, float]:
    """The column of some that the table has, and what a line says in it, decimal."""
    column = next(column for column in columns if column in units)
    value = row.number(column, percent=0.01 / units[column])
    if value is None:
        raise row.place.at(column).error("the line has none", remedy="write one on every line")
    return column, value * units[column]


def _cell(expiry: float, tenor: float, points: list[tuple[float, float, float, Row]], table: Table) -> CellQuotes:
    forwards = sorted({forward for forward, *_ in points})
    row = points[-1][-1]
    if len(forwards) > 1:
        rule = "the lines of one cell have one forward"
        raise row.place.at("forward").error(rule, value=f"{forwards[0]:g} and {forwards[-1]:g}")
    ordered = sorted(points, key=lambda point: point[1])
    strikes = tuple(strike for _, strike, _, _ in ordered)
    if len(set(strikes)) < len(strikes):
        twice = next(a for a, b in pairwise(strikes) if a == b)
        raise row.place.at("strike").error("a strike is quoted twice in its cell", value=f"{twice:g}")
    return CellQuotes(expiry, tenor, forwards[0], strikes, tuple(vol for _, _, vol, _ in ordered))
