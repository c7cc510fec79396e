"""One crisis under several rules of margin: what each covers, and what it calls when cash is dear."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from analysis.margin import daily, measures
from scenarios.reading.loading import from_dict
from scenarios.reading.made_by_hand import meant
from scenarios.studies.calibrating.before_run import ready
from scenarios.studies.run import run
from sim.arguments import maybe, path, takes, whole
from sim.errors import UserError
from sim.names import ACTUAL, PRICE_TAKER

if TYPE_CHECKING:
    from collections.abc import Callable

    from scenarios.scenario import Scenario
    from sim.dataset import Run

RULES: dict[str, dict[str, Any]] = {  # that are compared by default
    "parametric": {"kind": "parametric"},
    "schedule": {"kind": "schedule"},
    "hull_white": {"kind": "hull_white"},
    "filtered": {"kind": "filtered_historical"},
    "filtered, floor": {"kind": "filtered_historical", "floor": 2.0},
    "filtered, buffer": {"kind": "filtered_historical", "buffer": 0.25},
    "filtered, stressed share": {"kind": "filtered_historical", "stress_weight": 0.25},
}
FIGURES = ("first", "peak", "peak_over_first", "peak_to_trough", "largest_rise", "called", "coverage")
TABLES = ("marks", "funding", "liquidity", "peaks", "closes", "market")


@dataclass(frozen=True, eq=False)
class MarginRules:
    """Figures by rule, and margin by day.

    figures: a row a rule; each figure of `analysis.margin.LABELS` with `*_error`, `alone_peak` and `reduced`: the peak
    where nobody's trades move prices, and the share of the paths that lose a part of the book to the lender.
    days: rule, time, margin, error: mean over the paths, $.
    """

    figures: pl.DataFrame
    days: pl.DataFrame
    runs: dict[str, Run]


@takes(paths=maybe(whole(2)), days=whole(1), out=maybe(path), workers=maybe(whole(1)))
def margin_rules(
    scenario: Scenario | str | Path,
    rules: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    agent: str | None = None,
    paths: int | None = None,
    days: int = 10,
    out: str | Path | None = None,
    workers: int | None = None,
    progress: Callable[..., None] | None = None,
) -> MarginRules:
    """Run a scenario once for each rule of margin, on the same random numbers, and measure the first desk's margin.

    Args:
        scenario: a `Scenario`, the name of a preset, or the path of a file.
        rules: what a lender's `margin_model` may be, by a name for the tables (default: `RULES`). Every lender of the
            scenario uses it.
        agent: the desk (default: the first hedger by name).
        paths: all of them are witnesses (default: the scenario's).
        days: over which rises are measured, and losses compared with margin.
        out: folder of the runs (default: runs/NAME-SEED-margin).

    Raises:
        UserError: without a lender, for a rule that cannot be read, and for a desk that no lender margins.
    """
    chosen = RULES if rules is None else rules
    if not chosen:
        raise UserError("rules of margin are compared", value="none", place="rules", remedy="name one or more")
    base = ready(meant(scenario))
    base = base.with_run(paths=paths, twin=PRICE_TAKER, unhedged=False)
    base = base.with_run(witnesses=base.run.paths)
    folder = Path(out) if out is not None else Path("runs") / f"{base.name}-{base.run.seed}-margin"
    made = {name: with_rule(base, rule) for name, rule in chosen.items()}  # all are read before the first is run
    runs = {
        name: run(each, out=folder / f"rule-{number}", workers=workers, progress=progress)
        for number, (name, each) in enumerate(made.items(), start=1)
    }
    rows = [{"rule": name, **_figures(each, agent, days)} for name, each in runs.items()]
    shown = [daily(each, agent=agent).with_columns(rule=pl.lit(name)) for name, each in runs.items()]
    return MarginRules(pl.DataFrame(rows), pl.concat(shown).select("rule", "time", "margin", "error"), runs)


def with_rule(scenario: Scenario, rule: Mapping[str, Any]) -> Scenario:
    """The scenario with this margin model at every lender, for all its netting sets. Raises UserError."""
    tables = scenario.to_dict()
    lenders = [agent for agent in tables["agents"].values() if agent.get("type") == "FundingDesk"]
    if not lenders:
        remedy = "add an agent of type FundingDesk"
        raise UserError("nobody asks margin in this scenario", place=scenario.name, remedy=remedy)
    for lender in lenders:
        lender["margin_model"] = dict(rule)
        for terms in lender.get("netting_sets", {}).values():
            terms.pop("margin_model", None)
    return from_dict(tables)


def _figures(done: Run, agent: str | None, days: int) -> dict[str, Any]:
    found = measures(done, agent=agent, world=ACTUAL, days=days)
    alone = measures(done, agent=agent, world=PRICE_TAKER, days=days)["peak"]
    row: dict[str, Any] = {}
    for name in FIGURES:
        row |= {name: found[name].value, f"{name}_error": found[name].error}
    row |= {"alone_peak": alone.value, "alone_peak_error": alone.error}
    desk = done.liquidity.filter(pl.col("world") == ACTUAL).collect()
    mine = desk if agent is None else desk.filter(pl.col("agent") == agent)
    first = mine.filter(pl.col("agent") == mine["agent"].min())
    return row | {"reduced": float((first["book_share"].to_numpy() < 1).mean())}
