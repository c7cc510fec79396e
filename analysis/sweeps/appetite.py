"""The best hedging policy of each crisis for each appetite for risk."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from analysis.given import A_SWEEP
from analysis.numbers import Number
from analysis.sweeps import outcomes as read
from analysis.sweeps.frontier import MANY
from analysis.sweeps.measures import blend, clearly_above, difference, folded, measures
from analysis.sweeps.outcomes import Outcome
from sim.arguments import maybe, takes, text, whole
from sim.sweep_dataset import SweepResult

ANY_CRISIS = "any crisis"


@dataclass(frozen=True, kw_only=True)
class Appetite:
    """A desk's preference: the least mean cost + `aversion` x ES 95 % of the loss.

    It chooses among the policies that are liquidated on at most the share `limit` of the paths (None: among all). If
    there is none, it chooses among those not clearly above the lowest liquidation rate. The `safest` takes the fewest
    liquidations, and among equals the least mean cost.
    """

    name: str
    said: str
    aversion: float = 0.0
    limit: float | None = MANY
    safest: bool = False


APPETITES = (
    Appetite(name="survive", safest=True, said="fewest liquidations, then the least mean cost"),
    Appetite(name="cautious", aversion=1.0, said="least mean cost + 1 x ES 95 % of the loss, staying alive"),
    Appetite(name="balanced", aversion=0.25, said="least mean cost + 0.25 x ES 95 % of the loss, staying alive"),
    Appetite(name="thrifty", said="least mean cost, staying alive"),
    Appetite(name="cost only", limit=None, said="least mean cost, dead or alive"),
)
SCHEMA: dict[str, type[pl.DataType] | pl.DataType] = {
    "scenario": pl.String,
    "appetite": pl.String,
    "policy": pl.String,
    "label": pl.String,
    "score": pl.Float64,
    "score_error": pl.Float64,
    "cost": pl.Float64,
    "cost_error": pl.Float64,
    "es_95": pl.Float64,
    "es_95_error": pl.Float64,
    "liquidation_rate": pl.Float64,
    "liquidation_rate_error": pl.Float64,
    "within_limit": pl.Boolean,
    "runner_ups": pl.List(pl.String),
    "policies": pl.Int64,
}


@takes(sweep=A_SWEEP, world=text, desks=maybe(whole(1)))
def best_policies(sweep: SweepResult, world: str = "actual", desks: int | None = None) -> pl.DataFrame:
    """One row a scenario and appetite.

    `policy` and `label`: the best, null if no policy changes anything on any path (the desk has nothing that they
    hedge). `score` (mean cost + aversion x ES 95 %, $) with its standard error, and its `cost`, `es_95` (of the loss)
    and `liquidation_rate` with theirs. `within_limit`: whether any policy met the appetite's limit of liquidations.
    `runner_ups`: labels of the policies allowed to it whose score (of the safest: whose liquidation rate) is not above
    the best one's by more than two paired standard errors, best first: the sweep cannot tell them apart. `policies`:
    how many were compared. The best of many looks a little better than it is.

    With several scenarios, rows `any crisis` follow, for a desk that does not know which one comes: figures of the
    paths of all scenarios in which policies matter, pooled with equal weights. So its ES is that of the worst 5 % of
    all of them. desks as in `frontier`. Raises UserError.
    """
    rows: list[dict[str, Any]] = []
    matter: dict[str, list[Outcome]] = {}
    for scenario in read.scenarios(sweep):
        found = read.outcomes(sweep, world=world, scenario=scenario, desks=desks)
        if read.alike(found) and len(found) > 1:
            rows += [_indifferent(scenario, appetite, found) for appetite in APPETITES]
            continue
        matter[scenario] = found
        rows += [_row(scenario, appetite, _Candidates(found)) for appetite in APPETITES]
    together = _thrown_together(list(matter.values()))
    if together is not None:
        rows += [_row(ANY_CRISIS, appetite, together) for appetite in APPETITES]
    return pl.DataFrame(rows, schema=SCHEMA)


class _Candidates:
    """Policies with their costs, shortfalls and liquidation rates."""

    def __init__(self, found: list[Outcome]) -> None:
        self.labels = [outcome.label for outcome in found]
        self.policies = [outcome.policy for outcome in found]
        self.cost, self.tail, self.dead = (
            measures(name, found) for name in ("cost_of_survival", "es_95", "liquidation_rate")
        )

    def score(self, aversion: float) -> list[Number]:
        """Mean cost + aversion x ES 95 % of the loss, $."""
        pairs = zip(self.cost, self.tail, strict=True)
        return [blend("Score", (1.0, cost), (aversion, tail)) for cost, tail in pairs]

    def allowed(self, appetite: Appetite) -> tuple[list[int], bool]:
        """The policies that may be chosen, and whether any meets the limit."""
        everyone, limit = list(range(len(self.labels))), appetite.limit
        if limit is None:
            return everyone, True
        within = [i for i in everyone if self.dead[i].value <= limit]
        if within and not appetite.safest:
            return within, True
        least = min(everyone, key=lambda i: self.dead[i].value)
        close = [i for i in everyone if not clearly_above(*difference(self.dead[i], self.dead[least]))]
        return close, bool(within)


def _row(scenario: str, appetite: Appetite, of: _Candidates) -> dict[str, Any]:
    allowed, met = of.allowed(appetite)
    score = of.score(appetite.aversion)
    ranked = sorted(allowed, key=lambda i: (score[i].value, i))
    best = min(ranked, key=lambda i: of.dead[i].value) if appetite.safest else ranked[0]
    minded = of.dead if appetite.safest else score
    close = [i for i in ranked if i != best and not clearly_above(*difference(minded[i], minded[best]))]
    return {
        "scenario": scenario,
        "appetite": appetite.name,
        "policy": of.policies[best],
        "label": of.labels[best],
        "score": score[best].value,
        "score_error": score[best].error,
        **_figures(of, best),
        "within_limit": met,
        "runner_ups": [of.labels[i] for i in close],
        "policies": len(of.labels),
    }


def _figures(of: _Candidates, i: int) -> dict[str, float | None]:
    named = {"cost": of.cost[i], "es_95": of.tail[i], "liquidation_rate": of.dead[i]}
    values = {name: measure.value for name, measure in named.items()}
    return values | {f"{name}_error": measure.error for name, measure in named.items()}


def _indifferent(scenario: str, appetite: Appetite, found: list[Outcome]) -> dict[str, Any]:
    """The row of a scenario in which no policy changes anything."""
    of = _Candidates(found[:1])
    score = of.score(appetite.aversion)[0]
    _, met = of.allowed(appetite)
    return {
        "scenario": scenario,
        "appetite": appetite.name,
        "score": score.value,
        "score_error": score.error,
        **_figures(of, 0),
        "within_limit": met,
        "runner_ups": [],
        "policies": len(found),
    }


def _thrown_together(parts: list[list[Outcome]]) -> _Candidates | None:
    """The policies that every scenario has, with their figures over the paths of all; None for a single scenario."""
    if len(parts) < 2 or len({found[0].cost.size for found in parts}) > 1:
        return None
    by_policy = [{outcome.policy: outcome for outcome in found} for found in parts]
    shared = [policy for policy in by_policy[0] if all(policy in known for known in by_policy)]
    pooled = [_joined([known[policy] for known in by_policy]) for policy in shared]
    if not pooled:
        return None
    together = _Candidates(pooled)
    for figures in (together.cost, together.tail, together.dead):
        figures[:] = [folded(one, len(parts)) for one in figures]  # path i of every scenario has the same noise
    return together


def _joined(same: list[Outcome]) -> Outcome:
    """One policy's paths in all scenarios, scenario after scenario."""
    cost, bare, dead = zip(*((o.cost, o.unhedged_pnl, o.liquidated) for o in same), strict=True)
    rare = ("drawdown", "capital_needed", "reduced")  # that an older sweep does not hold
    known = {name: [v for o in same if (v := getattr(o, name)) is not None] for name in rare}
    merged: dict[str, Any] = {name: np.concatenate(v) if len(v) == len(same) else None for name, v in known.items()}
    return dataclasses.replace(
        same[0],
        cost=np.concatenate(cost),
        **merged,
        unhedged_pnl=np.concatenate(bare),
        liquidated=np.concatenate(dead),
    )
