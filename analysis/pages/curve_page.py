"""Solved curves, and swaps on them, as tables for a terminal and as one HTML page with charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis import page
from analysis.pages.curve_nodes import Cell, nodes_table, rate, rendered, text_table
from sim.figure_text import fixed

if TYPE_CHECKING:
    import polars as pl

    from sim.screen.group import Group

READ = {
    "curves": "Thick: the continuous zero rate. Thin: the forward rate of the day that begins there. Dots: nodes.",
    "ladder": "Change of value for a step of each quote, 1 bp of a rate or 0.01 of a price, exact, nothing bumped.",
    "key_rates": "Change of value for +1 bp of the zero curve in the tent of each key.",
    "stresses": "Change of value when the zero curve moves so, all swaps valued again.",
}
NOTES = {
    "swaps": (
        "PV01: the fixed rate +1 bp. DV01: all quotes, or all zero rates, +1 bp, exact derivatives; gamma per bp "
        "squared. Theta: a calendar day, forward rates realised, or zero rates the same in time to maturity."
    ),
    "fair": "At what an instrument would be quoted on these curves; its annuity is the value of 1.00 of its rate.",
    "ladder": READ["ladder"],
    "partition": "Each tent falls to zero at the neighbouring keys: they add up to the DV01 of all zero rates.",
    "fixed": (
        "Tents of fixed widths (1, 2, 3 years) do not add up: coverage is their sum at the key; 1 where they do."
    ),
    "stresses": READ["stresses"],
}


@dataclass(frozen=True)
class Curves:
    """What is shown: frames as `scenarios.studies.curves.tables` makes them; those of a book None without one."""

    head: str
    beyond: tuple[str, ...]
    nodes: pl.DataFrame
    lines: pl.DataFrame
    fixed_tents: bool = False
    fair: pl.DataFrame | None = None
    swaps: pl.DataFrame | None = None
    ladder: pl.DataFrame | None = None
    key_rates: pl.DataFrame | None = None
    stresses: pl.DataFrame | None = None
    cross_gammas: pl.DataFrame | None = None

    def with_frames(self, **frames: Any) -> Curves:
        """The same with further tables."""
        return replace(self, **frames)

    def frames(self) -> dict[str, pl.DataFrame | None]:
        """The tables by name, as files have them."""
        names = ("nodes", "fair", "swaps", "ladder", "key_rates", "stresses", "cross_gammas")
        return {name: getattr(self, name) for name in names}


def render(shown: Curves) -> Group:
    """Tables for a screen."""
    return rendered(tables(shown))


def write_curves(path: Path, shown: Curves) -> Path:
    """Write the charts and tables as one self-contained HTML file and return its path. Raises UserError."""
    meta, figures = shown.head, [page.figure(*each) for each in drawn_of(shown)]
    title = "Curves from quotes" if shown.swaps is None else "Swaps on quoted curves"
    return page.write_page(path, "facts.html.j2", title=title, meta=meta, charts=figures, tables=tables(shown))


def drawn_of(shown: Curves) -> list[tuple[str, Any, str]]:
    """Name, chart and how to read it: the curves, and of swaps their ladders and stresses."""
    import polars as pl

    from analysis.charts import curves as charts

    found = [("curves", charts.curves(shown.lines, shown.nodes), READ["curves"])]
    if shown.ladder is not None and shown.key_rates is not None and shown.stresses is not None:
        keyed = shown.key_rates.with_columns(name=pl.format("{}Y", pl.col("key")))
        quoted = shown.ladder.with_columns(name=pl.format("{} {}", "curve", "quote"))
        drawn = (
            ("ladder", quoted.filter(pl.col("by_quote").abs() > 1e-9), "by_quote", "Risk by quote"),
            ("key_rates", keyed, "dv01", "Risk by key rate"),
            ("stresses", shown.stresses.with_columns(name="stress"), "change", "Static stresses"),
        )
        for name, frame, column, title in drawn:
            found.append((name, charts.bars(frame, column, title), READ[name]))
    return found


def tables(shown: Curves) -> list[page.Table]:
    """What is shown, as text cells under headings."""
    out = [nodes_table(shown.head, shown.beyond, shown.nodes.to_dict(as_series=False))]
    if shown.fair is not None:
        out.append(_table("Fair quotes", shown.fair, FAIR, NOTES["fair"]))
    if shown.swaps is None or shown.ladder is None or shown.key_rates is None or shown.stresses is None:
        return out
    import polars as pl

    risky = shown.ladder.filter((pl.col("by_quote").abs() > 5e-5) | (pl.col("by_node").abs() > 5e-5))
    tents = "fixed" if shown.fixed_tents else "partition"
    keyed = shown.key_rates.filter(pl.col("dv01").abs() > 5e-5)
    return [
        *out,
        _table("Swaps", shown.swaps, SWAPS, NOTES["swaps"]),
        _table("Risk by quote", _with_total(risky, "quote", ("by_quote", "by_node")), LADDER, NOTES["ladder"]),
        _table(
            "Risk by key rate",
            _with_total(keyed, "key", ("dv01", "discount", "projection")),
            KEYS,
            NOTES[tents],
        ),
        _table("Static stresses", shown.stresses, STRESSES, NOTES["stresses"]),
    ]


def _table(title: str, frame: pl.DataFrame, columns: dict[str, tuple[str, Cell]], note: str) -> page.Table:
    return text_table(title, frame.to_dict(as_series=False), columns, note)


def _with_total(frame: pl.DataFrame, label: str, sums: Sequence[str]) -> pl.DataFrame:
    """The frame with a row of sums for each currency; `label` becomes text."""
    import polars as pl

    text = frame.with_columns(pl.col(label).cast(pl.String))
    totals = (
        text.group_by("currency", maintain_order=True).agg(pl.col(*sums).sum()).with_columns(pl.lit("sum").alias(label))
    )
    return pl.concat([text, totals], how="diagonal")


def _amount(value: float) -> str:
    return fixed(value, 2)


def _fine(value: float) -> str:
    return fixed(value, 4)


FAIR: dict[str, tuple[str, Cell]] = {
    "curve": ("curve", str),
    "quote": ("instrument", str),
    "fair": ("fair quote", rate),
    "annuity": ("annuity", lambda x: fixed(x, 9)),
}
SWAPS: dict[str, tuple[str, Cell]] = {
    "swap": ("swap", str),
    "currency": ("in", str),
    "rate": ("fixed rate", rate),
    "par": ("par rate", rate),
    "npv": ("value", _amount),
    "annuity": ("annuity", lambda x: fixed(x, 6)),
    "pv01": ("PV01", _amount),
    "dv01": ("DV01, quotes", _amount),
    "zero_dv01": ("DV01, zero rates", _amount),
    "gamma": ("gamma", _fine),
    "theta": ("theta", _amount),
    "theta_same_zeros": ("theta, same zeros", _amount),
}
LADDER: dict[str, tuple[str, Cell]] = {
    "currency": ("in", str),
    "curve": ("curve", str),
    "quote": ("quote", str),
    "by_quote": ("a step of the quote", _fine),
    "by_node": ("+1 bp of its node's zero rate", _fine),
}
KEYS: dict[str, tuple[str, Cell]] = {
    "currency": ("in", str),
    "key": ("key, years", str),
    "dv01": ("+1 bp", _fine),
    "discount": ("of what discounts", _fine),
    "projection": ("of what projects", _fine),
    "coverage": ("coverage", lambda x: fixed(x, 3)),
}
STRESSES: dict[str, tuple[str, Cell]] = {
    "currency": ("in", str),
    "stress": ("move of the zero curve, bp", str),
    "change": ("change of value", _amount),
}
