"""Crowding: the same policies when several desks run them, and what one more desk costs the others."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import polars as pl

from analysis.given import A_SWEEP
from analysis.numbers import Number
from analysis.sweeps import outcomes as read
from analysis.sweeps.frontier import frontier
from analysis.sweeps.measures import difference, measure
from analysis.sweeps.outcomes import Outcome
from sim.arguments import maybe, takes, text
from sim.errors import UserError
from sim.metric_names import COST
from sim.sweep_dataset import SweepResult

STEP: dict[str, type[pl.DataType] | pl.DataType] = {
    "scenario": pl.String,
    "world": pl.String,
    "policy": pl.String,
    "label": pl.String,
    "kind": pl.String,
    "desks": pl.Int64,
    "more_desks": pl.Int64,
}


def frontiers(
    sweep: SweepResult,
    risk: str = "es_95",
    cost: str = "cost_of_survival",
    world: str = "actual",
    scenario: str | None = None,
) -> pl.DataFrame:
    """`frontier` for each number of desks, one below the other; every figure is of one desk of them."""
    return pl.concat([frontier(sweep, risk, cost, world, scenario, desks) for desks in read.desk_numbers(sweep)])


@takes(sweep=A_SWEEP, world=text, scenario=maybe(text))
def externality(sweep: SweepResult, world: str = "actual", scenario: str | None = None) -> pl.DataFrame:
    """One row a policy and step from N = `desks` to N' = `more_desks` identical desks that all run it.

    Of the cost of survival, the mean loss, in $, each figure followed by its standard error (`..._error`), with the
    differences paired path by path:
    `cost_before`, `cost_after`: a desk's at N and at N';
    `cost_externality`: N (c(N') - c(N)) / (N' - N), what one more desk puts on the N that were there;
    `cost_total`, `cost_total_after`: all desks together, N c(N) and N' c(N');
    `liquidation_rate`, `liquidation_rate_after`: of a desk; `liquidation_rise` their difference.

    In the price-taker twin nobody moves the price or waits for depth, and the externality is zero. Identical desks have
    the same law, so one of them speaks for all. Raises UserError for a sweep with a single number of desks.
    """
    numbers = read.desk_numbers(sweep)
    if len(numbers) < 2:
        remedy = "spiral frontier SCENARIO --desks 1,2,5,10"
        raise UserError("crowding needs two numbers of desks", value=numbers[0], place=str(sweep.path), remedy=remedy)
    name = read.pick_scenario(sweep, scenario)
    by_number = {n: _by_policy(sweep, world, name, n) for n in numbers}
    rows = [
        {"scenario": name, "world": world, **_step(by_number[fewer][policy], by_number[more][policy], fewer, more)}
        for policy in by_number[numbers[0]]
        for fewer, more in pairwise(numbers)
        if policy in by_number[fewer] and policy in by_number[more]
    ]
    return pl.DataFrame(rows, schema=STEP | dict.fromkeys(_columns(), pl.Float64))


def _by_policy(sweep: SweepResult, world: str, scenario: str, desks: int) -> dict[str, Outcome]:
    found = read.outcomes(sweep, world=world, scenario=scenario, desks=desks)
    return {outcome.policy: outcome for outcome in found}


def _columns() -> list[str]:
    plain = ("before", "after", "externality", "total", "total_after")
    money = [f"cost_{part}{end}" for part in plain for end in ("", "_error")]
    dead = [f"liquidation_{part}{end}" for part in ("rate", "rate_after", "rise") for end in ("", "_error")]
    return [*money, *dead]


def _step(few: Outcome, many: Outcome, fewer: int, more: int) -> dict[str, Any]:
    row: dict[str, Any] = {
        "policy": few.policy,
        "label": few.label,
        "kind": few.kind,
        "desks": fewer,
        "more_desks": more,
    }
    before, after = measure(COST, few), measure(COST, many)
    gap, error = difference(after, before)
    share = fewer / (more - fewer)
    row |= _with_error("cost_before", before) | _with_error("cost_after", after)
    row |= {"cost_externality": share * gap, "cost_externality_error": share * error}
    row |= _with_error("cost_total", before, fewer) | _with_error("cost_total_after", after, more)
    dead, deader = (measure("liquidation_rate", outcome) for outcome in (few, many))
    rise, error = difference(deader, dead)
    row |= _with_error("liquidation_rate", dead) | _with_error("liquidation_rate_after", deader)
    return row | {"liquidation_rise": rise, "liquidation_rise_error": error}


def _with_error(name: str, of: Number, times: float = 1.0) -> dict[str, float | None]:
    error = of.error
    return {name: times * of.value, f"{name}_error": None if error is None else times * error}
