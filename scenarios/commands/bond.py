"""`spiral bond`: bonds and bills by the street's formulas."""

from __future__ import annotations

import dataclasses

from rich.table import Table

from markets.curves.bond import BillFigures
from scenarios.commands.terminal import console
from scenarios.studies.curves.bonds import price_bond

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
}
PERCENT = ("rate", "discount", "simple", "equivalent")


def price_and_show(*, texts: tuple[str, ...], settled: str, market: str) -> None:
    """A table of bonds, and one of bills. Raises UserError."""
    found = [(text, price_bond(text, settled=settled, market=market)) for text in texts]
    for title, kept in (
        ("Bonds", [pair for pair in found if not isinstance(pair[1], BillFigures)]),
        ("Bills", [pair for pair in found if isinstance(pair[1], BillFigures)]),
    ):
        if not kept:
            continue
        names = [field.name for field in dataclasses.fields(kept[0][1])]
        table = Table(title=title, title_justify="left", box=None, header_style="bold")
        table.add_column(title.lower()[:-1], no_wrap=True)
        for name in names:
            table.add_column(LABELS[name], justify="right", no_wrap=True)
        for text, figures in kept:
            table.add_row(text, *(_cell(name, getattr(figures, name)) for name in names))
        console(WIDTH, markup=False).print(table, highlight=False)


def _cell(name: str, value: float) -> str:
    return f"{value * 100:.6f} %" if name in PERCENT else f"{value:.6f}"
