"""A book of swaps from a table: side, rate, tenor, notional."""

from __future__ import annotations

from typing import Any

from markets.curves.curve_set import CurveSet
from markets.specs.curve_swaps import CurveSwapSpec
from scenarios.files.csv_table import Row, read_table
from scenarios.files.frames import Source
from scenarios.files.layout import Layout, plain
from scenarios.files.units import one_unit
from scenarios.parameters.models import build
from scenarios.studies.curves.quotes_csv import check_currency, check_plausible

ALIASES: dict[str, tuple[str, ...]] = {
    "name": ("id", "trade", "tradeid", "deal", "dealid"),
    "side": ("direction", "payreceive", "receivepay", "type", "position", "fixedleg"),
    "rate": ("fixedrate", "coupon", "fixed"),
    "rate_percent": ("fixedratepercent", "ratepct", "fixedratepct", "couponpercent"),
    "tenor": ("term", "length"),
    "start": ("startdate", "effective", "effectivedate"),
    "end": ("enddate", "maturity", "maturitydate"),
    "notional": ("nominal", "notionalamount", "amount"),
    "curve": ("projection", "index", "floatingindex"),
    "discount": ("discountcurve", "discounting"),
    "spread": ("floatingspread",),
    "spread_bp": ("spreadbps", "floatingspreadbp"),
    "profile": ("amortisation", "amortization"),
    "notionals": ("notionalshares",),
    "compounding": (),
    "stub": ("stubs",),
    "months": ("frequencymonths", "periodmonths"),
    "currency": ("ccy",),
}
REMARKS = ("note", "notes", "comment", "comments", "description", "counterparty")
RATES = {"rate": 1.0, "rate_percent": 0.01}
SPREADS = {"spread": 1.0, "spread_bp": 1e-4}
SIDES = {
    "receive": "receive r rec receiver receivefixed",
    "pay": "pay p payer payfixed",
}
WORDS = {word: side for side, words in SIDES.items() for word in words.split()}
TEXTS = ("name", "tenor", "curve", "discount", "profile", "compounding", "stub")


def read_swaps(
    source: Source, curves: CurveSet, *, dates: str | None = None, as_given: bool = False
) -> tuple[tuple[CurveSwapSpec, ...], tuple[str, ...], tuple[str, ...]]:
    """The swaps of a CSV file or a frame, the place of each for messages, and notes.

    Raises UserError, also for a swap in another currency than its curve's.
    """
    numbers = (*RATES, *SPREADS, "notional", "months")
    layout = Layout("swaps", ALIASES, ("side", "notional"), ("end",), numbers, REMARKS)
    table = read_table(source, layout, dates=dates)
    rates, spreads = one_unit(table, RATES), one_unit(table, SPREADS)
    specs = tuple(_swap(row, rates, spreads, as_given=as_given) for row in table.rows)
    for spec, row in zip(specs, table.rows, strict=True):
        name = spec.curve or next(iter(curves.curves))
        if name in curves.curves and (spec.curve or len(curves.curves) == 1):  # else refused where it is valued
            check_currency([row], curves[name].currency, name)
    return specs, tuple(str(row.place) for row in table.rows), tuple(f"{table.name}: {n}" for n in table.notes)


def _swap(row: Row, rates: dict[str, float], spreads: dict[str, float], *, as_given: bool) -> CurveSwapSpec:
    side = row.text("side") or ""
    cells: dict[str, Any] = {"side": WORDS.get(plain(side), side), "notional": row.number("notional")}
    cells |= {column: row.text(column) for column in TEXTS}
    cells |= {"end": row.day("end"), "months": row.whole("months"), "start": _start(row)}
    cells["notionals"] = row.numbers("notionals")
    for key, scales in (("rate", rates), ("spread", spreads)):
        for column, scale in scales.items():
            value = row.number(column, percent=0.01 / scale)
            cells[key] = None if value is None else value * scale
    spec = build(CurveSwapSpec, {key: value for key, value in cells.items() if value is not None}, row.place)
    if not as_given:
        check_plausible(spec, row.place)
    return spec


def _start(row: Row) -> Any:
    """A day, a time after spot, or spot."""
    text = row.text("start")
    if text is None or text.lower() == "spot":
        return None
    return row.day("start") if len(text) > 5 else text
