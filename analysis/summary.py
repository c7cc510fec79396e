"""The named numbers of a run, used by the terminal, the report and the comparison of runs."""

from __future__ import annotations

import math
from itertools import pairwise

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
from analysis.numbers import FloatArray, Number
from sim.arguments import maybe, takes, text
from sim.blockwise import deviation, deviation_without
from sim.dataset import Run
from sim.estimate import GROUPS, Estimate


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
    return {
        **_hedged_and_not(run, agent, world),
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


def _hedged_and_not(run: Run, agent: str | None, world: str) -> dict[str, Number]:
    """P&L of the desk and of its whole book unhedged: one after the other, so that memory holds one of them."""
    mine, mine_sd, hedged = _made(run, agent, world, "pnl", "Hedged P&L")
    bare, bare_sd, unhedged = _made(run, agent, world, "unhedged_pnl", "P&L of the whole book unhedged")
    return {**mine, **bare, **mine_sd, **bare_sd, "risk_removed": _risk_removed(hedged, unhedged)}


def _made(
    run: Run, agent: str | None, world: str, name: str, label: str
) -> tuple[dict[str, Number], dict[str, Number], FloatArray]:
    """Mean and quantiles of a column of the last marks, its standard deviation, and `_deviations`."""
    values = pnl.column(run, agent, world, name)
    found = {
        name: numbers.mean(values, "$", f"{label}, mean"),
        f"{name}_q05": numbers.quantile(values, 0.05, "$", f"{label}, 5 % quantile"),
        f"{name}_q50": numbers.quantile(values, 0.50, "$", f"{label}, median"),
        f"{name}_q95": numbers.quantile(values, 0.95, "$", f"{label}, 95 % quantile"),
    }
    sd = {f"{name}_sd": numbers.deviation(values, "$", f"{label}, standard deviation")}
    return found, sd, _deviations(values)


def _deviations(values: FloatArray) -> FloatArray:
    """Standard deviation of all paths, and without one of up to `GROUPS` groups after the other; none of fewer than 3.

    As `Estimate.jackknife` groups them.
    """
    n, groups = values.size, min(GROUPS, values.size)
    if n < 3:
        return np.empty(0)
    edges = [-(-group * n // groups) for group in range(groups + 1)]
    left = (deviation_without(values, slice(begin, end)) for begin, end in pairwise(edges))
    return np.array([deviation(n, values.__getitem__), *left])


def _risk_removed(hedged: FloatArray, unhedged: FloatArray) -> Number:
    """1 - sd(hedged) / sd(unhedged) from the `_deviations` of both; its error by leaving out groups of paths."""
    label = "Share of the P&L's standard deviation removed by hedging"
    if not unhedged.size or unhedged[0] == 0:
        return Number(value=math.nan, unit="share", label=label)
    with np.errstate(divide="ignore", invalid="ignore"):  # paths that are left may be all alike unhedged
        value, *left = 1 - hedged / unhedged
    found = Estimate.of(float(value), (len(left) - 1) * (value - np.array(left)))
    return Number(value=found.value, unit="share", label=label, error=found.error)
