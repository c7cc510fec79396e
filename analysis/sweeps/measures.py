"""What a policy costs and risks, with errors that pair: each figure is given path by path by its influence function."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis import numbers
from analysis.cash import known_quantile
from analysis.horizon import OVER_THE_RUN
from analysis.numbers import FloatArray, Number
from analysis.pnl import expected_shortfall
from analysis.sweeps.outcomes import Outcome
from sim.columns import Unit
from sim.errors import UserError
from sim.metric_names import COST

CAPITAL = "survival_capital_95"
NO_LENDER = "survival capital needs a lender"
TAIL = 0.95  # level of the expected shortfalls
CLEAR = 2.0  # standard errors beyond which a difference is called clear


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A figure of one policy: its number, and (paths,) what each path adds to it, in the figure's unit.

    `per_path` is the estimate plus the path's influence on it, so that its deviation over sqrt(n) is the standard
    error, and the deviation of the difference of two policies' `per_path` is the error of their difference on common
    random numbers (Hampel 1974, J. American Statistical Association 69).
    """

    number: Number
    per_path: FloatArray
    counted: bool = False  # a share of the paths: every path adds 0 or 1

    @property
    def value(self) -> float:
        return self.number.value

    @classmethod
    def blend(cls, label: str, *parts: tuple[float, Measure]) -> Measure:
        """The sum of weight x figure over figures of the same paths, with the error of that sum."""
        value = sum(weight * one.value for weight, one in parts)
        per_path = np.sum([weight * one.per_path for weight, one in parts], axis=0)
        number = Number(value=value, unit=parts[0][1].number.unit, label=label, error=_known(_error(per_path)))
        return cls(number=number, per_path=per_path)

    def folded(self, parts: int) -> Measure:
        """The same figure where `parts` blocks of paths after one another share their noise: (paths / parts,) each."""
        per_path = self.per_path.reshape(parts, -1).mean(axis=0)
        return Measure(number=dataclasses.replace(self.number, error=_known(_error(per_path))), per_path=per_path)


def mean(values: FloatArray, label: str) -> Measure:
    """The average, $: the influence of a path is its value."""
    return Measure(number=numbers.mean(values, "$", label), per_path=values)


def deviation(values: FloatArray, label: str) -> Measure:
    """The standard deviation s, $: the influence of a path is ((x - mean)^2 - s^2) / (2 s)."""
    number = numbers.deviation(values, "$", label)
    if not number.value > 0:
        return Measure(number=number, per_path=np.full(values.size, number.value))
    squares = (values - values.mean()) ** 2
    return Measure(number=number, per_path=number.value + (squares - squares.mean()) / (2 * number.value))


def shortfall(losses: FloatArray, label: str) -> Measure:
    """The mean of the worst 5 % of the losses, $: the influence is (loss - VaR)^+ / 0.05 less its mean.

    Rockafellar and Uryasev (2000), J. Risk 2, give ES as VaR + mean of (loss - VaR)^+ / (1 - level), which is flat in
    VaR: so the VaR's own error adds nothing.
    """
    number = expected_shortfall(-losses, TAIL, label)
    edge = np.sort(losses)[::-1][min(int((1 - TAIL) * losses.size + 1e-9), losses.size - 1)]
    beyond = np.maximum(losses - edge, 0.0) / (1 - TAIL)
    return Measure(number=number, per_path=number.value + beyond - beyond.mean())


def quantile(values: FloatArray, level: float, label: str) -> Measure:
    """The `level` quantile, $: the influence of a path is (1{value > quantile} - (1 - level)) / density there.

    The density is the one that the number's own error implies, sqrt(level (1 - level) / n) / error. Infinite where
    the quantile lies among paths that lose their whole book.
    """
    number = known_quantile(values, level, "$", label)
    error = number.error
    if error is None or not number.known:  # so is that of any difference
        return Measure(number=number, per_path=np.full(values.size, math.nan))
    if error == 0:
        return Measure(number=number, per_path=np.full(values.size, number.value))
    above = (values > number.value).astype(np.float64)
    sized = (above - above.mean()) * error * math.sqrt(values.size / (level * (1 - level)))
    return Measure(number=number, per_path=number.value + sized)


def share(hits: NDArray[np.bool_], label: str) -> Measure:
    """The share of paths that hit: the influence of a path is 1 or 0."""
    number = numbers.share(int(hits.sum()), hits.size, label)
    return Measure(number=number, per_path=hits.astype(np.float64), counted=True)


COSTS: dict[str, tuple[str, Callable[[Outcome], Measure]]] = {
    COST: ("Cost of survival", lambda o: mean(o.cost, "Cost of survival, mean")),
}
RISKS: dict[str, tuple[str, Callable[[Outcome], Measure]]] = {
    "es_95": ("ES 95 % of the loss", lambda o: shortfall(o.cost, "ES 95 % of the loss")),
    "drawdown_es_95": (
        "ES 95 % of the drawdown",
        lambda o: shortfall(known(o.drawdown, "drawdowns"), "ES 95 % of the drawdown"),
    ),
    "pnl_sd": ("standard deviation of the P&L", lambda o: deviation(o.cost, "Standard deviation of the P&L")),
    CAPITAL: ("survival capital 95 %, first order", lambda o: quantile(_capital(o), TAIL, "Survival capital 95 %")),
    "liquidation_rate": ("probability of liquidation", lambda o: share(o.liquidated, "Probability of liquidation")),
}


def known(values: NDArray[Any] | None, what: str) -> NDArray[Any]:
    """Values that a sweep of an older version does not hold. Raises UserError."""
    if values is None:
        raise UserError(f"this sweep does not hold {what}", remedy="sweep again with --changed recompute")
    return values


def _fall(outcome: Outcome, label: str) -> Measure:
    return shortfall(known(outcome.drawdown, "drawdowns"), label)


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


def measure(name: str, outcome: Outcome) -> Measure:
    """The cost or risk of that name. Raises UserError for an unknown name."""
    every = COSTS | RISKS
    if name not in every:
        raise UserError("there is no such measure of a policy", value=name, remedy=f"measures: {', '.join(every)}")
    return every[name][1](outcome)


def measures(name: str, outcomes: list[Outcome]) -> list[Measure]:
    """The figure of that name for every policy."""
    return [measure(name, outcome) for outcome in outcomes]


def difference(first: Measure, second: Measure) -> tuple[float, float]:
    """first - second and its paired standard error; NaN for the error of a single path.

    Shares have Agresti and Min's (2005, Statistics in Medicine 24) error, half a path added to each cell of the table
    of who hits: it stays above zero where no path tells the two apart.
    """
    gap = first.value - second.value
    n, apart = first.per_path.size, first.per_path - second.per_path
    if n < 2 or not (first.counted and second.counted):
        return gap, _error(apart)
    discordant, net = float(np.abs(apart).sum()) + 1, float(apart.sum())
    return gap, math.sqrt(max(discordant - net**2 / (n + 2), 0.0)) / (n + 2)


def clearly_above(gap: float, error: float) -> bool:
    """Whether a difference is above zero by more than two of its standard errors; never where these are unknown."""
    return gap > CLEAR * error


def _error(per_path: FloatArray) -> float:
    return float(per_path.std(ddof=1)) / math.sqrt(per_path.size) if per_path.size > 1 else math.nan


def _known(error: float) -> float | None:
    return None if math.isnan(error) else error
