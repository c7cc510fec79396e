"""`spiral bond`: bonds, bills and deposits by the street's formulas."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from markets.curves.bond import BillFigures, BondFigures, DepositFigures
from scenarios.commands.screen import screen
from scenarios.studies.curves.bonds import price_bond
from scenarios.studies.curves.solving import solve_curves
from sim.figure_text import fixed, percent
from sim.screen.table import Table

WIDTH = 150  # characters, where the output is not a terminal
LABELS = {
    "price": "price",
    "rate": "yield",
    "accrued": "accrued",
    "duration": "duration, years",
    "modified": "modified",
    "dv01": "DV01 per 100",
    "convexity": "convexity",
    "discount": "discount",
    "simple": "simple yield",
    "equivalent": "bond-equivalent",
    "apy": "APY",
    "spread": "spread, bp",
}
PERCENT = ("rate", "discount", "simple", "equivalent", "apy")
TABLES = {"Bonds": BondFigures, "Bills": BillFigures, "Deposits": DepositFigures}


def price_and_show(
    *,
    texts: tuple[str, ...],
    settled: str,
    market: str,
    day_count: str,
    frequency: int | None,
    curves: Path | None,
    day: str | None,
) -> None:
    """A table of bonds, one of bills and one of deposits. Raises UserError."""
    curve = None if curves is None else next(iter(solve_curves(curves, day=day).curves.values()))
    told = {"settled": settled, "market": market, "day_count": day_count, "frequency": frequency, "curve": curve}
    found = [(text, price_bond(text, **told)) for text in texts]  # type: ignore[arg-type]
    for title, kind in TABLES.items():
        kept = [(text, shown) for text, shown in found if isinstance(shown, kind)]
        if not kept:
            continue
        names = [field.name for field in dataclasses.fields(kind) if field.name != "spread" or curve is not None]
        table = Table(title=title, box=False)
        table.add_column(title.lower()[:-1], no_wrap=True)
        for name in names:
            table.add_column(LABELS[name], justify="right", no_wrap=True)
        for text, shown in kept:
            table.add_row(text, *(_cell(name, getattr(shown, name)) for name in names))
        screen(WIDTH).print(table)


def _cell(name: str, value: float) -> str:
    if name == "spread":
        return fixed(1e4 * value, 4)
    return percent(value, 6) if name in PERCENT else fixed(value, 6)
