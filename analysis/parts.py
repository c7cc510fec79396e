"""What a desk's loss is made of: each part is declared here once; figures, tables, charts, sweeps and words read it.

Cost of survival is the desk's whole loss over the run, marked at the end: minus its P&L. The parts add up to it on
every path. Two sub-totals: re-hedging at mid (what the position and its hedge left before any cost) and frictions
(what dealing, closing out and funding took).
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of the loss."""

    name: str  # of the figure: $, costs positive
    columns: tuple[str, ...]  # of `marks`, gains positive, that it is minus the sum of
    label: str  # in tables
    short: str  # in charts
    colour: str
    said: str  # what it is, in a few words
    rare: bool = False  # most runs have none of it: shown only where it is not zero


PARTS = (
    Part(
        name="convexity",
        columns=("gamma",),
        label="Convexity (gamma)",
        short="convexity",
        colour="#CC6677",
        said="what price moves took from the book beyond its delta",
    ),
    Part(
        name="carry",
        columns=("theta",),
        label="Carry (theta)",
        short="carry",
        colour="#117733",
        said="what the passing of time took; below zero: it paid",
    ),
    Part(
        name="slippage",
        columns=("delta", "hedge"),
        label="Slippage (delta left open)",
        short="slippage",
        colour="#332288",
        said="delta of the book net of its hedge at mid: what the policy left open",
    ),
    Part(
        name="re_marking",
        columns=("vega",),
        label="Re-marking (vega)",
        short="re-marking",
        colour="#44AA99",
        said="what the change of implied vol did to the book's mark",
    ),
    Part(
        name="rates_cost",
        columns=("rates", "hedge_rates"),
        label="Rates (net of swap hedges)",
        short="rates",
        colour="#999933",
        said="what the curve did to the book, net of the swaps that hedge it",
    ),
    Part(
        name="spread_cost_calm",
        columns=("spread_cost_calm",),
        label="Spread, calm",
        short="spread, calm",
        colour="#DDCC77",
        said="what the half-spread of a calm market charged",
    ),
    Part(
        name="spread_cost_crisis",
        columns=("spread_cost_crisis",),
        label="Spread, crisis widening",
        short="spread, crisis",
        colour="#E08A3C",
        said="what the widening of the spread charged",
    ),
    Part(
        name="impact_cost",
        columns=("impact_cost",),
        label="Walk (own size in a thin book)",
        short="walk",
        colour="#AA4499",
        said="what walking through the book charged",
    ),
    Part(
        name="netting",
        columns=("netting_gain",),
        label="Netting (below zero: a gain)",
        short="netting",
        colour="#DDAACC",
        said="what trading against the net order of others paid, as a cost below zero",
        rare=True,
    ),
    Part(
        name="closeout_cost",
        columns=("closeout_cost",),
        label="Close-outs",
        short="close-outs",
        colour="#882255",
        said="what forced reductions cost beyond the spread",
    ),
    Part(
        name="funding_overnight",
        columns=("funding_overnight",),
        label="Funding, overnight",
        short="funding, overnight",
        colour="#88CCEE",
        said="interest on cash at the overnight rate; below zero: received",
    ),
    Part(
        name="funding_credit",
        columns=("funding_credit",),
        label="Funding, credit",
        short="funding, credit",
        colour="#4477AA",
        said="what borrowing cost above the overnight rate",
    ),
)
LIQUIDITY = ("spread_cost_calm", "spread_cost_crisis", "impact_cost", "netting")
FUNDING = ("funding_overnight", "funding_credit")
COST, BEFORE_RE_MARKING = "cost_of_survival", "cost_before_re_marking"
SUBTOTALS: dict[str, tuple[str, tuple[str, ...]]] = {  # label, and the parts that they are the sum of
    "rehedging": ("Re-hedging at mid", ("convexity", "carry", "slippage")),
    "liquidity_tax": ("Liquidity tax", LIQUIDITY),
    "funding": ("Funding", FUNDING),
    "frictions": (
        "Frictions",
        (*LIQUIDITY, "closeout_cost", *FUNDING),
    ),
}
RARE = frozenset(part.name for part in PARTS if part.rare)
BY_NAME = {part.name: part for part in PARTS}
COLUMNS = tuple(column for part in PARTS for column in part.columns)  # of `marks`; their sum is `pnl`
LABELS = {part.name: part.label for part in PARTS} | {name: label for name, (label, _) in SUBTOTALS.items()}
LABELS |= {COST: "Cost of survival", BEFORE_RE_MARKING: "Cost of survival before re-marking"}


def column_of(name: str) -> str:
    """The column that frames give a part, a sub-total or the loss: costs positive, unlike the columns of `marks`."""
    return f"cost/{name}"


def cost_of(name: str) -> pl.Expr:
    """A part, a sub-total or the whole loss, $ (costs positive), from the columns of `marks`."""
    if name == COST:
        return -pl.col("pnl")
    if name == BEFORE_RE_MARKING:
        return -pl.col("pnl") - cost_of("re_marking")
    names = SUBTOTALS[name][1] if name in SUBTOTALS else (name,)
    return -pl.sum_horizontal(*(column for part in names for column in BY_NAME[part].columns))
