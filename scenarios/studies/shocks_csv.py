"""A market shock from a table: a line a risk factor."""

from __future__ import annotations

import re
from typing import Any

from scenarios.files.csv_table import Row, read_table
from scenarios.files.frames import Source
from scenarios.files.layout import Layout, plain

ALIASES: dict[str, tuple[str, ...]] = {
    "factor": ("riskfactor", "name", "tenor"),
    "shock": ("move", "value", "change", "shift"),
    "curve": ("currency", "ccy"),
}
REMARKS = ("note", "notes", "comment", "comments", "unit", "description", "class")
WORDS = {
    "spot": ("spot", "equity", "price", "asset"),
    "vol": ("vol", "impliedvol", "vix"),
    "credit": ("credit", "spread"),
}
KINDS = {word: kind for kind, words in WORDS.items() for word in words}
UNITS = {"spot": 0.01, "vol": 0.01, "credit": 1e-4}  # of a 1 in the column: percent, points, basis points
TENOR = re.compile(r"\d+(?:\.\d+)?[dDwWmMyY]")
EXAMPLE = "write spot (in %), vol (in points), credit (in bp), or a tenor: 2Y (in bp)"


def read_shocks(source: Source) -> list[dict[str, Any]]:
    """Keys of a shock: the first has price, vol and credit, and each curve its stress. Raises UserError."""
    table = read_table(source, Layout("shocks", ALIASES, ("factor", "shock"), (), ("shock",), REMARKS))
    others: dict[str, float] = {}
    curves: dict[str, list[str]] = {}
    seen: set[tuple[str, str]] = set()
    for row in table.rows:
        factor, by = row.text("factor") or "", row.number("shock")
        if by is None:
            raise row.place.at("shock").error("a number is needed", remedy=EXAMPLE)
        kind, curve = KINDS.get(plain(factor)), row.text("curve") or ""
        if (kind or factor.upper(), curve) in seen:
            raise row.place.at("factor").error("stands there twice", value=factor, remedy="write one line a factor")
        seen.add((kind or factor.upper(), curve))
        if kind is not None:
            others[kind] = by * UNITS[kind]
        else:
            curves.setdefault(curve, []).append(f"{_tenor(row, factor)} {by:.6f}")
    stresses = [", ".join(moves) + (f" on {curve}" if curve else "") for curve, moves in curves.items()]
    first = {**others, **({"stress": stresses[0]} if stresses else {})}
    return [first, *({"stress": stress} for stress in stresses[1:])]


def _tenor(row: Row, factor: str) -> str:
    if not TENOR.fullmatch(factor):
        raise row.place.at("factor").error("no such factor", value=factor, remedy=EXAMPLE)
    return factor.upper()
