"""The tables of a book's risk: what they are called, their columns with units, and what they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scenarios.studies.risk import columns
from scenarios.studies.risk.asset_risk import asset_columns
from scenarios.studies.risk.columns import summed
from sim.dataclass import dataclass
from sim.figure_text import fixed, significant
from sim.lists import Columns

if TYPE_CHECKING:
    from scenarios.studies.risk.book_risk import BookRisk

PER_BP, PER_BP2 = "{}/bp", "{}/bp2"  # of the currency
POSITIONS = {  # heading and unit by column
    "position": ("position", ""),
    "size": ("size", ""),
    "value": ("value", "{}"),
    "pv01": ("PV01", PER_BP),
    "dv01": ("DV01, quotes", PER_BP),
    "zero_dv01": ("DV01, zero rates", PER_BP),
    "gamma": ("gamma", PER_BP2),
    "theta": ("theta", "{}/day"),
    "theta_same_zeros": ("theta, same zeros", "{}/day"),
    "vega": ("vega", PER_BP),
}
ASSET = {
    "position": ("position", ""),
    "delta": ("delta", "{}"),
    "gamma": ("gamma", "{}/1 %"),
    "vega": ("vega", "{}/point"),
    "vanna": ("vanna", "{}/point"),
    "cross_gamma": ("cross-gamma", "{}/bp"),
}
NOTES = {
    "positions": (
        "PV01: the fixed rate of a swap +1 bp. DV01: all quoted rates, or all zero rates, +1 bp. Theta: a calendar "
        "day, forward rates realised, or zero rates the same in time to maturity. Vega: +1 bp of every normal vol."
    ),
    "partition": "+1 bp of the zero curve in tents that fall to zero at the neighbouring keys: sum = DV01, zero rates.",
    "fixed": "Tents of fixed widths (1, 2, 3 years) do not add up; coverage is their sum at the key, 1 where they do.",
    "other_curves": (
        "+1 bp in the tents of what a curve of floating rates lies above the one that discounts, of another currency's "
        "curve (its basis as it is), and of the basis at which it is discounted with collateral in dollars."
    ),
    "further": "+1 bp of each spread and of each node of other currencies, +1 % of the price of a currency.",
    "asset": (
        "Delta: $ of the asset. Gamma, vanna, cross-gamma: its change for +1 % of the asset, +1 point of its vol, and "
        "+1 bp of all zero rates. Vega: of the value, +1 point of the vol."
    ),
    "quotes": "A step of each quote: 1 bp of a rate, 0.01 of a price. Exact, nothing is bumped.",
    "cross_gamma": "Change of the DV01 by one key for +1 bp at another; the sum of all is the gamma.",
    "vega": "+1 bp of normal vol. An option between two expiries or lengths is shared between them.",
}


@dataclass(frozen=True)
class RiskTable:
    """Columns and how they are shown: its headings by column, and whether a row of sums follows."""

    title: str
    columns: Columns
    heads: dict[str, str]
    note: str
    total: bool = False

    @property
    def names(self) -> list[str]:
        """The columns that have a heading and are not empty."""
        columns = self.columns
        return [name for name in self.heads if any(value is not None for value in columns.get(name, ()))]

    def has_numbers(self, name: str) -> bool:
        """Whether a column is of numbers."""
        return any(isinstance(value, float) for value in self.columns[name])

    @property
    def rows(self) -> list[list[str]]:
        """Text cells of the rows that are not all zero."""
        names = self.names
        rows = (dict(zip(names, row, strict=True)) for row in zip(*(self.columns[name] for name in names), strict=True))
        return [
            [cell(row[name], name) for name in names]
            for row in rows
            if any(abs(row[name]) > 5e-5 for name in names if isinstance(row[name], float) and name != "key")
        ]

    @property
    def sums(self) -> list[str]:
        """Text cells of the row of sums."""
        sums = [cell(summed(self.columns[name]), name) if self.has_numbers(name) else "" for name in self.names[1:]]
        return ["sum", *sums]


def risk_columns(risk: BookRisk, *, tents: str = "partition") -> dict[str, Columns]:
    """The tables by name, without those of which the book has nothing. tents: `partition` or `fixed`."""
    found = {
        "positions": columns.positions(risk),
        "key_rates": columns.key_rates(risk, fixed=tents == "fixed"),
        "asset": asset_columns(risk.by_keys),
        "other_curves": columns.other_curves(risk),
        "further": columns.further(risk),
        "quotes": columns.quotes(risk),
        "cross_gamma": columns.cross_gammas(risk),
        "vega": columns.vega(risk),
    }
    return {name: table for name, table in found.items() if table is not None}


def risk_tables(tables: dict[str, Columns], unit: str, tents: str = "partition") -> list[RiskTable]:
    """How the tables of `risk_columns` are shown. unit: the book's currency."""
    per_bp = {"dv01": f"DV01, {PER_BP.format(unit)}"}
    roles = {"discount": "of what discounts", "projection": "of what projects"}
    positions = {name: f"{head}\n{per.format(unit)}" for name, (head, per) in POSITIONS.items()}
    asset = {name: f"{head}\n{per.format(unit)}" for name, (head, per) in ASSET.items()}
    keys = {"key": "key, years", **per_bp, **roles, "coverage": "coverage"}
    others = {"curve": "curve", "key": "key, years", **per_bp}
    further = {"factor": "factor", "step": "step", "change": f"change of value, {unit}"}
    quotes = {"curve": "curve", "quote": "quote", "dv01": f"a step of the quote, {unit}"}
    wanted = (
        ("positions", "The book at the start", positions, NOTES["positions"], False),
        ("key_rates", "Key rates", keys, NOTES[tents], tents == "partition"),
        ("asset", "Risk in the asset", asset, NOTES["asset"], True),
        ("other_curves", "Key rates of other curves", others, NOTES["other_curves"], False),
        ("further", "Spreads and other currencies", further, NOTES["further"], False),
        ("quotes", "Risk by quote", quotes, NOTES["quotes"], True),
        ("cross_gamma", "Gamma by pairs of keys", PER_BP2, NOTES["cross_gamma"], False),
        ("vega", "Vega", PER_BP, NOTES["vega"], False),
    )
    found = []
    for name, title, heads, note, total in wanted:
        table = tables.get(name)
        if table is None:
            continue
        first, *rest = table.keys()
        if isinstance(heads, str):
            if not table[first]:
                continue
            heads = {first: f"{first}, {heads.format(unit)}"} | dict(zip(rest, rest, strict=True))
        found.append(RiskTable(title, table, heads, note, total))
    return found


def cell(value: object, name: str) -> str:
    """A value of a column as text."""
    if value is None or value != value:
        return ""
    if not isinstance(value, float):
        return str(value)
    if name in ("key", "coverage"):
        return significant(value)
    places = 0 if name == "size" else 2 if abs(value) >= 1000 else 4
    return fixed(value, places)
