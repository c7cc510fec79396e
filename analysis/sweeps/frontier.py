"""The efficient frontier of hedging policies: mean cost against risk, and which policies others dominate."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis.numbers import FloatArray, Number
from analysis.sweeps import outcomes as read
from analysis.sweeps.again import command
from analysis.sweeps.measures import (
    CAPITAL,
    COSTS,
    RISKS,
    clearly_above,
    difference,
    has_capital,
    measure,
    measures,
    share,
)
from analysis.sweeps.outcomes import Outcome
from sim.errors import UserError
from sim.sweep_dataset import SweepResult

MANY = 0.05  # share of liquidated paths up to which a policy is said to keep its desk alive
SCHEMA: dict[str, type[pl.DataType] | pl.DataType] = {
    "scenario": pl.String,
    "world": pl.String,
    "desks": pl.Int64,
    "cell": pl.Int32,
    "policy": pl.String,
    "label": pl.String,
    "kind": pl.String,
    "parameter": pl.String,
    "cost": pl.Float64,
    "cost_error": pl.Float64,
    "risk": pl.Float64,
    "risk_error": pl.Float64,
    "liquidation_rate": pl.Float64,
    "liquidation_rate_error": pl.Float64,
    "survival_rate": pl.Float64,
    "reduced_rate": pl.Float64,
    "reduced_rate_error": pl.Float64,
    "survival_capital": pl.Float64,
    "survival_capital_error": pl.Float64,
    "efficient": pl.Boolean,
    "clearly_dominated": pl.Boolean,
    "dominated_by": pl.String,
    "excess_cost": pl.Float64,
    "excess_cost_error": pl.Float64,
    "excess_risk": pl.Float64,
    "excess_risk_error": pl.Float64,
    "command": pl.String,
}


def frontier(
    sweep: SweepResult,
    risk: str = "es_95",
    cost: str = "cost_of_survival",
    world: str = "actual",
    scenario: str | None = None,
    desks: int | None = None,
) -> pl.DataFrame:
    """One row a policy, in the order of the sweep's axis.

    `policy` as the sweep writes it, `label` as charts do; `kind` and `parameter`. `cost` (mean) and `risk` (of that
    name), $ or share, with standard errors. `liquidation_rate` and its error; `survival_rate` is the rest.
    `reduced_rate`: share of paths on which the lender took part of the book; `survival_capital`: the capital at which
    95 % of the paths would not see that, first order, $; null if the sweep does not hold them.
    `efficient`: no other policy costs as little or less at as little risk or less, one of the two strictly.
    `dominated_by`: the label of a policy that does, null for an efficient one: the cheapest among those that clearly
    dominate, else among all, efficient ones first. `excess_cost` and `excess_risk` are how much more than that policy
    this one costs and risks, with errors paired path by path; `clearly_dominated` where some policy beats it in both by
    more than two of these. `command`: the `spiral run` that gives this row's figures alone.
    With world = the twin's name: what policies would have cost had the market not answered.

    cost: cost_of_survival (the loss over the run). risk: es_95 (of the loss), drawdown_es_95, pnl_sd, liquidation_rate,
    survival_capital_95.
    scenario: needed where the sweep has several. desks: how many run the policy, the least by default; every figure is
    of one of them. Raises UserError for names that there are none of, and for a sweep that is not over policies.
    """
    _check(risk, RISKS, "risk")
    _check(cost, COSTS, "cost")
    found = read.outcomes(sweep, world=world, scenario=scenario, desks=desks)
    name, crowd = read.pick_scenario(sweep, scenario), read.pick_desks(sweep, desks)
    head = {"scenario": name, "world": world, "desks": crowd}
    rows = [head | row | {"command": command(sweep, name, row["policy"], crowd)} for row in _rows(found, cost, risk)]
    return pl.DataFrame(rows, schema=SCHEMA)


def _check(name: str, known: dict[str, Any], what: str) -> None:
    if name not in known:
        raise UserError(f"a frontier has no such {what}", value=name, remedy=f"one of: {', '.join(known)}")


def _rows(found: list[Outcome], cost: str, risk: str) -> list[dict[str, Any]]:
    costs, risks, dead = (measures(name, found) for name in (cost, risk, "liquidation_rate"))
    beats = dominates(_values(costs), _values(risks))
    if read.alike(found):  # rounding must not rank policies that change nothing
        beats = np.zeros_like(beats)
    rows = []
    for i, outcome in enumerate(found):
        rivals = [j for j in range(len(found)) if beats[j, i]]
        row = {
            "cell": outcome.cell,
            "policy": outcome.policy,
            "label": outcome.label,
            "kind": outcome.kind,
            "parameter": outcome.parameter,
            "cost": costs[i].value,
            "cost_error": costs[i].error,
            "risk": risks[i].value,
            "risk_error": risks[i].error,
            "liquidation_rate": dead[i].value,
            "liquidation_rate_error": dead[i].error,
            "survival_rate": 1 - dead[i].value,
            **_survival(outcome),
            "efficient": not rivals,
            **_against(i, rivals, np.logical_not(beats.any(axis=0)), costs, risks, [other.label for other in found]),
        }
        rows.append({key: None if _unknown(value) else value for key, value in row.items()})
    return rows


def _survival(outcome: Outcome) -> dict[str, float | None]:
    """How often the lender took part of the book, and the capital without which it would, where the sweep says."""
    found: dict[str, float | None] = {}
    if outcome.reduced is not None:
        number = share(outcome.reduced, "Paths on which the lender took part of the book")
        found |= {"reduced_rate": number.value, "reduced_rate_error": number.error}
    if has_capital(outcome):
        number = measure(CAPITAL, outcome)
        found |= {"survival_capital": number.value, "survival_capital_error": number.error}
    return found


def _unknown(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _values(measured: list[Number]) -> FloatArray:
    return np.array([one.value for one in measured])


def dominates(cost: FloatArray, risk: FloatArray) -> NDArray[np.bool_]:
    """[j, i]: whether policy j costs no more and risks no more than policy i, and less of one of the two."""
    no_worse = (cost[:, None] <= cost) & (risk[:, None] <= risk)
    better = (cost[:, None] < cost) | (risk[:, None] < risk)
    return no_worse & better


def _against(
    i: int,
    rivals: list[int],
    efficient: NDArray[np.bool_],
    costs: list[Number],
    risks: list[Number],
    labels: list[str],
) -> dict[str, Any]:
    """What policy i loses to the policy that it is compared with."""
    gaps = {j: (*difference(costs[i], costs[j]), *difference(risks[i], risks[j])) for j in rivals}
    clear = [j for j, gap in gaps.items() if clearly_above(*gap[:2]) and clearly_above(*gap[2:])]
    if not rivals:
        return {"clearly_dominated": False}
    best = min(clear or rivals, key=lambda j: (not efficient[j], costs[j].value, risks[j].value, j))
    named = dict(zip(("excess_cost", "excess_cost_error", "excess_risk", "excess_risk_error"), gaps[best], strict=True))
    return {"clearly_dominated": bool(clear), "dominated_by": labels[best], **named}
