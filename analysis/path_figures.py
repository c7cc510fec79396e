"""Figures of a desk that follow from one number a path. Each has the pull of every path, so differences are paired."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from analysis.numbers import Number, deviation, mean, named
from analysis.pnl import expected_shortfall
from sim.estimate import Estimate

Values = NDArray[Any]  # (paths,) $, or flags
Measure = Callable[[Values], Number]


def _mean(values: Values) -> Number:
    return mean(values, "$", "")


def _sd(values: Values) -> Number:
    return deviation(values, "$", "")


def _rate(hits: Values) -> Number:
    return named(Estimate.share(hits), "share", "")


BY_PATH: dict[str, tuple[str, Measure]] = {  # by the figure's name: the column of the numbers, and what is made of them
    "pnl": ("pnl", _mean),
    "unhedged_pnl": ("unhedged_pnl", _mean),
    "pnl_sd": ("pnl", _sd),
    "unhedged_pnl_sd": ("unhedged_pnl", _sd),
    "es_95": ("pnl", lambda pnl: expected_shortfall(pnl, 0.95)),
    "es_99": ("pnl", lambda pnl: expected_shortfall(pnl, 0.99)),
    "unhedged_es_95": ("unhedged_pnl", lambda pnl: expected_shortfall(pnl, 0.95)),
    "unhedged_es_99": ("unhedged_pnl", lambda pnl: expected_shortfall(pnl, 0.99)),
    "drawdown_mean": ("drawdown", _mean),
    "drawdown_es_95": ("drawdown", lambda fall: expected_shortfall(-fall, 0.95)),
    "liquidation_rate": ("liquidated", _rate),
    "survival_rate": ("liquidated", _rate),  # the share of the others has the same error
    "reduced_rate": ("reduced", _rate),
}
