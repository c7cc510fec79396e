"""The named numbers of a run: what the terminal, the report and the comparison of runs all read from."""

from __future__ import annotations

import math

import numpy as np

from analysis import frames, liquidity, numbers, pnl, twins
from analysis.given import A_RUN
from analysis.numbers import Number
from sim.arguments import maybe, takes, text
from sim.dataset import Run

# What `summarise` gives of a run with a hedger, in its order; a sweep lays out its columns before it has run anything.
NAMES = (
    "pnl",
    "pnl_q05",
    "pnl_q50",
    "pnl_q95",
    "unhedged_pnl",
    "unhedged_pnl_q05",
    "unhedged_pnl_q50",
    "unhedged_pnl_q95",
    "pnl_sd",
    "unhedged_pnl_sd",
    "risk_removed",
    "var_95",
    "es_95",
    "var_99",
    "es_99",
    "unhedged_var_95",
    "unhedged_es_95",
    "unhedged_var_99",
    "unhedged_es_99",
    "survival_rate",
    "default_rate",
    "liquidation_rate",
    "gamma_bleed",
    "theta_earned",
    "spread_cost_calm",
    "spread_cost_crisis",
    "impact_cost",
    "funding_credit",
    "net_bleed",
    "liquidity_tax",
    "credit_cost",
    "cost_of_survival",
    "liquidity_tax_q05",
    "liquidity_tax_q50",
    "liquidity_tax_q95",
    "cost_of_survival_q05",
    "cost_of_survival_q50",
    "cost_of_survival_q95",
    "cost_of_survival_sd",
    "cost_of_survival_es_95",
    "funding_overnight",
    "feedback_pnl",
    "feedback_cost",
    "feedback_share",
    "peak_vol",
    "peak_spread_multiple",
    "peak_loop_gain",
    "peak_loop_gain_q95",
    "peak_credit",
    "lowest_spot",
    "depth_loss",
    "margin_called",
    "margin_calls",
    "margin_call_rate",
    "margin_unmet",
)


@takes(run=A_RUN, agent=maybe(text), world=text)
def summarise(run: Run, *, agent: str | None = None, world: str = "actual") -> dict[str, Number]:
    """Every key figure of one world by name, each with its unit and, where it is an average, its standard error.

    `agent`: None the first hedger by name, "all" the hedgers together, or a name. A run without a hedger gives the
    market's figures only. Feedback figures are those of actual against its twin, whatever the world asked for.
    Raises UserError for a world or an agent that the run does not have.
    """
    frames.check_world(run, world)
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
        "unhedged_pnl": numbers.mean(bare, "$", "Unhedged P&L, mean"),
        "unhedged_pnl_q05": numbers.quantile(bare, 0.05, "$", "Unhedged P&L, 5 % quantile"),
        "unhedged_pnl_q50": numbers.quantile(bare, 0.50, "$", "Unhedged P&L, median"),
        "unhedged_pnl_q95": numbers.quantile(bare, 0.95, "$", "Unhedged P&L, 95 % quantile"),
        "pnl_sd": numbers.deviation(mine, "$", "Hedged P&L, standard deviation"),
        "unhedged_pnl_sd": numbers.deviation(bare, "$", "Unhedged P&L, standard deviation"),
        "risk_removed": _risk_removed(mine, bare),
        **pnl.risk(run, agent=agent, world=world),
        **pnl.survival(run, agent=agent, world=world),
        "liquidation_rate": pnl.liquidation(run, agent=agent, world=world),
        **_parts(run, agent, world),
        **liquidity.costs(run, agent=agent, world=world),
        **_cost_risk(pnl.column(run, agent, world, "cost_of_survival")),
        "funding_overnight": numbers.mean(
            -pnl.column(run, agent, world, "funding_overnight"), "$", "Funding, overnight"
        ),
        **twins.feedback(run, agent=agent),
        **market,
        **liquidity.margin(run, agent=agent, world=world),
    }


def _parts(run: Run, agent: str | None, world: str) -> dict[str, Number]:
    """The parts of the cost by the names that people say: costs positive, theta as what it earned."""
    parts = liquidity.parts(run, agent=agent, world=world)
    theta = parts.pop("theta")
    earned = Number(value=-theta.value, unit="$", label=theta.label, error=theta.error)
    return {"gamma_bleed": parts.pop("gamma"), "theta_earned": earned, **parts}


def _cost_risk(cost: numbers.FloatArray) -> dict[str, Number]:
    """How far the cost of survival strays: its deviation over paths, and its mean over the dearest 5 % of them."""
    dearest = pnl.expected_shortfall(-cost, 0.95, "Cost of survival, mean of the dearest 5 %")
    return {
        "cost_of_survival_sd": numbers.deviation(cost, "$", "Cost of survival, standard deviation"),
        "cost_of_survival_es_95": dearest,
    }


def _risk_removed(hedged: numbers.FloatArray, unhedged: numbers.FloatArray) -> Number:
    """1 - sd(hedged) / sd(unhedged); its error as for two independent normal samples, an upper bound here."""
    label = "Share of the P&L's standard deviation removed by hedging"
    below = float(np.std(unhedged))
    if hedged.size < 2 or below == 0:
        return Number(value=math.nan, unit="share", label=label)
    left = float(np.std(hedged)) / below
    return Number(value=1 - left, unit="share", label=label, error=left / math.sqrt(hedged.size - 1))
