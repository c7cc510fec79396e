"""Cost and risk of a policy. Each figure has the influence of each path, so that errors of differences are paired."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.cash import known_quantile
from analysis.horizon import OVER_THE_RUN
from analysis.numbers import FloatArray, Number, deviation, mean, named
from analysis.pnl import expected_shortfall
from analysis.sweeps.outcomes import Outcome
from sim.columns import Unit
from sim.errors import UserError
from sim.estimate import Estimate
from sim.metric_names import COST

CAPITAL = "survival_capital_95"
NO_LENDER = "survival capital needs a lender"
TAIL = 0.95  # level of the expected shortfalls
CLEAR = 2.0  # standard errors beyond which a difference is called clear


def blend(label: str, *parts: tuple[float, Number]) -> Number:
    """The sum of weight x figure over figures of the same paths, with the error of that sum."""
    weights, figures = zip(*parts, strict=True)
    return named(Estimate.weighted(figures, weights), figures[0].unit, label)


def folded(figure: Number, parts: int) -> Number:
    """The same figure where `parts` blocks of paths after one another share their noise: (paths / parts,) pulls."""
    pull = figure.pull.reshape(parts, -1).mean(axis=0)
    return named(Estimate.of(figure.value, pull), figure.unit, figure.label)


def shortfall(losses: FloatArray, label: str) -> Number:
    """The mean of the worst 5 % of the losses, $."""
    return expected_shortfall(-losses, TAIL, label)


def share(hits: NDArray[np.bool_], label: str) -> Number:
    """The share of paths that hit."""
    return named(Estimate.share(hits), "share", label)


COSTS: dict[str, tuple[str, Callable[[Outcome], Number]]] = {
    COST: ("Cost of survival", lambda o: mean(o.cost, "$", "Cost of survival, mean")),
}
RISKS: dict[str, tuple[str, Callable[[Outcome], Number]]] = {
    "es_95": ("ES 95 % of the loss", lambda o: shortfall(o.cost, "ES 95 % of the loss")),
    "drawdown_es_95": (
        "ES 95 % of the drawdown",
        lambda o: shortfall(known(o.drawdown, "drawdowns"), "ES 95 % of the drawdown"),
    ),
    "pnl_sd": ("standard deviation of the P&L", lambda o: deviation(o.cost, "$", "Standard deviation of the P&L")),
    CAPITAL: (
        "survival capital 95 %, first order",
        lambda o: known_quantile(_capital(o), TAIL, "$", "Survival capital 95 %"),
    ),
    "liquidation_rate": ("probability of liquidation", lambda o: share(o.liquidated, "Probability of liquidation")),
}


def known(values: NDArray[Any] | None, what: str) -> NDArray[Any]:
    """Values that a sweep of an older version may lack: raises UserError then."""
    if values is None:
        raise UserError(f"this sweep does not hold {what}", remedy="sweep again with --changed recompute")
    return values


def _capital(outcome: Outcome) -> FloatArray:
    needed = known(outcome.capital_needed, "the capital that each path needs")
    if np.isnan(needed).any():
        raise UserError(NO_LENDER, value=outcome.label, remedy="take another risk, or add a FundingDesk")
    return needed


def has_capital(outcome: Outcome) -> bool:
    """Whether the sweep says which capital each path needs: it is recent, and somebody lends to the desk."""
    return outcome.capital_needed is not None and not np.isnan(outcome.capital_needed).any()


def conditional(risk: str) -> str:
    """The risk's name with its horizon and condition, as titles and axes have it."""
    return f"{RISKS[risk][0]}, {OVER_THE_RUN}" if "," in RISKS[risk][0] else f"{RISKS[risk][0]} {OVER_THE_RUN}"


def unit_of(name: str) -> Unit:
    """$ or share."""
    return "share" if name == "liquidation_rate" else "$"


def measure(name: str, outcome: Outcome) -> Number:
    """The cost or risk of that name. Raises UserError for an unknown name."""
    every = COSTS | RISKS
    if name not in every:
        raise UserError("there is no such measure of a policy", value=name, remedy=f"measures: {', '.join(every)}")
    return every[name][1](outcome)


def measures(name: str, outcomes: list[Outcome]) -> list[Number]:
    """The figure of that name for every policy."""
    return [measure(name, outcome) for outcome in outcomes]


def difference(first: Number, second: Number) -> tuple[float, float]:
    """first - second and its paired standard error; NaN for the error where it is not known."""
    apart = first - second
    return apart.value, math.nan if apart.error is None else apart.error


def clearly_above(gap: float, error: float) -> bool:
    """Whether a difference is above zero by more than two of its standard errors; never where these are unknown."""
    return gap > CLEAR * error
