"""Names of the key figures of a run. A sweep makes its columns from them before any cell has run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.split import Split

COST, BEFORE_RE_MARKING = "cost_of_survival", "cost_before_re_marking"

# The figures of `analysis.summarise` for a run with a hedger, in order: those before the parts of the loss, and after.
_BEFORE = (
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
    "reduced_rate",
    "book_taken",
    "book_taken_q50",
    "worst_close",
    "worst_close_mean",
    "worst_close_q95",
    "worst_close_es_95",
    "drawdown",
    "drawdown_mean",
    "drawdown_q95",
    "drawdown_es_95",
    "low_free_cash",
    "low_free_cash_q05",
    "peak_line_share",
    "peak_line_share_q95",
    "line_used_up_rate",
    "peak_initial_margin",
    "peak_variation_margin",
    "peak_short_sale_proceeds",
    "survival_capital_95",
    "survival_capital_99",
)
_AFTER = (
    "liquidity_tax_q05",
    "liquidity_tax_q50",
    "liquidity_tax_q95",
    "cost_of_survival_q05",
    "cost_of_survival_q50",
    "cost_of_survival_q95",
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


def metrics(loss: Split) -> tuple[str, ...]:
    """Names of the figures of `analysis.summarise`, in order, for a run with a hedger whose loss is split so."""
    return (*_BEFORE, *(item.name for item in loss.items), *_AFTER)


# Further figures if the run has the world `unhedged`; sweeps leave them out.
COUNTERFACTUAL = (
    "unhedged_desk_pnl",
    "unhedged_desk_pnl_q05",
    "unhedged_desk_pnl_q50",
    "unhedged_desk_pnl_q95",
    "unhedged_desk_pnl_sd",
    "unhedged_desk_es_95",
    "unhedged_desk_survival",
    "hedging_saved",
)
# Further figures if the desk held a hedge; sweeps leave them out.
EFFECTIVENESS = (
    "hedge_var_reduction",
    "hedge_tracking_error",
    "hedge_dollar_offset",
    "hedge_r2",
    "hedge_slope",
    "hedge_least_variance",
)
# Further figures if the book has rates; sweeps leave them out.
EXPLAINED = ("explained_by_curve", "explained_by_vol", "unexplained")
# Further figures if the desk's capital is limited; sweeps leave them out.
CAPITAL = ("capital_required", "capital_use", "capital_short")
# Further figures if its book has a counterparty; sweeps leave them out.
COUNTERPARTY = (
    "expected_exposure",
    "potential_exposure",
    "cva_at_start",
    "counterparty_defaults",
    "counterparty_lost",
    "wrong_way",
)
