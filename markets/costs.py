"""The parts of trading costs, declared as reasons of the ledger, columns of the desks' marks, and parts of their loss.

The walk of the price is split: orders on the side of the net order pay it, orders against it gain it.
"""

from __future__ import annotations

from sim.split import Group, Part, Step

FRICTIONS = Group(name="frictions", label="Frictions")
LIQUIDITY_TAX = Group(name="liquidity_tax", label="Liquidity tax", within=FRICTIONS)

FILLS = (  # costs of every fill, in the order of the kernels' rows
    Part(
        name="spread_cost_calm",
        columns=(Step("spread_cost_calm", "Spread, calm"),),
        label="Spread, calm",
        short="spread, calm",
        said="what the half-spread of a calm market charged",
        within=LIQUIDITY_TAX,
        colour=5,
    ),
    Part(
        name="spread_cost_crisis",
        columns=(Step("spread_cost_crisis", "Spread, crisis"),),
        label="Spread, crisis widening",
        short="spread, crisis",
        said="what the widening of the spread charged",
        within=LIQUIDITY_TAX,
        colour=6,
    ),
    Part(
        name="impact_cost",
        columns=(Step("impact_cost", "Walk"),),
        label="Walk (own size in a thin book)",
        short="walk",
        said="what walking through the book charged",
        within=LIQUIDITY_TAX,
        colour=7,
    ),
    Part(
        name="netting",
        columns=(Step("netting_gain", "Netting gain"),),
        label="Netting (below zero: a gain)",
        short="netting",
        said="what trading against the net order of others paid, as a cost below zero",
        within=LIQUIDITY_TAX,
        rare=True,
        colour=8,
    ),
)
FILL_COSTS = tuple(column.name for part in FILLS for column in part.columns)
INVENTORY = Step("inventory_cost", "Passing inventory on")  # of makers, where investors ask a price for it
TRADING = FILLS  # all parts of trading costs
TRADING_COSTS = tuple(column.name for part in TRADING for column in part.columns)
