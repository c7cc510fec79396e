"""Quotes of credit default swaps from a table: tenor and spread, or upfront and coupon."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from markets.credit.hazard_curve import LEAST_LOSS
from markets.plausible import CREDIT
from scenarios.files.csv_table import Row, Table, read_table
from scenarios.files.frames import Source
from scenarios.files.layout import Layout
from scenarios.files.units import one_unit
from sim.dataclass import dataclass
from sim.errors import UserError

# Other names of a column, as `files.layout.plain` has them; the nearer first.
ALIASES: dict[str, tuple[str, ...]] = {
    "date": ("valuationdate", "valuedate", "asof", "asofdate", "day", "quotedate"),
    "name": ("entity", "referenceentity", "issuer", "credit", "reference", "company"),
    "tenor": ("term", "length", "period"),
    "maturity": ("maturitydate", "end", "enddate"),
    "spread": ("parspread", "cdsspread", "quote", "mid", "rate"),
    "spread_percent": ("spreadpct", "percent", "pct"),
    "spread_bp": ("spreadbps", "bp", "bps", "basispoints", "parspreadbp"),
    "upfront": ("points",),
    "upfront_percent": ("upfrontpct", "pointsupfront"),
    "coupon": ("runningcoupon",),
    "coupon_bp": ("couponbps", "runningbp"),
    "recovery": ("recoveryrate",),
    "recovery_percent": ("recoverypct",),
}  # fmt: skip
REMARKS = ("note", "notes", "comment", "comments", "source", "id", "ticker", "description", "currency", "ccy", "sector")
SPREADS = {"spread": 1.0, "spread_percent": 0.01, "spread_bp": 1e-4}  # decimal of a 1 in the column
UPFRONTS = {"upfront": 1.0, "upfront_percent": 0.01}
COUPONS = {"coupon": 1.0, "coupon_bp": 1e-4}
RECOVERIES = {"recovery": 1.0, "recovery_percent": 0.01}
UNITS = (SPREADS, UPFRONTS, COUPONS, RECOVERIES)


@dataclass(frozen=True, kw_only=True)
class QuoteLine:
    """A line: length, what is quoted (decimal), and where it stands."""

    tenor: str
    maturity: date | None
    spread: float | None
    upfront: float | None
    coupon: float | None
    place: str


@dataclass(frozen=True, kw_only=True)
class NameQuotes:
    """The lines of a name, and its recovery where they say it."""

    lines: tuple[QuoteLine, ...]
    recovery: float | None


@dataclass(frozen=True)
class CreditQuotes:
    """A table of quotes by name: the day if it says one, and what was assumed to read it."""

    names: dict[str, NameQuotes]
    day: date | None
    notes: tuple[str, ...]


def read_cds_quotes(
    source: Source, *, day: date | None = None, dates: str | None = None, as_given: bool = False
) -> CreditQuotes:
    """The names of a CSV file or a frame; of a table of several days, those of `day`. Raises UserError with its line.

    as_given: take spreads that no market has had.
    """
    numbers = tuple(column for unit in UNITS for column in unit)
    table = read_table(
        source, Layout("credit quotes", ALIASES, (), ("date", "maturity"), numbers, REMARKS), dates=dates
    )
    if not {*SPREADS, *UPFRONTS} & set(table.columns):
        remedy = "name a column spread_bp (80), spread_percent (0.8), spread (0.008) or upfront_percent"
        raise UserError("there is no column of quotes", place=table.name, remedy=remedy)
    if not {"tenor", "maturity"} & set(table.columns):
        remedy = "name a column tenor (5Y) or maturity (2030-12-20)"
        raise UserError("there is no column of lengths", place=table.name, remedy=remedy)
    table.check_case("name")
    rows, found = _of_day(table, day)
    by_name: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_name[_name(row, table)].append(row)
    scales = [one_unit(table, unit) for unit in UNITS]
    names = {name: _quotes(name, own, scales, as_given=as_given) for name, own in by_name.items()}
    return CreditQuotes(names, found, tuple(f"{table.name}: {note}" for note in table.notes))


def _of_day(table: Table, day: date | None) -> tuple[list[Row], date | None]:
    """The rows of the day that is meant, and the day."""
    if "date" not in table.columns:
        return list(table.rows), day
    days: dict[date, list[Row]] = defaultdict(list)
    for row in table.rows:
        own = row.day("date")
        if own is None:
            raise row.place.at("date").error("the line has no date", remedy="write one on every line")
        days[own].append(row)
    known = [str(each) for each in sorted(days)]
    if day is None and len(known) > 1:
        remedy = f"choose one with --date, of {known[0]} to {known[-1]}"
        raise UserError("holds quotes of several days", value=len(known), place=table.name, remedy=remedy)
    chosen = day or next(iter(days))
    if chosen not in days:
        remedy = f"it has {known[0]}" + (f" to {known[-1]}" if len(known) > 1 else "")
        raise UserError("has no quotes of this day", value=str(chosen), place=table.name, remedy=remedy)
    return days[chosen], chosen


def _name(row: Row, table: Table) -> str:
    name = row.text("name")
    if name is None and "name" in table.columns:
        raise row.place.at("name").error("the line does not say its name", remedy="write one on every line")
    return name or "name"


def _quotes(name: str, rows: Sequence[Row], scales: list[dict[str, float]], *, as_given: bool) -> NameQuotes:
    for row in rows:
        _refuse_nan(row, scales[3])
    said = {value: row for row in rows if (value := _value(row, scales[3])) is not None}
    if len(said) > 1:
        where = list(said.values())[-1].place.at("recovery")
        raise where.error(f"{name} has two recoveries", value=", ".join(f"{each:g}" for each in said))
    recovery = next(iter(said), None)
    if recovery is not None and not 0 <= recovery <= 1 - LEAST_LOSS:
        where = said[recovery].place.at("recovery")
        raise where.error("a recovery lies between 0 and 0.99", value=recovery, remedy="write 0.4 for 40 %")
    return NameQuotes(lines=tuple(_line(row, scales, as_given=as_given) for row in rows), recovery=recovery)


def _refuse_nan(row: Row, scale: dict[str, float]) -> None:
    """A recovery that is no number is a slip: to leave it out is to take 40 %."""
    for column in scale:
        text = row.cells.get(column, "").strip()
        if text.casefold() == "nan":
            remedy = "write 0.4, or leave it empty"
            raise row.place.at(column).error("a recovery is a number", value=text, remedy=remedy)


def _line(row: Row, scales: list[dict[str, float]], *, as_given: bool) -> QuoteLine:
    spread, upfront, coupon = (_value(row, scale) for scale in scales[:3])
    tenor, maturity = row.text("tenor"), row.day("maturity")
    if (tenor is None) == (maturity is None):
        raise row.place.error("a quote has a tenor or a maturity", remedy="write '5Y', or a date")
    if (spread is None) == (upfront is None):
        raise row.place.error("a quote is a spread or an upfront", remedy="write one of them, in its own column")
    if upfront is not None and coupon is None:
        raise row.place.at("coupon").error("an upfront belongs to a coupon", remedy="write 100 in a column coupon_bp")
    for column, value in (("spread", spread), ("coupon", coupon)):
        low, high = CREDIT
        if value is not None and not as_given and not (low <= value <= high or (column == "coupon" and value == 0)):
            rule = f"outside {low:g} to {high:g}, the range seen in markets"
            remedy = "80 in a column spread_bp is 0.0080; else say --as-given"
            raise row.place.at(column).error(rule, value=value, remedy=remedy)
    if upfront is not None and not -1 < upfront < 1:
        raise row.place.at("upfront").error("an upfront is less than the notional", value=upfront)
    if spread is not None and spread <= 0:
        raise row.place.at("spread").error("a spread must be > 0", value=spread)
    return QuoteLine(
        tenor=tenor or str(maturity),
        maturity=maturity,
        spread=spread,
        upfront=upfront,
        coupon=coupon,
        place=str(row.place),
    )


def _value(row: Row, scales: dict[str, float]) -> float | None:
    for column, scale in scales.items():
        value = row.number(column, percent=0.01 / scale)
        if value is not None:
            return value * scale
    return None
