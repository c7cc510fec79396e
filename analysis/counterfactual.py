"""The world `unhedged`: the same desk with its book, capital and lender, but no hedging."""

from __future__ import annotations

from analysis import frames, numbers, pnl
from analysis.numbers import FloatArray, Number
from sim.dataset import Run


def unhedged_desk(run: Run, *, agent: str | None = None) -> dict[str, Number]:
    """P&L of the same desk unhedged, its survival, and what hedging saved; empty if the run has no such world.

    Same noise, capital and lender, so it may be called, reduced and liquidated, and its forced trades move the market.
    `hedging_saved`: P&L of the hedged desk less that of the unhedged one, path by path (above zero: hedging paid), $.
    """
    world = frames.unhedged_world(run, agent)
    if world is None:
        return {}
    bare = pnl.column(run, agent, world, "pnl")
    alive = pnl.survival(run, agent=agent, world=world)["survival_rate"]
    what = "Same desk unhedged"
    return {
        "unhedged_desk_pnl": numbers.mean(bare, "$", f"{what}, P&L, mean"),
        "unhedged_desk_pnl_q05": numbers.quantile(bare, 0.05, "$", f"{what}, P&L, 5 % quantile"),
        "unhedged_desk_pnl_q50": numbers.quantile(bare, 0.50, "$", f"{what}, P&L, median"),
        "unhedged_desk_pnl_q95": numbers.quantile(bare, 0.95, "$", f"{what}, P&L, 95 % quantile"),
        "unhedged_desk_pnl_sd": numbers.deviation(bare, "$", f"{what}, P&L, standard deviation"),
        "unhedged_desk_es_95": pnl.expected_shortfall(bare, 0.95, f"{what}, expected shortfall 95 %"),
        "unhedged_desk_survival": Number(
            value=alive.value, unit="share", label=f"{what}, survival rate", error=alive.error
        ),
        "hedging_saved": numbers.mean(_saved(run, agent, bare), "$", "Saved by hedging, mean"),
    }


def _saved(run: Run, agent: str | None, bare: FloatArray) -> FloatArray:
    """(paths,) $: P&L of the hedged desk less that of the unhedged one."""
    hedged = pnl.column(run, agent, "actual", "pnl")
    hedged -= bare
    return hedged
