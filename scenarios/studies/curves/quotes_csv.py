"""Quotes of curves from a table: curve, kind, tenor, rate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import field, replace
from datetime import date
from typing import Any

from markets.curves.conventions import CONVENTIONS, convention_named, find_convention
from markets.specs.curves import CurveSpec, QuoteSpec
from scenarios.checking.plausibility import odd_fields
from scenarios.files.csv_table import Row, Table, read_table
from scenarios.files.frames import Source
from scenarios.files.layout import Layout, plain
from scenarios.files.units import one_unit
from scenarios.parameters.models import build
from scenarios.studies.curves import shape_csv
from sim.dataclass import dataclass
from sim.errors import UserError
from sim.nearest import nearest
from sim.place import Place

# Other names of a column, as `files.layout.plain` has them; the nearer first.
ALIASES: dict[str, tuple[str, ...]] = {
    "date": ("valuationdate", "valuedate", "asof", "asofdate", "day", "quotedate"),
    "curve": ("curvename", "curveid", "market"),
    "convention": ("conventions",),
    "kind": ("type", "instrument", "instrumenttype", "quotetype"),
    "tenor": ("term", "length", "period", "code"),
    "start": ("startdate", "effective", "effectivedate"),
    "end": ("enddate", "maturity", "maturitydate"),
    "rate": ("quote", "yield", "value", "mid", "parrate", "level", "spread"),
    "rate_percent": ("ratepct", "ratepc", "percent", "pct", "quotepercent", "yieldpercent", "parratepercent"),
    "rate_bp": ("ratebps", "bp", "bps", "spreadbp", "spreadbps", "basispoints", "quotebp"),
    "price": ("cleanprice", "px", "futuresprice"),
    "coupon": (),
    "coupon_percent": ("couponpct", "couponrate"),
    "convexity_bp": ("convexity", "convexitybps", "convexityadjustment"),
    "interpolation": ("interp",),
    "discount": ("discountcurve", "discounting"),
    "projection": ("projectioncurve",),
    "against": ("againstcurve", "othercurve"),
    "currency": ("ccy",),
}  # fmt: skip
REMARKS = ("note", "notes", "comment", "comments", "source", "id", "ticker", "name", "description")
RATES = {"rate": 1.0, "rate_percent": 0.01, "rate_bp": 1e-4}  # decimal of a 1 in the column
COUPONS = {"coupon": 1.0, "coupon_percent": 0.01}
NUMBERS = (*RATES, *COUPONS, "price", "convexity_bp")
OF_CURVE = ("convention", "interpolation", "discount", "projection", "against")  # said once of a curve, or on each line
KINDS = {
    "zero": "zerorate zc zerocoupon spot",
    "deposit": "depo cash mm moneymarket",
    "ois": "ois overnightswap",
    "irs": "irs vanilla interestrateswap",
    "fra": "fra forwardrateagreement",
    "future": "fut futures future3m 3mfuture",
    "future_1m": "futures1m 1mfuture serff",
    "bill": "bills tbill tbills discountbill",
    "bond": "bonds note notes treasury gilt",
    "basis": "basisswap tenorbasis",
    "cross_currency": "xccy crosscurrency ccs crosscurrencybasis xccybasis",
}
WORDS = {word: kind for kind, words in KINDS.items() for word in (plain(kind), *words.split())}
SMALL = 0.001  # decimal: a curve all below it is rare
SWAP = ("swap", "swaps", "par")  # the convention's own swaps, OIS or not


@dataclass(frozen=True)
class Quotes:
    """Curves read from a table: their specs, the valuation day if the table says it, and what was assumed."""

    specs: dict[str, CurveSpec]
    day: date | None
    notes: tuple[str, ...]
    places: dict[str, tuple[str, ...]] = field(default_factory=dict)  # of each quote, by curve


def read_quotes(
    source: Source,
    *,
    day: date | None = None,
    dates: str | None = None,
    convention: str | None = None,
    as_given: bool = False,
) -> Quotes:
    """The curves of a CSV file or a frame; of a table of several days, those of `day`.

    convention: of all curves that neither say theirs nor are named after one. as_given: take rates that no market has
    had. Raises UserError with file and line.
    """
    table, days = _read(source, dates)
    if None in days:
        return _quotes(table, days[None], day, convention, as_given=as_given)
    known = [str(each) for each in days]
    if day is None and len(known) > 1:
        remedy = f"choose one with --date, of {known[0]} to {known[-1]}, or say --history"
        raise UserError("holds quotes of several days", value=len(known), place=table.name, remedy=remedy)
    chosen = day or next(iter(days))
    if chosen not in days:
        remedy = f"it has {known[0]}" + (f" to {known[-1]}" if len(known) > 1 else "")
        raise UserError("has no quotes of this day", value=str(chosen), place=table.name, remedy=remedy)
    return _quotes(table, days[chosen], chosen, convention, as_given=as_given)


def read_days(
    source: Source, *, dates: str | None = None, convention: str | None = None, as_given: bool = False
) -> tuple[Quotes, ...]:
    """The curves of every day of a table, in order; of a table without dates one, whose day is None. UserError."""
    table, days = _read(source, dates)
    return tuple(_quotes(table, rows, day, convention, as_given=as_given) for day, rows in days.items())


def _read(source: Source, dates: str | None) -> tuple[Table, dict[date | None, list[Row]]]:
    """The table, and its rows by day."""
    table = read_table(source, Layout("quotes", ALIASES, (), ("date", "start", "end"), NUMBERS, REMARKS), dates=dates)
    if not {"rate", "rate_percent", "rate_bp", "price"} & set(table.columns):
        remedy = "name a column rate (0.043), rate_percent (4.3), rate_bp (430) or price (95.7)"
        raise UserError("there is no column of rates", place=table.name, remedy=remedy)
    if "date" not in table.columns:
        return table, {None: list(table.rows)}
    days: dict[date, list[Row]] = defaultdict(list)
    for row in table.rows:
        day = row.day("date")
        if day is None:
            remedy = "write one on every line, or drop the column"
            raise row.place.at("date").error("the line has no date", remedy=remedy)
        days[day].append(row)
    return table, {day: days[day] for day in sorted(days)}


def _quotes(table: Table, rows: Sequence[Row], day: date | None, convention: str | None, *, as_given: bool) -> Quotes:
    """The curves of some rows of one day."""
    rates, coupons = one_unit(table, RATES), one_unit(table, COUPONS)
    table.check_case("curve" if "curve" in table.columns else "convention")
    by_curve: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_curve[_curve(row, table, convention)].append(row)
    specs, places = {}, {}
    for name, own in by_curve.items():
        lines = shape_csv.apart(own, rates)
        spec = _spec(name, own, convention)
        usual = "irs" if spec.discount else "ois"
        listed = tuple(_quote(row, {**rates, **coupons}, usual) for row in lines.quotes)
        specs[name] = replace(spec, quotes=listed, turns=lines.turns, meetings=lines.meetings)
        for quote, row in zip(listed, lines.quotes, strict=True) if not as_given else ():
            check_plausible(quote, row.place)
        places[name] = tuple(str(row.place) for row in lines.quotes)
    notes = (*table.notes, *_small_rates(specs, rates))
    return Quotes(specs, day, tuple(f"{table.name}: {note}" for note in notes), places)


def _small_rates(specs: dict[str, CurveSpec], rates: dict[str, float]) -> list[str]:
    """A note where no quote in percent reaches `SMALL`: more often decimals."""
    known = [abs(quote.rate) for spec in specs.values() for quote in spec.quotes if quote.rate is not None]
    if 0.01 not in rates.values() or not any(known) or max(known) >= SMALL:
        return []
    return [f"all rates are below {100 * SMALL:g} %: they are read as percent; write 3.9 for 3.9 %, not 0.039"]


def _curve(row: Row, table: Table, convention: str | None) -> str:
    name = row.text("curve") or (row.text("convention") if "curve" not in table.columns else None)
    if name is None and convention is not None:
        return convention
    if name is None:
        remedy = "name it on each line (sofr, sonia, ...), or say --convention sofr"
        raise row.place.at("curve").error("the line does not say its curve", remedy=remedy)
    return name


def _spec(name: str, rows: Sequence[Row], convention: str | None) -> CurveSpec:
    """What the lines of a curve say of it, without its quotes."""
    said = {column: _said_once(name, column, rows) for column in OF_CURVE}
    found = find_convention(said["convention"] or name)
    if said["convention"] and found is None:
        remedy = nearest(said["convention"], list(CONVENTIONS))
        raise rows[0].place.at("convention").error("no such convention", value=said["convention"], remedy=remedy)
    known = found or convention
    if known is None:
        remedy = f"add a column convention, or say --convention: {', '.join(CONVENTIONS)}"
        raise rows[0].place.at("curve").error("nothing says how this curve's market counts", value=name, remedy=remedy)
    cells: dict[str, Any] = {column: text for column, text in said.items() if text and column != "convention"}
    cells = {**cells, "convention": known}
    if "against" not in cells:
        check_currency(rows, convention_named(known).currency, name)
    if "interpolation" in cells:
        cells["interpolation"] = cells["interpolation"].lower().replace(" ", "_").replace("-", "_")
    return build(CurveSpec, cells, rows[0].place)


def check_currency(rows: Sequence[Row], currency: str, name: str) -> None:
    """Raise UserError for a line whose currency is not the curve's: nothing is converted. A grid of years has none."""
    for row in rows if currency else ():
        if (said := row.text("currency")) is not None and said.lower() != currency:
            rule = f"the curve {name} is of {currency.upper()}"
            remedy = "name a curve of this currency: nothing is converted"
            raise row.place.at("currency").error(rule, value=said, remedy=remedy)


