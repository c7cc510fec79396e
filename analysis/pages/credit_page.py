"""Hazard curves, and credit default swaps on them, as tables for a terminal and as one HTML page with charts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis import page
from analysis.pages.curve_nodes import text_table
from sim.figure_text import fixed, percent, significant
from sim.lists import Columns, framed
from sim.screen.group import Group, Shown
from sim.screen.table import Table
from sim.screen.text import Text

NAMES = ("quotes", "contracts", "ladder", "recoveries", "cva", "cva_ladder")
Cell = Callable[[Any], str]
WORDS = {
    "Names": 3,
    "Contracts": 2,
    "Risk by quote": 2,
    "Recovery": 0,
    "CVA": 1,
    "CVA by quote": 2,
}  # first columns that are words, by title
NOTES = {
    "quotes": "Hazard rates are flat between maturities. Times are days over 365, coupons act/360.",
    "contracts": (
        "Clean: without accrued. Upfront: per 100, on the settlement day. CS01: all quotes +1 bp, exact derivative and "
        "revalued. Jump: the name defaults at once. Rates +1 bp: quotes kept."
    ),
    "ladder": "A step of 1 bp of each quote, exact and revalued; the notional of it that takes this risk away, bought.",
    "cva": "Present value of what the swap is worth where it is positive, the probability of a default since the date "
    "before, and loss x both.",
    "cva_ladder": "Rise of the cost for a step of 1 bp of each quote, exact; the notional bought that takes it away.",
    "recoveries": "Clean value of all contracts: with the survival curve kept, and with the quotes kept as markets do.",
}


@dataclass(frozen=True)
class Credit:
    """What is shown: columns as `scenarios.studies.credit.tables` makes them; those of a book None without one."""

    head: str
    quotes: Columns
    lines: Columns
    contracts: Columns | None = None
    ladder: Columns | None = None
    recoveries: Columns | None = None
    cva: Columns | None = None
    cva_ladder: Columns | None = None

    def tables(self) -> dict[str, Columns]:
        """The tables by name, as files have them."""
        named = {name: getattr(self, name) for name in NAMES}
        return {name: table for name, table in named.items() if table is not None}


def render(shown: Credit) -> Group:
    """Tables for a screen."""
    parts: list[Shown] = []
    for each in _tables(shown):
        table = Table(title=each.title, box=False)
        for i, name in enumerate(each.header):
            table.add_column(name, justify="left" if i < WORDS[each.title] else "right", no_wrap=True)
        for row in each.rows:
            table.add_row(*row)
        parts += [table, Text(f"{each.note}\n")]
    return Group(*parts)


def write_credit(path: Path, shown: Credit) -> Path:
    """Write the charts and tables as one self-contained HTML file and return its path. Raises UserError."""
    from analysis.charts import credit as charts

    lines = framed(shown.lines)
    figures = [
        page.figure("survival", charts.survival(lines, framed(shown.quotes)), "Dots: the maturities quoted."),
        page.figure("hazards", charts.hazards(lines), "Flat between the maturities quoted."),
    ]
    title = "Names from quotes" if shown.contracts is None else "Credit default swaps on quoted names"
    return page.write_page(path, "facts.html.j2", title=title, meta=shown.head, charts=figures, tables=_tables(shown))


def _tables(shown: Credit) -> list[page.Table]:
    out = [_table("Names", shown.quotes, QUOTES, f"{shown.head}. {NOTES['quotes']}")]
    for title, name, columns in (
        ("Contracts", "contracts", CONTRACTS),
        ("Risk by quote", "ladder", LADDER),
        ("Recovery", "recoveries", RECOVERIES),
        ("CVA", "cva", CVA),
        ("CVA by quote", "cva_ladder", CVA_LADDER),
    ):
        found = getattr(shown, name)
        if found is not None:
            out.append(_table(title, found, columns, NOTES[name]))
    return out


def _table(title: str, found: Columns, forms: dict[str, tuple[str, Cell]], note: str) -> page.Table:
    there = {name: found[name] for name in forms if any(value is not None for value in found[name])}
    return text_table(title, there, forms, note)


def _bp(value: float) -> str:
    return fixed(value * 1e4, 4)


def _amount(value: float) -> str:
    return fixed(value, 2)


def _fine(value: float) -> str:
    return fixed(value, 4)


QUOTES: dict[str, tuple[str, Cell]] = {
    "name": ("name", str),
    "tenor": ("quote", str),
    "maturity": ("maturity", str),
    "spread": ("spread, bp", _bp),
    "upfront": ("upfront, per 100", lambda x: fixed(x * 100, 4)),
    "hazard": ("hazard rate", lambda x: percent(x, 6)),
    "survival": ("survival", lambda x: f"{x:.12f}"),
}
CONTRACTS: dict[str, tuple[str, Cell]] = {
    "contract": ("contract", str),
    "name": ("on", str),
    "coupon": ("coupon, bp", _bp),
    "par": ("par, bp", _bp),
    "clean": ("clean", _amount),
    "dirty": ("dirty", _amount),
    "upfront": ("upfront", lambda x: fixed(x * 100, 4)),
    "annuity": ("annuity", lambda x: fixed(x, 6)),
    "cs01": ("CS01", _fine),
    "cs01_revalued": ("revalued", _fine),
    "jump": ("jump", _amount),
    "rates01": ("rates +1 bp", _fine),
}
LADDER: dict[str, tuple[str, Cell]] = {
    "name": ("name", str),
    "tenor": ("quote", str),
    "by_quote": ("exact, per bp", _fine),
    "revalued": ("+1 bp", _fine),
    "hedge": ("hedge, notional", lambda x: fixed(x, 0)),
}
RECOVERIES: dict[str, tuple[str, Cell]] = {
    "recovery": ("recovery", lambda x: f"{significant(x * 100)} %"),
    "kept": ("survival kept", _amount),
    "rebuilt": ("quotes kept", _amount),
}
CVA: dict[str, tuple[str, Cell]] = {
    "swap": ("swap with", str),
    "years": ("years", lambda x: fixed(x, 3)),
    "exposure": ("exposure", _amount),
    "died": ("default before", lambda x: percent(x, 5)),
    "cost": ("cost", _amount),
}
CVA_LADDER: dict[str, tuple[str, Cell]] = {
    "swap": ("swap with", str),
    "tenor": ("quote", str),
    "by_quote": ("+1 bp", _fine),
    "hedge": ("hedge, notional", lambda x: fixed(x, 0)),
}
