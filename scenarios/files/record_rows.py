"""The lines of a daily record: its columns, their order in time, and levels that can be."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from markets.specs.anchor import Anchor
from scenarios.checking.odd import INSIST, remedy_for, span, within
from scenarios.checking.odd_moves import odd_moves
from scenarios.files.csv_table import Row, read_table
from scenarios.files.frames import Source
from scenarios.files.layout import Layout
from sim.dataclass import dataclass
from sim.errors import UserError

# Column of the file, key of an anchor, factor from percent to decimals.
COLUMNS = (
    ("spx", "spot", 1.0),
    ("vix", "vol", 0.01),
    ("overnight", "overnight", 0.01),
    ("us2y", "us2y", 0.01),
    ("us10y", "us10y", 0.01),
    ("ig_oas", "credit", 0.01),
)
HIGH_YIELD = ("hy_oas", "high_yield", 0.01)
RANGE = {"spx_open": "open", "spx_high": "high", "spx_low": "low"}  # of the day, points; only by these names
KEYS = {column: key for column, key, _ in COLUMNS} | {"hy_oas": "credit"}
FACTORS = {column: factor for column, _, factor in (*COLUMNS, HIGH_YIELD)}
NOTHING = (-99.0, -99.99, -999.0, -999.99, -9999.0, -99999.0, 999.0, 9999.0, 99999.0)  # of archives, for no value
PLAUSIBLE = {f.name: f.metadata["plausible"] for f in dataclasses.fields(Anchor) if f.metadata.get("plausible")}

# Names under which the sources have these series, as `files.layout.plain` has them; the nearer first.
ALIASES = {
    "date": (
        "observationdate", "dates", "day", "tradedate", "tradingdate", "asofdate", "asof", "datetime", "timestamp",
        "time", "datum", "caldt", "fecha", "data", "jour",
    ),
    "spx": (
        "sp500", "gspc", "spxindex", "sp500index", "spxclose", "gspcclose", "sp500close", "spindx", "spot", "close",
        "closeprice", "closelast", "adjclose", "adjustedclose", "pxlast", "lastprice", "last", "price", "level",
        "schlusskurs", "schluss", "dernier", "clôture", "cloture", "cierre", "último", "ultimo", "chiusura",
        "fechamento", "slotkoers", "zamknięcie", "zamkniecie",
    ),
    "vix": ("vixcls", "vixclose", "vixindex", "cboevix", "vixlast", "impliedvol", "volatility", "vxocls", "vxo"),
    "overnight": ("sofr", "effr", "dff", "fedfunds", "fedfundsrate", "overnightrate", "sonia", "estr", "fedl01index"),
    "us2y": ("dgs2", "us2", "2y", "2yr", "ust2y", "treasury2y", "usgg2yr", "usgg2yrindex", "gt2", "bc2year", "us2yr"),
    "us10y": (
        "dgs10", "us10", "10y", "10yr", "ust10y", "treasury10y", "usgg10yr", "usgg10yrindex", "gt10", "tnx", "bc10year",
        "us10yr",
    ),
    "ig_oas": ("bamlc0a0cm", "igspread", "creditspread", "credit", "luacoas", "luacoasindex", "oas", "ig"),
    "hy_oas": ("bamlh0a0hym2", "hyspread", "lf98oas", "highyield", "hy"),
    **dict.fromkeys(RANGE, ()),
}  # fmt: skip


def record_layout(needed: tuple[str, ...] = ("date", "spx")) -> Layout:
    """The columns of a daily record; further ones are ignored."""
    return Layout("history", ALIASES, needed, ("date",), tuple(column for column in ALIASES if column != "date"))


@dataclass(frozen=True)
class RecordRows:
    """A record's lines, oldest first, one per day, each with a level; and the assumptions made in reading them."""

    name: str
    rows: tuple[Row, ...]
    days: tuple[date, ...]
    notes: tuple[str, ...]
    lines: tuple[date, ...] = ()  # dates of all lines, those without a level among them

    def levels(self, column: str, *, as_given: bool = False) -> list[float | None]:
        """A column as its file has it. Raises UserError if a level, or a move, cannot be."""
        values = [level_of(row, column, as_given=as_given) for row in self.rows]
        if not as_given:
            self._check_moves(column, values)
        return values

    def _check_moves(self, column: str, values: Sequence[float | None]) -> None:
        known = [(i, value * FACTORS[column]) for i, value in enumerate(values) if value is not None]
        days = [self.days[i] for i, _ in known]
        for i, rule, remedy in odd_moves(KEYS[column], days, [value for _, value in known]):
            at, given = self.rows[known[i][0]], values[known[i][0]]
            raise at.place.at(column).error(rule, value=given, remedy=f"{remedy}, {INSIST}")


