"""Crowding, in sentences."""

from __future__ import annotations

import polars as pl

from analysis.sweeps import outcomes as read
from analysis.sweeps.crowding import externality, frontiers
from analysis.sweeps.frontier_words import LIMIT, Row, figure, living, name
from sim.sweep_dataset import SweepResult


def crowding(sweep: SweepResult, scenario: str | None = None, risk: str = "es_95") -> list[str]:
    """The externality of one more desk, and the policies that survive in a crowd. Raises UserError as `externality`."""
    steps = externality(sweep, scenario=scenario)
    frame = frontiers(sweep, risk, scenario=scenario)
    if not steps.height:
        return ["No policy has finished with two numbers of desks."]
    alone = lonely(frame)
    mine = steps.filter(pl.col("policy") == alone["policy"]).sort("desks")
    told = [f"{_first(mine.row(0, named=True))} {_last(mine)}", _crowd(frame)]
    twin = read.worlds(sweep)[1:]
    if twin:
        there = externality(sweep, world=twin[0], scenario=scenario).filter(pl.col("policy") == alone["policy"])
        row = there.sort("desks").row(0, named=True)
        told.append(
            f"In the twin, where nobody moves the market, the same step puts {figure(row, 'cost_externality')} on the "
            f"others."
        )
    return told


def lonely(frame: pl.DataFrame) -> Row:
    """The policy that risks least when the fewest desks run it, among those that live if any does."""
    few = frame.filter(pl.col("desks") == frame["desks"].min())
    return (living(few) if living(few).height else few).sort("risk", "cost").row(0, named=True)


def _first(row: Row) -> str:
    some = row["desks"]
    others = "the other" if some == 1 else f"the {some} others"
    cost = figure(row, "cost_externality")
    return (
        f"Take {name(row)}, which risks least with {some}. From {some} to {row['more_desks']} desks, one more desk "
        f"puts {cost} of loss on {others}."
    )


def _last(mine: pl.DataFrame) -> str:
    row, first = mine.row(-1, named=True), mine.row(0, named=True)
    before, after = (figure(r, c, "share") for r, c in ((first, "liquidation_rate"), (row, "liquidation_rate_after")))
    return (
        f"With {first['desks']} a desk loses {figure(first, 'cost_before')} and is liquidated on {before} of the "
        f"paths; among {row['more_desks']} it loses {figure(row, 'cost_after')} and is liquidated on {after}. Together "
        f"these lose {figure(row, 'cost_total_after')}."
    )


def _crowd(frame: pl.DataFrame) -> str:
    """The cheapest living policy by number of desks."""
    told = []
    for desks in sorted(frame["desks"].unique()):
        alive = living(frame.filter(pl.col("desks") == desks)).sort("cost")
        who = f"'{alive['label'][0]}' at {figure(alive.row(0, named=True), 'cost')}" if alive.height else "none"
        told.append(f"{desks}: {who}")
    return f"Cheapest policy that is liquidated on at most {LIMIT} of the paths, by number of desks: {'; '.join(told)}."