def _said_once(name: str, column: str, rows: Sequence[Row]) -> str | None:
    """What the lines of a curve say of it: once, or always the same."""
    said = {text: row for row in rows if (text := row.text(column)) is not None}
    if len(said) > 1:
        raise list(said.values())[-1].place.at(column).error(f"{name} has two of these", value=", ".join(said))
    return next(iter(said), None)


def _quote(row: Row, scales: dict[str, float], usual: str) -> QuoteSpec:
    cells: dict[str, Any] = {"kind": _kind(row, usual), "tenor": row.text("tenor") or ""}
    cells |= {"start": row.day("start"), "end": row.day("end"), "price": row.number("price")}
    for column, scale in scales.items():
        value = row.number(column, percent=0.01 / scale)
        if value is not None:
            cells["coupon" if column in COUPONS else "rate"] = value * scale
    if (convexity := row.number("convexity_bp")) is not None:
        cells["convexity"] = convexity * 1e-4
    cells = {key: value for key, value in cells.items() if value is not None}
    return build(QuoteSpec, cells, row.place)


def check_plausible(spec: Any, place: Place) -> None:
    """Raise UserError for a rate that no market has had: most often percent for a decimal."""
    for odd in odd_fields(spec, place):
        raise odd.error


def _kind(row: Row, usual: str) -> str:
    text = row.text("kind")
    if text is None or plain(text) in SWAP:
        return usual
    kind = WORDS.get(plain(text))
    if kind is None:
        known = [*KINDS, *shape_csv.WORDS]
        raise row.place.at("kind").error("no such instrument", value=text, remedy=nearest(text.lower(), known))
    return kind