def read_record_rows(
    source: Source, *, needed: tuple[str, ...] = ("date", "spx"), dates: str | None = None
) -> RecordRows:
    """The lines of a daily record, from a CSV file or a frame. Raises UserError with file and line.

    Lines may stand newest first; a line that is there twice, and lines without any level between others, are left out.
    """
    layout = record_layout(needed)
    table = read_table(source, layout, dates=dates)
    _refuse_other_index(table.name, table.notes)
    rows, notes = list(table.rows), list(table.notes)
    days = [_day(row) for row in rows]
    if len(days) > 1 and all(after <= before for before, after in pairwise(days)) and days[-1] < days[0]:
        rows, days = rows[::-1], days[::-1]
        notes.append("the newest line stands first; they are taken from the oldest on")
    rows, said = _once(rows, days)
    kept, told = _with_levels(rows)
    lines = tuple(increasing_days(rows))
    return RecordRows(table.name, tuple(kept), tuple(increasing_days(kept)), (*notes, *said, *told), lines)


def increasing_days(rows: Sequence[Row]) -> list[date]:
    """The dates of a record's lines; UserError if they do not increase."""
    days = [_day(row) for row in rows]
    for (before, after), row in zip(pairwise(days), rows[1:], strict=True):
        if after <= before:
            rule = f"dates must increase from line to line ({before} stands before)"
            raise row.place.at("date").error(rule, value=str(after), remedy="sort the lines, one a date")
    return days


def level_of(row: Row, column: str, *, as_given: bool = False) -> float | None:
    """A cell as its file has it (points, percent), None if it is empty; UserError if it cannot be that level."""
    value = row.number(column, percent=None if column == "spx" else 1.0)
    if value is None:
        return None
    if column in ("spx", "vix") and value <= 0:
        raise row.place.at(column).error("must be > 0", value=value)
    if column in ("ig_oas", "hy_oas") and value < 0:
        raise row.place.at(column).error("must be >= 0", value=value)
    bounds = PLAUSIBLE.get(KEYS[column])
    if bounds is not None and not as_given:
        low, high = (float(f"{bound / FACTORS[column]:.10g}") for bound in bounds)
        if not within(value, (low, high)):
            rule = f"must be in percent, and is outside {span((low, high))}, where the record of markets lies with room"
            raise row.place.at(column).error(rule, value=value, remedy=f"{_remedy(value, (low, high))}, {INSIST}")
    return value


def _remedy(value: float, bounds: tuple[float, float]) -> str:
    """The likely meaning: nothing was recorded, percent as a decimal, or basis points."""
    if value in NOTHING:
        return "leave the cell empty where nothing was recorded"
    if within(100 * value, bounds):
        return f"write {100 * value:.10g}, not {value:.10g}"
    return remedy_for(value, bounds, "percent").replace(" %", "").replace(" bp", "")


def _day(row: Row) -> date:
    day = row.day("date")
    if day is None:
        raise row.place.at("date").error("every line needs its date", remedy="write YYYY-MM-DD")
    return day


def _refuse_other_index(name: str, notes: Sequence[str]) -> None:
    """A file of one series may be of vol or rates: its `Close` is no index then."""
    series = name.rpartition("/")[2].casefold()
    generic = any(note.startswith("read: ") and " as spx" in note for note in notes)
    if generic and series.startswith(("vix", "dgs", "^vix", "baml", "sofr", "effr", "dff", "move", "^tnx")):
        remedy = "join it with the index into one table, with the columns date,spx,vix"
        raise UserError("is a series of vol, rates or spreads by its name, not an index", place=name, remedy=remedy)


def _once(rows: list[Row], days: list[date]) -> tuple[list[Row], list[str]]:
    """The rows without repetitions; UserError if two of one date differ."""
    kept, dropped = rows[:1], 0
    for (before, after), row in zip(pairwise(days), rows[1:], strict=True):
        if after != before:
            kept.append(row)
            continue
        if _figures(row) != _figures(kept[-1]):
            rule = f"this date has two lines that differ (see {kept[-1].place})"
            raise row.place.at("date").error(rule, value=str(after), remedy="keep one of them")
        dropped += 1
    return kept, [f"{dropped} line{'s' * (dropped > 1)} repeated and left out"] if dropped else []


def _figures(row: Row) -> list[float | None]:
    """The numbers that are read of a line, so that 4175.5 and 4175.50 are one."""
    return [row.number(column, percent=1.0) for column in row.cells if column != "date"]


def _with_levels(rows: list[Row]) -> tuple[list[Row], list[str]]:
    """The rows that have a level; UserError for lines behind the last of them, whose end the run would take for its."""
    filled = [any(row.text(column) is not None for column in KEYS) for row in rows]
    last = max((i for i, some in enumerate(filled) if some), default=-1)
    if last + 1 < len(rows):
        raise rows[last + 1].place.error(
            "no level on this line, nor after it", value=str(_day(rows[last + 1])), remedy="drop it, or fill it"
        )
    empty = len(rows) - sum(filled)
    said = [f"{empty} line{'s' * (empty > 1)} without a level left out"] if empty else []
    return [row for row, some in zip(rows, filled, strict=True) if some], said
