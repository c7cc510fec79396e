"""The named numbers of a run, used by the terminal, the report and the comparison of runs."""

from __future__ import annotations

import math

import numpy as np

from analysis import (
    cash,
    counterfactual,
    explained,
    exposures,
    force,
    frames,
    hedge,
    liquidity,
    numbers,
    pnl,
    regulatory,
    twins,
    way,
)
from analysis.given import A_RUN
from analysis.numbers import Number
from sim.arguments import maybe, takes, text
from sim.dataset import Run
from sim.estimate import Estimate


@takes(run=A_RUN, agent=maybe(text), world=text)
@frames.told
def summarise(run: Run, *, agent: str | None = None, world: str = "actual") -> dict[str, Number]:
    """Every key figure of one world by name, each with its unit and, where it is an average, its standard error.

    A run without a hedger gives the market's figures only. Two kinds of figures do not depend on `world`: those of
    feedback compare the actual world with its twin, and those of the same desk unhedged are of its own world (left out
    where the run has none).

    Args:
        run: a finished run.
        agent: a hedger by name, "all" for the hedgers together, or None for the first by name.
        world: the world whose figures are wanted.

    Raises:
        UserError: for a world or an agent that the run does not have.
    """
    world = frames.check_world(run, world)
    market = liquidity.stress(run, world=world)
    if not frames.desks(run, agent):
        return market
    mine = pnl.column(run, agent, world, "pnl")
    bare = pnl.column(run, agent, world, "unhedged_pnl")
    return {
        "pnl": numbers.mean(mine, "$", "Hedged P&L, mean"),
        "pnl_q05": numbers.quantile(mine, 0.05, "$", "Hedged P&L, 5 % quantile"),
        "pnl_q50": numbers.quantile(mine, 0.50, "$", "Hedged P&L, median"),
        "pnl_q95": numbers.quantile(mine, 0.95, "$", "Hedged P&L, 95 % quantile"),
        "unhedged_pnl": numbers.mean(bare, "$", "P&L of the whole book unhedged, mean"),
        "unhedged_pnl_q05": numbers.quantile(bare, 0.05, "$", "P&L of the whole book unhedged, 5 % quantile"),
        "unhedged_pnl_q50": numbers.quantile(bare, 0.50, "$", "P&L of the whole book unhedged, median"),
        "unhedged_pnl_q95": numbers.quantile(bare, 0.95, "$", "P&L of the whole book unhedged, 95 % quantile"),
        "pnl_sd": numbers.deviation(mine, "$", "Hedged P&L, standard deviation"),
        "unhedged_pnl_sd": numbers.deviation(bare, "$", "P&L of the whole book unhedged, standard deviation"),
        "risk_removed": _risk_removed(mine, bare),
        **counterfactual.unhedged_desk(run, agent=agent),
        **pnl.risk(run, agent=agent, world=world),
        **hedge.effectiveness(run, agent=agent, world=world),
        **explained.explained(run, agent=agent, world=world),
        **pnl.survival(run, agent=agent, world=world),
        "liquidation_rate": pnl.liquidation(run, agent=agent, world=world),
        **force.force(run, agent=agent, world=world),
        **way.on_the_way(run, agent=agent, world=world),
        **cash.liquidity(run, agent=agent, world=world),
        **liquidity.costs(run, agent=agent, world=world),
        **twins.feedback(run, agent=agent),
        **market,
        **liquidity.margin(run, agent=agent, world=world),
        **regulatory.capital(run, agent=agent, world=world),
        **exposures.counterparty(run, agent=agent, world=world),
    }


def _risk_removed(hedged: numbers.FloatArray, unhedged: numbers.FloatArray) -> Number:
    """1 - sd(hedged) / sd(unhedged); its error by leaving groups of paths out of both."""
    label = "Share of the P&L's standard deviation removed by hedging"
    below = float(np.std(unhedged)) if unhedged.size else 0.0
    if hedged.size < 3 or below == 0:
        return Number(value=math.nan, unit="share", label=label)
    with np.errstate(divide="ignore", invalid="ignore"):  # paths that are left may be all alike unhedged
        found = Estimate.jackknife(lambda mine, bare: float(1 - np.std(mine) / np.std(bare)), hedged, unhedged)
    return Number(value=found.value, unit="share", label=label, error=found.error)
